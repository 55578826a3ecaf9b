internal import SQLiteSupport
internal import Synchronization

/// Makes payloads durable before they are acknowledged, and gives them back after a crash.
///
/// The journal knows bytes only. It is a row of segments, each one SQLite file in WAL mode: payloads go to the newest segment; the owner
/// turns to a new one when it turns to a new generation of its head, and drops the old one when that generation has been sealed.
/// So nothing is deleted row by row, copied by checkpoints or vacuumed, and a segment is there as a whole or not at all.
public final class Journal: Sendable {
    /// What an append met.
    public enum Outcome: Sendable, Hashable {
        case appended
        /// The journal has turned to another segment meanwhile; nothing was written.
        case rotated
    }

    /// One caller's payload, waiting. Its fields change under the lock of `writer` only, hence unchecked.
    private final class Request: @unchecked Sendable {
        let payload: [UInt8]
        let segment: UInt64
        var result: Result<Outcome, ShardStorageError>?

        init(payload: [UInt8], segment: UInt64) {
            self.payload = payload
            self.segment = segment
        }
    }

    private struct Writer: Sendable {
        var current: JournalSegment
        /// Older segments, rising.
        var older: [JournalSegment]
        /// Created ahead of the next rotation.
        var next: JournalSegment?
        var isClosed = false
    }

    /// The folder of the segments.
    public let directory: String
    /// Segments that were damaged so that they could not be opened, and were renamed.
    public let setAside: [ShardStorageError]
    private let synchronous: SQLiteConnection.Synchronous
    private let writer: Mutex<Writer>
    private let waiting = Mutex<[Request]>([])
    private let unsynced = Atomic<Bool>(false)
    private let rows = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let syncs = Atomic<Int>(0)

    /// Opens the journal and begins a new segment. Payloads of earlier segments are read by ``replay(_:)``.
    ///
    /// - Parameters:
    ///   - syncsEveryAppend: whether an append waits for the disk. Without, the owner calls ``sync()`` now and then.
    ///   - leastNumber: the least number that the new segment may have; numbers rise over the life of a folder.
    public init(directory: String, syncsEveryAppend: Bool, leastNumber: UInt64) throws(ShardStorageError) {
        self.directory = directory
        let synchronous: SQLiteConnection.Synchronous = syncsEveryAppend ? .full : .normal
        self.synchronous = synchronous
        do {
            try FileOperations.createDirectory(directory)
            let numbers = try FileOperations.names(in: directory).compactMap(JournalSegment.number(ofName:)).sorted()
            var older: [JournalSegment] = []
            var setAside: [ShardStorageError] = []
            for number in numbers {
                do { older.append(try JournalSegment(number: number, directory: directory, synchronous: synchronous)) } catch {
                    setAside.append(try DatabaseFile.setAside(JournalSegment.path(number, in: directory), becauseOf: error))
                }
            }
            self.setAside = setAside
            let number = max(leastNumber, (numbers.last ?? 0) + 1)
            let current = try JournalSegment(number: number, directory: directory, synchronous: synchronous)
            // Every start begins a segment, and not every process is sent something. Not before there is a later one, so that numbers rise.
            writer = Mutex(Writer(current: current, older: older.filter { !Journal.deleteIfUntouched($0) }))
        } catch {
            throw ShardStorageError(error, path: directory)
        }
    }

    private static func deleteIfUntouched(_ segment: JournalSegment) -> Bool {
        guard segment.isUntouched else { return false }
        // One that stays is deleted by a later start, or once what came after it is sealed.
        do { try segment.delete() } catch { return false }
        return true
    }

    /// The segment that payloads go to.
    public var currentSegment: UInt64 { writer.withLock { $0.current.number } }

    /// The place behind everything that was appended so far.
    public var end: JournalPosition {
        writer.withLock { JournalPosition(segment: $0.current.number, entry: Int64($0.current.entries)) }
    }

    /// The segments before it, rising.
    public var olderSegments: [UInt64] { writer.withLock { $0.older.map(\.number) } }

    /// Writes a payload to the newest segment, if that is the one the caller means. It survives the end of the process from here on.
    ///
    /// Callers that come while another one writes are written together in one transaction.
    public func append(_ payload: [UInt8], segment: UInt64) throws(ShardStorageError) -> Outcome {
        let request = Request(payload: payload, segment: segment)
        waiting.withLock { $0.append(request) }
        let result = writer.withLock { state in
            if let result = request.result { return result }
            writeWaiting(&state)
            return request.result ?? .failure(ShardStorageError(.closed, "BUG: the journal forgot a payload", path: directory))
        }
        return try result.get()
    }

    private func writeWaiting(_ state: inout Writer) {
        let requests = waiting.withLock { waiting in
            defer { waiting.removeAll(keepingCapacity: true) }
            return waiting
        }
        var due: [Request] = []
        for request in requests {
            if state.isClosed {
                request.result = .failure(ShardStorageError(.closed, "the journal is closed", path: directory))
            } else if request.segment != state.current.number {
                request.result = .success(.rotated)
            } else {
                due.append(request)
            }
        }
        guard !due.isEmpty else { return }
        do {
            try state.current.append(due.map(\.payload))
            for request in due { request.result = .success(.appended) }
            rows.add(due.count, ordering: .relaxed)
            bytes.add(due.reduce(0) { $0 + $1.payload.count }, ordering: .relaxed)
            unsynced.store(true, ordering: .relaxed)
        } catch {
            for request in due { request.result = .failure(ShardStorageError(error, path: state.current.path)) }
        }
    }

    /// The number of payloads that ``replay(_:damaged:)`` is going to read, as far as the segments can be read.
    public var entriesToReplay: Int { writer.withLock { $0.older.reduce(0) { $0 + $1.entries } } }

    /// Reads the payloads of the older segments in the order they were written, one at a time.
    ///
    /// A segment that SQLite cannot read on is left at that point, and `damaged` is told; the next one goes on.
    ///
    /// - Precondition: no older segment is dropped meanwhile, and one thread replays.
    public func replay(
        _ body: (_ segment: UInt64, _ payload: UnsafeRawBufferPointer) throws -> Void, damaged: (_ error: ShardStorageError) -> Void
    ) throws(ShardStorageError) {
        do {
            // Not under the lock, so that numbers about the journal can be asked for while it is read.
            for segment in writer.withLock({ $0.older }) {
                do { try segment.replay { _, payload in try body(segment.number, payload) } } catch let error as SQLiteError {
                    damaged(ShardStorageError(error, path: segment.path))
                }
            }
        } catch {
            throw ShardStorageError(error, path: directory)
        }
    }

    /// Creates the file of the next segment, so that ``rotate(_:)`` need not wait for the disk.
    public func prepareRotation(leastNumber: UInt64) throws(ShardStorageError) {
        do {
            let (isPrepared, last) = writer.withLock { ($0.next != nil || $0.isClosed, $0.current.number) }
            if isPrepared { return }
            let segment = try JournalSegment(number: max(leastNumber, last + 1), directory: directory, synchronous: synchronous)
            writer.withLock { $0.next = segment }
        } catch {
            throw ShardStorageError(error, path: directory)
        }
    }

    /// Turns to the prepared segment. The closure runs while no payload can be written; it learns the numbers of the two segments.
    ///
    /// - Precondition: a rotation was prepared.
    public func rotate(_ turned: (_ old: UInt64, _ new: UInt64) -> Void) throws(ShardStorageError) {
        let isDone = writer.withLock { state in
            guard !state.isClosed, let next = state.next else { return false }
            state.next = nil
            state.older.append(state.current)
            turned(state.current.number, next.number)
            state.current = next
            return true
        }
        if !isDone { throw ShardStorageError(.closed, "the journal is closed or no segment was prepared", path: directory) }
    }

    /// Deletes the older segments up to a number, oldest first: one that came back at the next start while a later one is gone would put its
    /// samples over later ones. One that cannot be deleted ends this, and is tried again by the next call.
    ///
    /// - Parameter backlog: keeps those segments that somebody is still to read.
    public func drop(through number: UInt64, keepingFor backlog: JournalBacklog? = nil) throws(ShardStorageError) {
        do {
            for segment in writer.withLock({ $0.older.filter { $0.number <= number } }) {
                if let backlog { try backlog.settle(segment) } else { try segment.delete() }
                writer.withLock { $0.older.removeAll { $0 === segment } }
            }
        } catch {
            throw ShardStorageError(error, path: directory)
        }
    }

    /// Waits until everything that was appended so far is on the disk.
    public func sync() throws(ShardStorageError) {
        guard unsynced.exchange(false, ordering: .relaxed) else { return }
        // All older ones: where sealing fails again and again, several turns come between two syncs.
        let paths = writer.withLock { state in (state.older + [state.current]).map(\.path) }
        do {
            // SQLite holds no lock on the log file itself, so that opening and closing it here takes none away.
            for path in paths { try FileOperations.syncFile(path + "-wal") }
        } catch {
            unsynced.store(true, ordering: .relaxed)
            throw error
        }
        syncs.add(1, ordering: .relaxed)
    }

    /// Numbers about the journal.
    public var statistics: JournalStatistics {
        let (segments, allocated) = writer.withLock { state in
            (state.older.count + 1, state.older.reduce(state.current.allocatedBytes) { $0 + $1.allocatedBytes })
        }
        return JournalStatistics(
            segments: segments, allocatedBytes: allocated, rowsWritten: rows.load(ordering: .relaxed),
            bytesWritten: bytes.load(ordering: .relaxed), syncs: syncs.load(ordering: .relaxed))
    }

    /// Closes every segment; they stay for the next start.
    public func close() throws(ShardStorageError) {
        do {
            try writer.withLock { state in
                guard !state.isClosed else { return }
                state.isClosed = true
                if let next = state.next { try next.delete() }
                for segment in state.older { try segment.close() }
                try state.current.close()
            }
        } catch {
            throw ShardStorageError(error, path: directory)
        }
    }
}

/// Numbers about a journal at one moment; counters count since it was opened.
public struct JournalStatistics: Sendable {
    public let segments: Int
    public let allocatedBytes: Int
    public let rowsWritten: Int
    public let bytesWritten: Int
    public let syncs: Int
}
