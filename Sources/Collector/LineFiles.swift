internal import Dispatch
internal import Foundation
internal import Logging
internal import Synchronization

/// Files that lines are added to, such as the log of queries. Each is opened when it is first written to, and again after ``reopen()``, so that it
/// can be moved away. Lines are written in order by a thread of their own: who adds one does not wait for the disk.
final class LineFiles: Sendable {
    private struct State: Sendable {
        var descriptors: [String: Int32] = [:]
        /// Files that cannot be written, which was said once.
        var faulty: Set<String> = []
        var waitingBytes = 0
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "perch.line-files", qos: .utility)
    private let logger: Logger
    /// Lines beyond so many bytes that wait for the disk are left out.
    private static let waitingBytesMax = 16 << 20

    init(logger: Logger) { self.logger = logger }

    deinit { for descriptor in state.withLock({ $0.descriptors.values }) { close(descriptor) } }

    /// Adds a line, its line break included.
    func add(_ line: [UInt8], to path: String) {
        let isTaken = state.withLock { state in
            guard state.waitingBytes + line.count <= LineFiles.waitingBytesMax else { return false }
            state.waitingBytes += line.count
            return true
        }
        guard isTaken else { return }
        queue.async { [self] in
            write(line, path)
            state.withLock { $0.waitingBytes -= line.count }
        }
    }

    /// Closes all files; those that are written to again are opened anew. Returns once what was added before is written.
    func reopen() {
        queue.sync {
            let descriptors = state.withLock { state in
                defer {
                    state.descriptors = [:]
                    state.faulty = []
                }
                return Array(state.descriptors.values)
            }
            for descriptor in descriptors { close(descriptor) }
        }
    }

    private func write(_ line: [UInt8], _ path: String) {
        let known = state.withLock { $0.descriptors[path] }
        let descriptor = known ?? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return complain(path) }
        if known == nil { state.withLock { $0.descriptors[path] = descriptor } }
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return complain(path) }
            rest = rest.dropFirst(count)
        }
    }

    private func complain(_ path: String) {
        let reason = String(cString: strerror(errno))
        guard state.withLock({ $0.faulty.insert(path).inserted }) else { return }
        logger.error("a log file cannot be written", metadata: ["file": .string(path), "reason": .string(reason)])
    }
}
