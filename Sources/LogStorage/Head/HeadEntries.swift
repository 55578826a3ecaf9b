internal import TelemetryModel

/// Entries by stream in the order in which they came.
struct HeadEntries: Sendable {
    /// One stream's entries: places in the arrays below.
    private struct Stream: Sendable {
        var labels: LabelSet
        var rows: [Int32] = []
        var isSorted = true
        var minTime = Int64.max
        var maxTime = Int64.min
    }

    /// A batch whose bytes were copied to memory of its own.
    struct Prepared: Sendable {
        let batch: LogBatch
        let arena: LogArena
        let lines: Texts
        let metadata: Texts

        init(_ batch: LogBatch) {
            self.batch = batch
            let arena = LogArena(capacity: batch.lines.bytes.count + batch.metadata.bytes.count)
            lines = Texts(run: batch.lines.bytes.withUnsafeBytes { arena.append($0) })
            metadata = Texts(run: batch.metadata.bytes.withUnsafeBytes { arena.append($0) })
            self.arena = arena
        }
    }

    /// A run that holds several texts one after the other.
    struct Texts: Sendable {
        let run: Run
        func text(_ range: Range<Int>) -> Run { range.isEmpty ? .empty : run.part(range.lowerBound, range.count) }
    }

    private var streams: [Stream] = []
    private var numbers: [LabelSet: Int] = [:]
    private var arenas: [LogArena] = []
    private var times: [Int64] = []
    private var lines: [Run] = []
    private var metadata: [Run] = []

    var count: Int { times.count }
    var streamCount: Int { streams.count }

    /// What a batch takes in memory, about.
    static func memoryBytes(of batch: LogBatch) -> Int {
        batch.lines.bytes.count + batch.metadata.bytes.count + batch.entryCount * (MemoryLayout<Run>.stride * 2 + 12) + batch.parts.count
            * 16
    }

    mutating func append(_ prepared: Prepared) {
        let batch = prepared.batch
        arenas.append(prepared.arena)
        for part in batch.parts where !part.entries.isEmpty {
            let number = streamNumber(part.labels)
            for entry in part.entries {
                let time = batch.times[entry]
                if time < streams[number].maxTime { streams[number].isSorted = false }
                streams[number].maxTime = max(streams[number].maxTime, time)
                streams[number].minTime = min(streams[number].minTime, time)
                streams[number].rows.append(Int32(truncatingIfNeeded: times.count))
                times.append(time)
                lines.append(prepared.lines.text(batch.lines.range(entry)))
                metadata.append(prepared.metadata.text(batch.metadata.range(entry)))
            }
        }
    }

    private mutating func streamNumber(_ labels: LabelSet) -> Int {
        if let known = numbers[labels] { return known }
        let number = streams.count
        numbers[labels] = number
        streams.append(Stream(labels: labels))
        return number
    }

    func streams(in range: ClosedRange<Int64>) -> [LabelSet] {
        streams.filter { $0.minTime <= range.upperBound && $0.maxTime >= range.lowerBound }.map(\.labels)
    }

    /// All of it by stream, then time, then arrival; of entries that are the same in stream, time, line and metadata the first.
    func sorted() -> LogRows {
        var rows = LogRows(owners: arenas)
        rows.reserveCapacity(count)
        for stream in streams.sorted(by: { $0.labels < $1.labels }) {
            rows.beginStream(stream.labels)
            let order = stream.isSorted ? stream.rows : stream.rows.sorted { (times[Int($0)], $0) < (times[Int($1)], $1) }
            for row in order { rows.append(time: times[Int(row)], line: lines[Int(row)], metadata: metadata[Int(row)]) }
        }
        return rows.removingDuplicates()
    }
}
