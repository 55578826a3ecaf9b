internal import SQLiteSupport
internal import Synchronization

/// One SQLite file: a signal's data of one day (UTC), with its own series dictionary, index and pages. Knows bytes only; what they mean
/// is the business of the signal's storage. The tables are described in `docs/storage-format.md`.
///
/// One thread writes at a time, others read meanwhile and never wait for it.
public final class Shard: Sendable {
    /// The version of the tables that this program writes.
    public static let format: Int64 = 2
    /// The oldest version that it reads and goes on with. Shards of version 1 lack the sum of their rows, which the next write adds.
    static let oldestFormat: Int64 = 1
    /// Series are put into groups of this many by their numbers; a page holds series of one group only.
    public static let seriesPerGroup = 256
    /// "PRCH", so that tools can tell what the file is.
    static let applicationID: Int64 = 0x5052_4348

    /// What is known of the file, kept in step with it by the writer.
    private struct State: Sendable {
        var contents = ShardContents()
        /// Rises with every write that retires pages.
        var epoch = 0
        /// How many snapshots of each epoch are held.
        var holds: [Int: Int] = [:]
        /// Pages replaced by merges, and the epoch from which on no new snapshot has them.
        var retired: [(epoch: Int, pages: [Int64])] = []
        var isClosed = false
    }

    /// The connection that writes.
    private enum WriterState: Sendable {
        case open(ShardWriter)
        /// Nothing was written for long; it opens again when something is.
        case resting
        case closed
    }

    private static let shardsOpened = Atomic<Int>(0)

    /// A number that no other shard has in this process.
    public let serial = shardsOpened.add(1, ordering: .relaxed).newValue
    /// The path of the file.
    public let path: String
    /// Days since 1970-01-01.
    public let day: Int
    private let state: Mutex<State>
    private let signal: String
    private let writer: Mutex<WriterState>
    private let idleReaders = Mutex<[ShardReader]>([])
    private let idleReadersMax = 2

    /// Opens a shard, creating it where it is missing.
    ///
    /// - Throws: ``ShardStorageError``: `corrupt` where it is no shard or damaged, `unsupportedVersion` where it is newer than this program.
    public init(path: String, day: Int, signal: String) throws(ShardStorageError) {
        self.path = path
        self.day = day
        do {
            let writer = try ShardWriter(path: path, signal: signal)
            state = Mutex(State(contents: try writer.loadContents()))
            self.writer = Mutex(.open(writer))
            self.signal = signal
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }

    /// The contents as they are now, held until the snapshot goes.
    public func snapshot() -> ShardSnapshot {
        state.withLock { state in
            state.holds[state.epoch, default: 0] += 1
            return ShardSnapshot(shard: self, contents: state.contents, epoch: state.epoch)
        }
    }

    /// The contents as they are now, for looking at the numbers.
    public var contents: ShardContents { state.withLock { $0.contents } }

    func release(_ epoch: Int) {
        state.withLock { state in
            let count = state.holds[epoch, default: 0] - 1
            state.holds[epoch] = count > 0 ? count : nil
        }
    }

    /// Changes the shard in one transaction: all of it is done or nothing, and it is on the disk when this returns.
    public func write(_ body: (ShardTransaction) throws -> Void) throws(ShardStorageError) {
        do {
            try writer.withLock { state in
                guard let writer = try opened(&state) else { throw ShardStorageError(.closed, "the shard is closed", path: path) }
                let transaction = ShardTransaction(writer: writer, contents: contents)
                try writer.transaction { try body(transaction) }
                let contents = transaction.finishedContents()
                self.state.withLock { state in
                    state.contents = contents
                    if !transaction.retired.isEmpty {
                        state.epoch += 1
                        state.retired.append((state.epoch, transaction.retired))
                    }
                }
            }
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }

    /// Deletes the payloads of pages that merges replaced and that no snapshot holds any more.
    ///
    /// - Returns: whether none is left.
    @discardableResult
    public func deleteRetiredPages() throws(ShardStorageError) -> Bool {
        do {
            return try writer.withLock { writerState in
                let (due, isLeft) = state.withLock { state in
                    let least = state.holds.keys.min() ?? .max
                    let due = state.retired.filter { $0.epoch <= least }.flatMap(\.pages)
                    return (due, state.retired.contains { $0.epoch > least })
                }
                if !due.isEmpty {
                    guard let writer = try opened(&writerState) else { return true }
                    try writer.deletePages(due)
                    state.withLock { state in
                        let gone = Set(due)
                        state.retired.removeAll { $0.pages.allSatisfy(gone.contains) }
                    }
                }
                return !isLeft
            }
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }

    /// Moves the write-ahead log into the file; `givingBackSpace` also shortens the file by its free pages.
    public func checkpoint(givingBackSpace: Bool) throws(ShardStorageError) {
        do {
            try writer.withLock { state in
                // What rests has no log, and gave its free pages back before.
                guard case .open(let writer) = state else { return }
                if givingBackSpace { try writer.giveBackSpace() }
                try writer.checkpoint()
            }
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }

    /// Writes the file anew from what is in it, where something was deleted on a user's word: nothing of that is on the disk then.
    ///
    /// - Returns: whether it is done, or there was nothing to do; false while a snapshot or a reader holds what was before.
    public func erase() throws(ShardStorageError) -> Bool {
        guard contents.isErasureDue else { return true }
        guard try deleteRetiredPages() else { return false }
        do {
            return try writer.withLock { writerState in
                guard let writer = try opened(&writerState) else { return false }
                guard try writer.erase() else { return false }
                state.withLock { $0.contents.isErasureDue = false }
                return true
            }
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }

    /// Writes the file anew from what can be read of it. Readers go on meanwhile.
    ///
    /// - Throws: where a tree of the file is damaged; the file stays as it is then.
    public func rewrite() throws(ShardStorageError) {
        // What readers and the writer hold in memory of the file is let go, so that the file itself is read.
        try rest()
        do {
            try writer.withLock { state in try opened(&state)?.rewrite() }
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }

    /// Makes checksums of the file, to tell later whether any bit of it changed. They go by themselves when the shard is written again.
    ///
    /// - Returns: whether they are there; false while a reader keeps the log from being emptied.
    @discardableResult
    public func writeSums() throws(ShardStorageError) -> Bool {
        do {
            return try writer.withLock { state in try opened(&state)?.writeSums() ?? false }
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }

    /// Whether there are checksums of the file at rest.
    public var hasSums: Bool {
        writer.withLock { state in
            switch state {
            case .open(let writer): writer.hasSums
            case .resting: FileOperations.exists(ShardSums.path(ofShard: path))
            case .closed: false
            }
        }
    }

    /// Runs the body with a connection that reads. Several threads may do so at once.
    public func read<Result>(_ body: (ShardReader) throws -> Result) throws -> Result {
        let reader: ShardReader
        if let idle = idleReaders.withLock({ $0.popLast() }) {
            reader = idle
        } else {
            do throws(SQLiteError) { reader = try ShardReader(path: path) } catch { return try readAtRest(body, after: error) }
        }
        let result = try body(reader)
        let isClosed = state.withLock { $0.isClosed }
        idleReaders.withLock { idle in
            if !isClosed && idle.count < idleReadersMax { idle.append(reader) }
        }
        return result
    }

    /// Reads a shard at rest where a connection of the usual kind cannot be opened: on a full disk there is no room for the index of SQLite's log,
    /// and where there is no log none is needed. Nobody writes meanwhile.
    private func readAtRest<Result>(_ body: (ShardReader) throws -> Result, after error: SQLiteError) throws -> Result {
        guard error.code != .corrupt else { throw error }
        return try writer.withLock { state in
            // The attempt may have left a log without anything in it.
            guard case .resting = state, FileOperations.allocatedBytes(path + "-wal") == 0 else { throw error }
            return try body(ShardReader(connection: SQLiteConnection(path: path, mode: .frozen, cacheKilobytes: 256)))
        }
    }

    /// The connection that writes, opened where it rests; nil where the shard is closed.
    private func opened(_ state: inout WriterState) throws -> ShardWriter? {
        switch state {
        case .open(let writer): return writer
        case .closed: return nil
        case .resting:
            let writer = try ShardWriter(path: path, signal: signal)
            state = .open(writer)
            return writer
        }
    }

    /// Closes the connections until somebody reads or writes: SQLite's log and its index leave the disk, and their memory is free.
    public func rest() throws(ShardStorageError) {
        closeIdleReaders()
        do {
            try writer.withLock { state in
                guard case .open(let writer) = state else { return }
                state = .resting
                try writer.close()
            }
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }

    /// Lets go of connections that wait to be used again.
    public func closeIdleReaders() { idleReaders.withLock { $0.removeAll() } }

    /// Bytes of the file and its log on the disk.
    public var allocatedBytes: Int {
        FileOperations.allocatedBytes(path) + FileOperations.allocatedBytes(path + "-wal") + FileOperations.allocatedBytes(path + "-shm")
    }

    /// Closes all connections. Snapshots cannot be read any more.
    public func close() throws(ShardStorageError) {
        state.withLock { $0.isClosed = true }
        closeIdleReaders()
        do {
            try writer.withLock { state in
                if case .open(let writer) = state { try writer.close() }
                state = .closed
            }
        } catch {
            throw ShardStorageError(error, path: path)
        }
    }
}
