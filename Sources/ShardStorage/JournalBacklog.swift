internal import SQLiteSupport
internal import Synchronization

/// Lets others read the journal after it was written, at their own pace, such as those who send everything on.
///
/// A segment that is sealed and that a reader still needs is not deleted: it moves, as one file, to a folder of its own until all readers
/// are behind it. Where these files come to more than ``bytesMax``, the oldest go, and readers are told what they missed.
public final class JournalBacklog: Sendable {
    /// What one read gave.
    public struct Reading: Sendable {
        /// Payloads in the order they were written, each with the place behind it.
        public var entries: [(position: JournalPosition, payload: [UInt8])] = []
        /// Where to read on.
        public var position: JournalPosition
        /// Whether there was nothing more at that moment.
        public var isAtEnd = false
        /// What was counted in segments that were deleted unread since the last read.
        public var lost = 0
    }

    /// Fields change under the lock of `state` only, hence unchecked.
    private final class Reader: @unchecked Sendable {
        /// Everything before is not needed any more.
        var held: JournalPosition
        /// Where the last read ended.
        var position: JournalPosition
        var lost = 0
        var open: (segment: UInt64, connection: SQLiteConnection)?

        init(_ position: JournalPosition) {
            held = position
            self.position = position
        }

        func close() throws {
            try open?.connection.close()
            open = nil
        }
    }

    private struct State: Sendable {
        var readers: [String: Reader] = [:]
        /// Bytes of the segments in the folder.
        var kept: [UInt64: Int] = [:]
        var bytesMax = Int.max
    }

    private let journal: Journal
    private let directory: String
    private let state: Mutex<State>
    private let count: @Sendable (UnsafeRawBufferPointer) -> Int
    private let damaged: @Sendable (ShardStorageError) -> Void

    /// - Parameters:
    ///   - directory: where segments go that are still needed; made when the first one goes there.
    ///   - count: how much a payload counts for where it is lost.
    ///   - damaged: told of segments that cannot be read.
    public init(
        journal: Journal, directory: String, count: @escaping @Sendable (UnsafeRawBufferPointer) -> Int,
        damaged: @escaping @Sendable (ShardStorageError) -> Void
    ) throws(ShardStorageError) {
        self.journal = journal
        self.directory = directory
        self.count = count
        self.damaged = damaged
        var kept: [UInt64: Int] = [:]
        if FileOperations.isDirectory(directory) {
            for number in try FileOperations.names(in: directory).compactMap(JournalSegment.number(ofName:)) {
                kept[number] = FileOperations.allocatedBytes(JournalSegment.path(number, in: directory))
            }
        }
        state = Mutex(State(kept: kept))
    }

    // MARK: Readers

    /// Lets a reader begin.
    ///
    /// - Parameter position: what it needs from now on; nil for what is appended from now on.
    /// - Returns: that place.
    public func open(_ reader: String, from position: JournalPosition?) -> JournalPosition {
        state.withLock { state in
            let position = position ?? journal.end
            state.readers[reader] = Reader(position)
            return position
        }
    }

    /// Lets go of a reader; what it did not read is not kept for it any more.
    public func close(_ reader: String) throws(ShardStorageError) {
        try use { state in
            try state.readers.removeValue(forKey: reader)?.close()
            try deleteUnneeded(&state)
        }
    }

    /// Says that a reader needs nothing before a place any more.
    public func release(_ reader: String, before position: JournalPosition) throws(ShardStorageError) {
        try use { state in
            guard let known = state.readers[reader], known.held < position else { return }
            let turns = known.held.segment != position.segment
            known.held = position
            if turns { try deleteUnneeded(&state) }
        }
    }

    /// Deletes segments that nobody needs, such as those of readers that did not come again after a start.
    public func deleteUnneeded() throws(ShardStorageError) { try use { state in try deleteUnneeded(&state) } }

    /// Reads what stands behind a place.
    ///
    /// - Parameters:
    ///   - position: of which the entry counts only within a segment; segments that are gone are passed over.
    ///   - bytesMax: reading ends with the payload that reaches it.
    public func read(_ reader: String, after position: JournalPosition, bytesMax: Int) throws(ShardStorageError) -> Reading {
        try use { state in
            var reading = Reading(position: position)
            guard let known = state.readers[reader] else {
                throw ShardStorageError(.closed, "this reader of the journal was let go", path: directory)
            }
            (reading.lost, known.lost) = (known.lost, 0)
            var bytes = 0
            while bytes < bytesMax {
                // Asked first: a segment that is not the current one does not grow any more.
                let current = journal.currentSegment
                let before = reading.entries.count
                do { try read(known, &reading, &bytes, bytesMax, state) } catch let error as SQLiteError {
                    let error = ShardStorageError(error, path: place(of: reading.position.segment, state) ?? directory)
                    guard error.code == .corrupt else { throw error }
                    damaged(error)
                    try known.close()
                    reading.entries.removeSubrange(before...)
                    guard reading.position.segment < current else { throw error }
                    reading.position = next(after: reading.position.segment, current, state)
                    continue
                }
                if reading.entries.count > before { continue }
                if reading.position.segment >= current {
                    reading.isAtEnd = true
                    break
                }
                reading.position = next(after: reading.position.segment, current, state)
            }
            known.position = reading.position
            return reading
        }
    }

    private func read(_ reader: Reader, _ reading: inout Reading, _ bytes: inout Int, _ bytesMax: Int, _ state: State) throws {
        let segment = reading.position.segment
        if reader.open?.segment != segment {
            try reader.close()
            guard let path = place(of: segment, state) else { return }
            reader.open = (segment, try SQLiteConnection(path: path, mode: .readOnly, cacheKilobytes: 256))
        }
        guard let connection = reader.open?.connection else { return }
        let select = try connection.statement("SELECT sequence, payload FROM entry WHERE sequence > ?1 ORDER BY sequence")
        defer { select.reset() }
        select.bind(reading.position.entry, at: 1)
        while bytes < bytesMax, try select.step() {
            reading.position.entry = select.integer(at: 0)
            let payload = select.bytes(at: 1)
            bytes += payload.count
            reading.entries.append((reading.position, payload))
        }
    }

    /// The beginning of the segment that follows another one.
    private func next(after segment: UInt64, _ current: UInt64, _ state: State) -> JournalPosition {
        let numbers = journal.olderSegments + Array(state.kept.keys)
        return JournalPosition(segment: numbers.filter { $0 > segment }.min().map { min($0, current) } ?? current)
    }

    /// The file of a segment; nil where it is gone.
    private func place(of segment: UInt64, _ state: State) -> String? {
        let path = JournalSegment.path(segment, in: state.kept[segment] == nil ? journal.directory : directory)
        return FileOperations.exists(path) ? path : nil
    }

    // MARK: Segments

    /// Bytes that segments may take that are kept for readers alone.
    public var bytesMax: Int {
        get { state.withLock { $0.bytesMax } }
        set { state.withLock { $0.bytesMax = newValue } }
    }

    /// The number of segments that are kept for readers alone, and their bytes.
    public var kept: (segments: Int, bytes: Int) { state.withLock { ($0.kept.count, $0.kept.values.reduce(0, +)) } }

    /// Deletes a segment that is sealed, or keeps it for those who need it.
    func settle(_ segment: JournalSegment) throws(ShardStorageError) {
        try use { state in
            for reader in state.readers.values where reader.open?.segment == segment.number { try reader.close() }
            guard state.readers.values.contains(where: { $0.held.segment <= segment.number }) else { return try segment.delete() }
            try FileOperations.createDirectory(directory)
            let path = JournalSegment.path(segment.number, in: directory)
            try segment.retire(to: path)
            try FileOperations.syncDirectory(directory)
            state.kept[segment.number] = FileOperations.allocatedBytes(path)
            try trim(&state)
        }
    }

    private func deleteUnneeded(_ state: inout State) throws {
        let needed = state.readers.values.map(\.held.segment).min() ?? .max
        for number in state.kept.keys.sorted() where number < needed { try delete(number, &state) }
    }

    private func trim(_ state: inout State) throws {
        while state.kept.values.reduce(0, +) > state.bytesMax, let oldest = state.kept.keys.min() {
            try countLoss(of: oldest, state)
            try delete(oldest, &state)
        }
    }

    /// Notes for every reader what it did not read of a segment.
    private func countLoss(of number: UInt64, _ state: State) throws {
        for reader in state.readers.values where reader.position.segment <= number {
            let path = JournalSegment.path(number, in: directory)
            let first = reader.position.segment == number ? reader.position.entry : 0
            do {
                try JournalInspection.forEachPayload(in: path) { sequence, payload in
                    if sequence > first { reader.lost += count(payload) }
                }
            } catch {
                damaged(error)
            }
        }
    }

    private func delete(_ number: UInt64, _ state: inout State) throws {
        for reader in state.readers.values where reader.open?.segment == number { try reader.close() }
        try JournalSegment.delete(JournalSegment.path(number, in: directory))
        state.kept[number] = nil
    }

    private func use<Result: Sendable>(_ body: (inout State) throws -> Result) throws(ShardStorageError) -> Result {
        do { return try state.withLock { state in try body(&state) } } catch { throw ShardStorageError(error, path: directory) }
    }

    /// Closes what readers have open.
    public func close() throws(ShardStorageError) {
        try use { state in
            for reader in state.readers.values { try reader.close() }
            state.readers = [:]
        }
    }
}
