import Foundation
import Synchronization

/// A program that a test runs and that is stopped, at the latest, with it.
final class ChildProcess: Sendable {
    private let process: Mutex<Process>
    private let output = Mutex<(bytes: [UInt8], isComplete: Bool)>(([], false))
    let identifier: Int32

    /// Starts a program. What it prints, on either stream, is kept for ``printed``.
    init(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        identifier = process.processIdentifier
        self.process = Mutex(process)
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            self?.output.withLock { output in
                output.bytes.append(contentsOf: data)
                output.isComplete = data.isEmpty
            }
        }
    }

    deinit {
        if isRunning { kill(identifier, SIGKILL) }
    }

    /// All that was printed so far.
    var printed: String { output.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
    var isRunning: Bool { process.withLock { $0.isRunning } }

    func send(signal: Int32) { kill(identifier, signal) }

    /// Waits for the end and for the last that was printed, and gives the exit status; a negative one is the signal that ended it. nil where
    /// it still runs after `seconds`.
    func status(within seconds: Double = 60) async throws -> Int32? {
        let end = ContinuousClock.now + .seconds(seconds)
        while isRunning {
            if ContinuousClock.now > end { return nil }
            try await Task.sleep(for: .milliseconds(10))
        }
        // Programs that it started, and that go on, have the other end of the pipe as well.
        let patience = ContinuousClock.now + .seconds(5)
        while !output.withLock({ $0.isComplete }), ContinuousClock.now < patience { try await Task.sleep(for: .milliseconds(5)) }
        return process.withLock { $0.terminationReason == .uncaughtSignal ? -$0.terminationStatus : $0.terminationStatus }
    }
}

/// What a program that ran to its end left.
struct Finished {
    let status: Int32
    let output: String
    let error: String
}

/// Runs a program to its end.
func run(_ executable: String, _ arguments: [String], environment: [String: String] = [:]) async throws -> Finished {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    process.standardInput = FileHandle.nullDevice
    let folder = try TemporaryFolder()
    let outputFile = folder.path + "/output"
    let errorFile = folder.path + "/error"
    for file in [outputFile, errorFile] { try Data().write(to: URL(fileURLWithPath: file)) }
    process.standardOutput = FileHandle(forWritingAtPath: outputFile)
    process.standardError = FileHandle(forWritingAtPath: errorFile)
    let ended = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(1))
    process.terminationHandler = { process in
        ended.continuation.yield(process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus)
        ended.continuation.finish()
    }
    try process.run()
    var status: Int32 = -1
    for await value in ended.stream { status = value }
    return Finished(
        status: status, output: try String(contentsOfFile: outputFile, encoding: .utf8),
        error: try String(contentsOfFile: errorFile, encoding: .utf8))
}

/// A folder that goes with the value that owns it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/perch-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and gives its path.
    func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}

/// Where a program of the system is, or nil.
func installed(_ name: String) -> String? {
    for folder in (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") {
        let path = "\(folder)/\(name)"
        if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    return nil
}
