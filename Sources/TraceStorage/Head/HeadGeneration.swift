internal import Compression
internal import OTLPFormat
internal import Synchronization
internal import TelemetryModel

/// The spans of one segment of the journal, in memory until they are in a shard.
///
/// A message is only handed over by whoever appends it; columns are made of it a moment later, on another thread, or by the first query that comes.
final class HeadGeneration: Sendable {
    /// A message that has no columns yet.
    private enum Message: Sendable {
        case scanned([UInt8], SpanScan)
        /// As it was read back from the journal.
        case payload([UInt8])

        var bytes: Int {
            switch self {
            case .scanned(let bytes, let scan): bytes.count + scan.spans.count * MemoryLayout<ScannedSpan>.stride
            case .payload(let bytes): bytes.count
            }
        }
    }

    private struct Waiting: Sendable {
        var messages: [Message] = []
        var bytes = 0
    }

    /// The columns, and a table of them as they were at the latest query.
    private struct State: Sendable {
        var columns = SpanColumns()
        var table: (spans: Int, snapshot: HeadTable)?
        /// The times of all spans.
        var minStart = UInt64.max
        var maxTime: UInt64 = 0
    }

    /// The number of the journal's segment.
    let number: UInt64
    /// Milliseconds since 1970.
    let started: Int64
    /// A number that no block or table has.
    let serial = StoredBlock.nextSerial()
    /// Appends that have entered and not left yet.
    let inFlight = Atomic<Int>(0)
    /// Spans, and bytes of memory, about.
    let spanCount = Atomic<Int>(0)
    private let columnBytes = Atomic<Int>(0)
    private let waiting = Mutex(Waiting())
    private let state = Mutex(State())
    private let damaged: @Sendable (String) -> Void

    init(number: UInt64, started: Int64, damaged: @escaping @Sendable (String) -> Void) {
        self.number = number
        self.started = started
        self.damaged = damaged
    }

    var memoryBytes: Int { columnBytes.load(ordering: .relaxed) + waiting.withLock { $0.bytes } }

    /// Takes a message that is in the journal.
    func add(_ message: [UInt8], _ scan: SpanScan) { add(.scanned(message, scan), spans: scan.spans.count) }

    /// Takes a payload that was read back from the journal.
    func add(payload: [UInt8], spans: Int) { add(.payload(payload), spans: spans) }

    private func add(_ message: Message, spans: Int) {
        spanCount.add(spans, ordering: .relaxed)
        waiting.withLock { waiting in
            waiting.messages.append(message)
            waiting.bytes += message.bytes
        }
    }

    /// Makes columns of all messages that wait.
    func makeColumns() { state.withLock { makeColumns(&$0) } }

    private func makeColumns(_ state: inout State) {
        while true {
            // A few at a time, so that what waits is still counted as memory.
            let messages = waiting.withLock { waiting in Array(waiting.messages.prefix(8)) }
            if messages.isEmpty { return }
            // A table that nobody reads any more does not make the columns be copied.
            state.table = nil
            let before = state.columns.count
            for message in messages { append(message, &state.columns) }
            for row in before..<state.columns.count {
                state.minStart = min(state.minStart, state.columns.starts[row])
                state.maxTime = max(state.maxTime, state.columns.starts[row], state.columns.ends[row])
            }
            columnBytes.store(state.columns.memoryBytes, ordering: .relaxed)
            waiting.withLock { waiting in
                waiting.messages.removeFirst(messages.count)
                waiting.bytes -= messages.reduce(0) { $0 + $1.bytes }
            }
        }
    }

    private func append(_ message: Message, _ columns: inout SpanColumns) {
        do {
            switch message {
            case .scanned(let bytes, let scan): try HeadGeneration.append(bytes, scan, &columns)
            case .payload(let payload):
                let bytes = try JournalPayload.message(payload, try ZstdDecompressor())
                try HeadGeneration.append(bytes, try bytes.withUnsafeBytes { try SpanScan($0, limits: .none) }, &columns)
            }
        } catch {
            damaged("\(error)")
        }
    }

    private static func append(_ bytes: [UInt8], _ scan: SpanScan, _ columns: inout SpanColumns) throws {
        try bytes.withUnsafeBytes { try columns.append($0, scan) }
    }

    /// The columns with all spans that were added before the call.
    func columns() -> SpanColumns {
        state.withLock { state in
            makeColumns(&state)
            return state.columns
        }
    }

    /// All spans that were added before the call, in the order of a table.
    func table() -> HeadTable {
        state.withLock { state in
            makeColumns(&state)
            if let table = state.table, table.spans == state.columns.count { return table.snapshot }
            let snapshot = HeadTable(
                source: MemorySource(state.columns, RowOrder(state.columns)), serial: StoredBlock.nextSerial(), minStart: state.minStart,
                maxTime: state.maxTime)
            state.table = (state.columns.count, snapshot)
            return snapshot
        }
    }

    /// The values of an attribute among the resources of the spans that are shown.
    func resourceValues(of key: String, _ keeping: SpanKeeping, now: UInt64) throws -> Set<AttributeValue?> {
        try state.withLock { state in
            makeColumns(&state)
            var resources: [ResourceRecord] = []
            for number in 0..<state.columns.resources.count {
                resources.append(try StoredValue.resource(UInt32(number), state.columns.resources))
            }
            return keeping.values(of: key, resources, starts: state.columns.starts, state.columns.resourceOf, now: now)
        }
    }

    /// The spans of a trace, added to some columns.
    func copyTrace(_ id: TraceID, into target: inout SpanColumns) {
        state.withLock { state in
            makeColumns(&state)
            guard let trace = state.columns.traces.number(of: id) else { return }
            var copier = RowCopier(from: state.columns)
            for row in state.columns.traceOf.indices where state.columns.traceOf[row] == trace { copier.copy(row, into: &target) }
        }
    }
}

/// The spans of a generation at one moment.
struct HeadTable: Sendable {
    let source: MemorySource
    let serial: Int
    let minStart: UInt64
    let maxTime: UInt64
}
