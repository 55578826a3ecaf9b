internal import Foundation
internal import HTTPAPI
internal import HummingbirdTesting
internal import Testing

/// Prometheus' own client against the server.
@Suite struct PromtoolTests {
    static let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: promtool != nil, "promtool is not installed"))
    func promtoolReadsEveryAnswer() async throws {
        try await TestServer().run { connection async throws in
            let url = "http://localhost:\(try #require(connection.client.port))"
            let instant = try await run("query", "instant", "--time=2023-11-14T22:13:20Z", url, "up == 1")
            #expect(instant == "up{instance=\"a:1\", job=\"node\"} => 1 @[1700000000]\n")
            let range = try await run("query", "range", "--start=1699999980", "--end=1700000000", "--step=20s", url, "up{instance='b:1'}")
            #expect(range == "up{instance=\"b:1\", job=\"node\"} =>\n0 @[1699999980]\n0 @[1700000000]\n")
            let series = try await run("query", "series", "--start=1699990000", "--end=1700000000", "--match=up", url)
            #expect(series == "{__name__=\"up\", instance=\"a:1\", job=\"node\"}\n{__name__=\"up\", instance=\"b:1\", job=\"node\"}\n")
            let labels = try await run("query", "labels", "--start=1699990000", "--end=1700000000", url, "instance")
            #expect(labels == "a:1\nb:1\n")
            let metrics = try await connection.get("/metrics").text
            #expect(try await run("check", "metrics", input: metrics) == "")
        }
    }

    /// Runs promtool off the threads of the server, expects success and gives what it printed.
    private func run(_ arguments: String..., input: String? = nil) async throws -> String {
        let path = try #require(Self.promtool)
        let (status, said) = try await Task.detached {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            let stdin = Pipe()
            process.standardInput = stdin
            try process.run()
            if let input { stdin.fileHandleForWriting.write(Data(input.utf8)) }
            try stdin.fileHandleForWriting.close()
            let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationStatus, said)
        }.value
        #expect(status == 0, "\(arguments): \(said)")
        return said
    }
}
