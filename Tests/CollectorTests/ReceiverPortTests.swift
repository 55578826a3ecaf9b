internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import Testing

/// What becomes of receivers whose address is in use.
@Suite("Ports of receivers", .serialized)
struct ReceiverPortTests {
    @Test(.timeLimit(.minutes(10))) func aChosenAddressThatIsInUseKeepsTheServerFromStarting() async throws {
        let folder = try TemporaryFolder()
        let other = try await PerchProcess(dataDirectory: folder.path + "/other")
        let taken = other.url.replacing("http://", with: "")
        for option in ["--otlp-grpc-listen", "--otlp-http-listen"] {
            let off = option == "--otlp-grpc-listen" ? "--otlp-http-listen" : "--otlp-grpc-listen"
            let child = try ChildProcess(
                PerchProcess.executable,
                ["serve", "--data-dir", folder.path + "/data", "--http-listen", "127.0.0.1:0", off, "off", option, taken])
            #expect(try await child.status() == 1)
            #expect(child.printed.contains("a receiver cannot listen"), "\(child.printed)")
            #expect(child.printed.contains("choose another address with \(option)"), "\(child.printed)")
        }
        #expect(try await other.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func aDefaultAddressThatIsInUseCostsTheReceiverOnly() async throws {
        let folder = try TemporaryFolder()
        let defaults = [try await Occupied(port: 4317), try await Occupied(port: 4318)]
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", receivesOTLP: true)
        try await perch.eventually("both receivers are off") {
            perch.child.printed.split(separator: "\n").count { $0.contains("cannot listen on its default address") } == 2
        }
        #expect(try await perch.get("/-/healthy").status == 200)
        #expect(try await perch.get("/v1/traces").status == 405)
        #expect(try await perch.terminate() == 0)
        for port in defaults { try await port.free() }
    }

    /// A port of 127.0.0.1 that the test listens on. Where somebody else does, that has to come to an end first.
    private struct Occupied {
        private let channel: any Channel

        init(port: Int) async throws {
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            let end = ContinuousClock.now + PerchProcess.patience
            while true {
                do {
                    channel = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
                    return
                } catch {
                    if ContinuousClock.now > end { throw error }
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        }

        func free() async throws { try await channel.close() }
    }
}
