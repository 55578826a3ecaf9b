internal import Foundation
internal import Testing

/// A folder that goes with the value that owns it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "perch-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Programs that send logs.
enum AgentProcesses {
    /// Where a program of the system is, or nil.
    static func installed(_ name: String) -> String? {
        ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/local/bin/"].map { $0 + name }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Python with the packages of `scripts/packages.txt` for agents; nil where they are not installed.
    static var python: String? {
        let path = root + "/.venv-agents/bin/python"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    /// Runs a program to its end, and gives what it printed.
    static func run(_ executable: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let folder = try TemporaryFolder()
        let file = folder.path + "/output"
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        let handle = try #require(FileHandle(forWritingAtPath: file))
        process.standardOutput = handle
        process.standardError = handle
        let ended = AsyncStream<Int32>.makeStream()
        process.terminationHandler = {
            ended.continuation.yield($0.terminationStatus)
            ended.continuation.finish()
        }
        try process.run()
        var status: Int32 = -1
        for await value in ended.stream { status = value }
        return (status, try String(contentsOfFile: file, encoding: .utf8))
    }

    /// A certificate that signs itself, with its key: the paths of both.
    static func makeCertificate(_ name: String, in folder: TemporaryFolder) async throws -> (certificate: String, key: String) {
        let certificate = folder.path + "/\(name).pem"
        let key = folder.path + "/\(name).key"
        let made = try await run(
            try #require(installed("openssl")),
            ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-keyout", key, "-out", certificate])
        #expect(made.status == 0, "\(made.output)")
        return (certificate, key)
    }
}

/// Runs a server while a test talks to it.
func whileServing(
    _ serve:
        @escaping @Sendable (_ onListening: @escaping @Sendable (Int) -> Void, _ stop: @escaping @Sendable () async throws -> Void)
        async throws -> Void,
    _ body: (_ port: Int) async throws -> Void
) async throws {
    let ports = AsyncStream<Int>.makeStream()
    let stops = AsyncStream<Void>.makeStream()
    let served = Task {
        defer { ports.continuation.finish() }
        try await serve({ ports.continuation.yield($0) }, { for await _ in stops.stream { return } })
    }
    var iterator = ports.stream.makeAsyncIterator()
    guard let port = await iterator.next() else { return try await served.value }
    let result: Result<Void, any Error>
    do { result = .success(try await body(port)) } catch { result = .failure(error) }
    stops.continuation.yield(())
    try await served.value
    try result.get()
}

/// Waits until something holds.
func eventually(_ what: String, seconds: Double = 90, _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while try await !condition() {
        guard ContinuousClock.now < end else {
            Issue.record("\(what): not within \(seconds) s")
            return
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// The present, in nanoseconds since 1970.
@Sendable func presentNanoseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1e9) }
