internal import ByteCoding
internal import TelemetryModel

/// Entries in the order of a table: by stream, then time, then arrival. Their bytes lie in memory that the arenas keep.
struct LogRows: Sendable {
    private(set) var owners: [LogArena]
    /// Each once, sorted.
    private(set) var streams: [LabelSet] = []
    /// The rows of stream `s` begin at `streamStarts[s]`; one element more than there are streams.
    private(set) var streamStarts: [Int32] = [0]
    private(set) var times: [Int64] = []
    private(set) var lines: [Run] = []
    /// Structured metadata in its canonical form.
    private(set) var metadata: [Run] = []

    init(owners: [LogArena] = []) { self.owners = owners }

    var count: Int { times.count }
    var lineBytes: Int { lines.reduce(0) { $0 + $1.count } }
    var memoryBytes: Int { owners.reduce(count * 40) { $0 + $1.byteCount } }

    mutating func reserveCapacity(_ count: Int) {
        times.reserveCapacity(count)
        lines.reserveCapacity(count)
        metadata.reserveCapacity(count)
    }

    /// Begins a stream; rows that are appended from now on are its.
    mutating func beginStream(_ labels: LabelSet) {
        streams.append(labels)
        streamStarts.append(Int32(truncatingIfNeeded: count))
    }

    /// - Precondition: a stream was begun, and its times do not fall.
    mutating func append(time: Int64, line: Run, metadata: Run) {
        times.append(time)
        lines.append(line)
        self.metadata.append(metadata)
        streamStarts[streamStarts.count - 1] = Int32(truncatingIfNeeded: times.count)
    }

    /// The rows of a stream.
    func range(ofStream stream: Int) -> Range<Int> { Int(streamStarts[stream])..<Int(streamStarts[stream + 1]) }

    /// Those rows for which the closure says so. Streams that none is left of go too.
    func filter(_ isKept: (_ stream: Int, _ row: Int) -> Bool) -> LogRows {
        var kept = LogRows(owners: owners)
        kept.reserveCapacity(count)
        for stream in streams.indices {
            var hasBegun = false
            for row in range(ofStream: stream) where isKept(stream, row) {
                if !hasBegun { kept.beginStream(streams[stream]) }
                hasBegun = true
                kept.append(time: times[row], line: lines[row], metadata: metadata[row])
            }
        }
        return kept
    }

    /// The rows cut into neighbouring slices of so many rows and so many bytes of lines at most; a longer line is a slice of its own.
    func slices(rowsMax: Int, lineBytesMax: Int) -> [LogRows] {
        if count <= rowsMax, lineBytes <= lineBytesMax { return count == 0 ? [] : [self] }
        // Of equal size, so that no small rest is left.
        let parts = max((count + rowsMax - 1) / rowsMax, (lineBytes + lineBytesMax - 1) / lineBytesMax)
        let (rowsEach, bytesEach) = ((count + parts - 1) / parts, (lineBytes + parts - 1) / parts)
        var slices: [LogRows] = []
        var slice = LogRows(owners: owners)
        var bytes = 0
        for stream in streams.indices {
            var hasBegun = false
            for row in range(ofStream: stream) {
                if slice.count >= rowsEach || slice.count > 0 && bytes >= bytesEach
                    || slice.count > 0 && bytes + lines[row].count > lineBytesMax
                {
                    slices.append(slice)
                    (slice, bytes, hasBegun) = (LogRows(owners: owners), 0, false)
                }
                if !hasBegun { slice.beginStream(streams[stream]) }
                hasBegun = true
                slice.append(time: times[row], line: lines[row], metadata: metadata[row])
                bytes += lines[row].count
            }
        }
        slices.append(slice)
        return slices
    }

    /// Several sets of rows as one; of rows of the same stream and time those of the earlier set come first. Duplicates go.
    static func merged(_ parts: [LogRows]) -> LogRows {
        var merged = LogRows(owners: parts.flatMap(\.owners))
        merged.reserveCapacity(parts.reduce(0) { $0 + $1.count })
        var places: [LabelSet: [(part: Int, stream: Int)]] = [:]
        for (part, rows) in parts.enumerated() {
            for (stream, labels) in rows.streams.enumerated() { places[labels, default: []].append((part, stream)) }
        }
        for (labels, sources) in places.sorted(by: { $0.key < $1.key }) {
            merged.beginStream(labels)
            var order: [(time: Int64, part: Int32, row: Int32)] = []
            for source in sources {
                let rows = parts[source.part]
                for row in rows.range(ofStream: source.stream) { order.append((rows.times[row], Int32(source.part), Int32(row))) }
            }
            if sources.count > 1 { order.sort { $0 < $1 } }
            for (time, part, row) in order {
                merged.append(time: time, line: parts[Int(part)].lines[Int(row)], metadata: parts[Int(part)].metadata[Int(row)])
            }
        }
        return merged.removingDuplicates()
    }

    /// Without entries that are the same in stream, time, line and structured metadata as one before them.
    func removingDuplicates() -> LogRows {
        var isDoubled: [Bool]?
        for stream in streams.indices {
            let range = range(ofStream: stream)
            var start = range.lowerBound
            while start < range.upperBound {
                var end = start + 1
                while end < range.upperBound, times[end] == times[start] { end += 1 }
                if end - start > 1 { findDuplicates(start..<end, &isDoubled) }
                start = end
            }
        }
        guard let isDoubled else { return self }
        return filter { _, row in !isDoubled[row] }
    }

    /// - Parameter rows: of one stream and time.
    private func findDuplicates(_ rows: Range<Int>, _ isDoubled: inout [Bool]?) {
        var seen: [UInt64: [Int]] = [:]
        for row in rows {
            let hash = hash64(lines[row].bytes)
            let isKnown = seen[hash]?.contains { Run.areEqual(lines[$0], lines[row]) && Run.areEqual(metadata[$0], metadata[row]) }
            if isKnown == true {
                if isDoubled == nil { isDoubled = [Bool](repeating: false, count: count) }
                isDoubled?[row] = true
            } else {
                seen[hash, default: []].append(row)
            }
        }
    }
}
