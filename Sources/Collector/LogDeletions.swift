internal import Foundation
internal import HTTPAPI
internal import Logging
internal import NIOPosix
internal import ServiceLifecycle
internal import ShardStorage
internal import Synchronization

/// Deletions of log entries that were asked for: written down before they are done, so that none is lost, and done after a while where they are to be
/// cancellable.
final class LogDeletions: Service {
    /// A deletion as it stands in the file.
    private struct Entry: Codable {
        var id: String
        /// nil once it was done: it may name what was to be forgotten.
        var query: String?
        /// Nanoseconds since 1970; the end is part of it.
        var start: Int64
        var end: Int64
        /// Milliseconds since 1970.
        var createdAt: Int64
        /// nil before it was done.
        var entries: Int?
    }

    private struct State {
        var requests: [LogDeletionRequest] = []
        /// What those do that were not done yet, by their ids.
        var deletions: [String: LogDeletion] = [:]
        /// Ids of those that are being done.
        var underWay: Set<String> = []
    }

    private static let keptMax = 1_000
    /// Stands for the query of a deletion that was done before the last start.
    private static let forgottenText = "(done, and not kept: it may name what was deleted)"
    private static let pause = Duration.seconds(2)

    private let file: String
    /// Milliseconds that a deletion waits.
    private let cancelPeriod: Int64
    /// Milliseconds since 1970.
    private let now: @Sendable () -> Int64
    private let delete: @Sendable (LogDeletion) throws -> Int
    private let logger: Logger
    private let blocking: NIOThreadPool
    private let started: @Sendable () async throws -> Void
    private let state = Mutex(State())

    /// Reads the deletions of before.
    ///
    /// - Parameters:
    ///   - file: where deletions are kept; its folder has to exist.
    ///   - delete: deletes entries and waits until that is durable. Blocks.
    ///   - started: returns when entries can be deleted.
    /// - Throws: where the file cannot be read, since what it says was promised.
    init(
        file: String, cancelPeriodMilliseconds: Int64, blocking: NIOThreadPool, logger: Logger, now: @escaping @Sendable () -> Int64,
        delete: @escaping @Sendable (LogDeletion) throws -> Int, started: @escaping @Sendable () async throws -> Void
    ) throws {
        self.file = file
        cancelPeriod = cancelPeriodMilliseconds
        self.blocking = blocking
        self.logger = logger
        self.now = now
        self.delete = delete
        self.started = started
        guard FileOperations.exists(file) else { return }
        let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        var read = State()
        for entry in entries {
            let times = entry.start...max(entry.start, entry.end)
            if entry.entries == nil { read.deletions[entry.id] = try LogDeletion(entry.query ?? "", in: times) }
            read.requests.append(
                LogDeletionRequest(
                    id: entry.id, text: entry.query ?? LogDeletions.forgottenText, times: times, createdAt: entry.createdAt,
                    status: entry.entries == nil ? .received : .processed, entries: entry.entries))
        }
        state.withLock { $0 = read }
    }

    var actions: LogDeletionAPI.Actions {
        LogDeletionAPI.Actions(
            add: { deletion in try await self.blocking.runIfActive { try self.add(deletion) } },
            list: { self.state.withLock { $0.requests } },
            cancel: { id in try await self.blocking.runIfActive { try self.cancel(id) } })
    }

    /// Does what is due until the process stops.
    func run() async {
        await cancelWhenGracefulShutdown { [self] in
            // Where storage cannot start, the process ends, and says why.
            guard (try? await started()) != nil else { return }
            while !Task.isCancelled {
                do {
                    try await blocking.runIfActive { self.doDue() }
                    try await Task.sleep(for: LogDeletions.pause)
                } catch {
                    return
                }
            }
        }
    }

    private func add(_ deletion: LogDeletion) throws -> String {
        let id = try state.withLock { state in
            var id: String
            repeat {
                id = String(UInt32.random(in: 0...(.max)), radix: 16)
                id = String(repeating: "0", count: 8 - id.count) + id
            } while state.requests.contains { $0.id == id }
            var requests = state.requests
            if requests.count >= LogDeletions.keptMax {
                guard let oldest = requests.firstIndex(where: { $0.status == .processed }) else {
                    throw APIFailure(.unavailable, "\(requests.count) deletions wait already; cancel some, or try again later")
                }
                requests.remove(at: oldest)
            }
            requests.append(
                LogDeletionRequest(
                    id: id, text: deletion.text, times: deletion.times, createdAt: now(), status: .received, entries: nil))
            try write(requests)
            state.requests = requests
            state.deletions[id] = deletion
            if cancelPeriod == 0 { state.underWay.insert(id) }
            return id
        }
        if cancelPeriod == 0 {
            do { try process(id, deletion) } catch {
                // Whoever asked is told of it, and asks again.
                try state.withLock { state in
                    let others = state.requests.filter { $0.id != id }
                    try write(others)
                    state.requests = others
                    state.deletions[id] = nil
                }
                throw error
            }
        }
        return id
    }

    private func cancel(_ id: String) throws -> LogDeletionAPI.Actions.Cancellation {
        try state.withLock { state in
            guard let index = state.requests.firstIndex(where: { $0.id == id }) else { return .unknown }
            guard state.requests[index].status == .received, !state.underWay.contains(id) else { return .tooLate }
            var others = state.requests
            others.remove(at: index)
            try write(others)
            state.requests = others
            state.deletions[id] = nil
            return .done
        }
    }

    private func doDue() {
        let due = state.withLock { state in
            let due = state.requests.filter {
                $0.status == .received && $0.createdAt + cancelPeriod <= now() && !state.underWay.contains($0.id)
            }
            state.underWay.formUnion(due.map(\.id))
            return due.compactMap { request in state.deletions[request.id].map { (request.id, $0) } }
        }
        for (id, deletion) in due {
            do { try process(id, deletion) } catch {
                logger.error(
                    "a deletion of log entries failed and will be tried again",
                    metadata: ["id": .string(id), "reason": .string(String(describing: error))])
            }
        }
    }

    /// Does a deletion that is under way.
    private func process(_ id: String, _ deletion: LogDeletion) throws {
        defer { state.withLock { _ = $0.underWay.remove(id) } }
        let entries = try delete(deletion)
        try state.withLock { state in
            guard let index = state.requests.firstIndex(where: { $0.id == id }) else { return }
            state.requests[index].status = .processed
            state.requests[index].entries = entries
            state.deletions[id] = nil
            try write(state.requests)
        }
    }

    /// Puts a list in place of the file's, durable when this returns.
    private func write(_ requests: [LogDeletionRequest]) throws {
        let entries = requests.map { request in
            Entry(
                id: request.id, query: request.status == .received ? request.text : nil, start: request.times.lowerBound,
                end: request.times.upperBound, createdAt: request.createdAt, entries: request.entries)
        }
        do {
            try FileOperations.write(Array(JSONEncoder().encode(entries)), to: file + ".new")
            try FileOperations.syncFile(file + ".new")
            try FileOperations.move(file + ".new", to: file)
            try FileOperations.syncDirectory(String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]))
        } catch let error as ShardStorageError {
            throw APIFailure(.unavailable, "the list of deletions cannot be written: \(error)")
        }
    }
}
