internal import Foundation
internal import Testing

/// What becomes of receivers whose address is in use.
@Suite("Ports of receivers", .serialized)
struct ReceiverPortTests {
    @Test(.timeLimit(.minutes(1))) func aChosenAddressThatIsInUseKeepsTheServerFromStarting() async throws {
        let folder = try TemporaryFolder()
        let other = try await PerchProcess(dataDirectory: folder.path + "/other")
        let taken = other.url.replacing("http://", with: "")
        for option in ["--otlp-grpc-listen", "--otlp-http-listen"] {
            let off = option == "--otlp-grpc-listen" ? "--otlp-http-listen" : "--otlp-grpc-listen"
            let child = try ChildProcess(
                PerchProcess.executable,
                ["serve", "--data-dir", folder.path + "/data", "--http-listen", "127.0.0.1:0", off, "off", option, taken])
            #expect(try await child.status(within: 30) == 1)
            #expect(child.printed.contains("a receiver cannot listen"), "\(child.printed)")
            #expect(child.printed.contains("choose another address with \(option)"), "\(child.printed)")
        }
        #expect(try await other.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(1))) func aDefaultAddressThatIsInUseCostsTheReceiverOnly() async throws {
        let folder = try TemporaryFolder()
        // Whoever has the default addresses already, one of the two is not the first.
        let first = try await PerchProcess(dataDirectory: folder.path + "/first", receivesOTLP: true)
        let second = try await PerchProcess(dataDirectory: folder.path + "/second", receivesOTLP: true)
        try await second.eventually("both receivers are off") {
            second.child.printed.split(separator: "\n").count { $0.contains("cannot listen on its default address") } == 2
        }
        #expect(try await second.get("/-/healthy").status == 200)
        #expect(try await second.get("/v1/traces").status == 405)
        #expect(try await second.terminate() == 0)
        #expect(try await first.terminate() == 0)
    }
}
