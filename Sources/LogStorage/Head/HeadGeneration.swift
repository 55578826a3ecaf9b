internal import Compression
internal import Synchronization
internal import TelemetryModel

/// The entries of one segment of the journal, in memory until they are in a shard.
final class HeadGeneration: Sendable {
    private struct State: Sendable {
        var entries = HeadEntries()
        /// What was read back from the journal and not decoded yet.
        var waiting: [[UInt8]] = []
    }

    /// The number of the journal's segment.
    let number: UInt64
    /// Milliseconds since 1970.
    let started: Int64
    /// Whether it was read back from the journal, of which a loss of power may have taken some that shards have.
    let isReplayed: Bool
    /// Appends that have entered and not left yet.
    let inFlight = Atomic<Int>(0)
    let entryCount = Atomic<Int>(0)
    /// Bytes of memory, about.
    let memoryBytes = Atomic<Int>(0)
    private let state = Mutex(State())
    /// All entries in the order of a table, as they were at the latest query. Taken before the lock of the state.
    private let latestTable = Mutex<HeadTable?>(nil)
    private let damaged: @Sendable (String) -> Void

    init(number: UInt64, started: Int64, isReplayed: Bool = false, damaged: @escaping @Sendable (String) -> Void) {
        self.isReplayed = isReplayed
        self.number = number
        self.started = started
        self.damaged = damaged
    }

    /// Takes a batch that is in the journal.
    func add(_ batch: LogBatch) {
        // Copied before the lock is taken: memory of just the size, whatever the batch reserved.
        let prepared = HeadEntries.Prepared(batch)
        entryCount.add(batch.entryCount, ordering: .relaxed)
        memoryBytes.add(HeadEntries.memoryBytes(of: batch), ordering: .relaxed)
        state.withLock { $0.entries.append(prepared) }
    }

    /// Takes a payload that was read back from the journal; it is decoded when it is needed.
    func add(payload: [UInt8], entries: Int) {
        entryCount.add(entries, ordering: .relaxed)
        memoryBytes.add(payload.count, ordering: .relaxed)
        state.withLock { $0.waiting.append(payload) }
    }

    /// Decodes what was read back from the journal.
    func decodeWaiting() { state.withLock { decodeWaiting(&$0) } }

    private func decodeWaiting(_ state: inout State) {
        guard !state.waiting.isEmpty else { return }
        let waiting = state.waiting
        state.waiting = []
        for payload in waiting {
            do {
                let batch = try JournalPayload.batch(payload, try ZstdDecompressor())
                memoryBytes.add(HeadEntries.memoryBytes(of: batch) - payload.count, ordering: .relaxed)
                state.entries.append(HeadEntries.Prepared(batch))
            } catch {
                damaged("\(error)")
            }
        }
    }

    /// All entries that were added before the call. What is added later copies what is shared with these.
    private func entries() -> HeadEntries {
        state.withLock { state in
            decodeWaiting(&state)
            return state.entries
        }
    }

    /// All entries that were added before the call, sorted, each once.
    func rows() -> LogRows { entries().sorted() }

    /// The same as a table, which is kept for the next query. Appends go on while entries are sorted.
    func table() -> HeadTable? {
        latestTable.withLock { latest in
            let entries = entries()
            guard entries.count > 0 else { return nil }
            if let latest, latest.entries == entries.count { return latest }
            let table = HeadTable(entries.sorted(), entries: entries.count)
            latest = table
            return table
        }
    }

    /// The streams that have entries within a range of times, both ends inclusive.
    func streams(in range: ClosedRange<Int64>) -> [LabelSet] {
        state.withLock { state in
            decodeWaiting(&state)
            return state.entries.streams(in: range)
        }
    }

    var streamCount: Int { state.withLock { $0.entries.streamCount } }
}
