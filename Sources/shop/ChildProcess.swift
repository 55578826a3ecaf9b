internal import Foundation
internal import ShopKit
internal import Synchronization

/// A service that runs as a child of this process. Its standard input stays open as long as this process lives, by which it knows.
final class ChildProcess: Sendable {
    private let process: Process
    private let input = Pipe()
    private let ended: AsyncStream<Int32>

    init(_ launch: Launch) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = launch.arguments
        process.environment = launch.environment
        process.standardInput = input
        if let path = launch.logPath { process.standardOutput = try ChildProcess.append(to: path) }
        let (ended, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            end.yield(process.terminationStatus)
            end.finish()
        }
        self.process = process
        self.ended = ended
        try process.run()
    }

    var processIdentifier: Int { Int(process.processIdentifier) }

    var isRunning: Bool { process.isRunning }

    func terminate() { process.terminate() }

    func kill() { Foundation.kill(process.processIdentifier, SIGKILL) }

    /// Waits for the end.
    ///
    /// - Returns: the status, or the number of the signal that ended the process.
    func status() async -> Int32 {
        for await status in ended { return status }
        return process.terminationStatus
    }

    private static func append(to path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SettingsError("cannot write to \(path): \(String(cString: strerror(errno)))") }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
