internal import Synchronization
internal import TelemetryModel

/// Entries in memory as a table.
final class HeadTable: LogColumnSource {
    private static let tablesMade = Atomic<Int>(0)

    let rows: LogRows
    /// How many entries the generation had, duplicates among them.
    let entries: Int
    let serial: Int
    let times: ClosedRange<Int64>
    private let spans: StreamSpans

    init(_ rows: LogRows, entries: Int) {
        self.rows = rows
        self.entries = entries
        serial = -HeadTable.tablesMade.add(1, ordering: .relaxed).newValue
        var spans = StreamSpans(labels: rows.streams, starts: rows.streamStarts)
        for stream in rows.streams.indices {
            let range = rows.range(ofStream: stream)
            spans.times.append(rows.times[range.lowerBound]...rows.times[range.upperBound - 1])
        }
        self.spans = spans
        times = (spans.times.map(\.lowerBound).min() ?? 0)...(spans.times.map(\.upperBound).max() ?? 0)
    }

    var storedBytes: Int { 0 }
    var rowCount: Int { rows.count }
    var path: String { "log entries in memory" }

    func streams() -> StreamSpans { spans }

    func frame() -> StoredLogFrame { StoredLogFrame(streams: rows.streams, streamStarts: rows.streamStarts, times: rows.times) }

    func metadataNames() -> [String] {
        var names: Set<[UInt8]> = []
        for run in rows.metadata where run.count > 0 {
            var labels = PackedLabelRuns(run)
            while let label = labels.next() {
                if !names.contains(where: { $0.elementsEqual(label.name.bytes) }) { names.insert([UInt8](label.name.bytes)) }
            }
        }
        return Array(Set(names.map { String(decoding: $0, as: UTF8.self) }))
    }

    func metadata(_ name: String) -> LogColumn? {
        let wanted = [UInt8](name.utf8)
        // Names that are not UTF-8 are known by what they are read as.
        let hasReplacement = name.unicodeScalars.contains("\u{fffd}")
        var interner = RunTable()
        var codes = [Int32](repeating: -1, count: rows.count)
        wanted.withUnsafeBytes { wanted in
            for row in 0..<rows.count where rows.metadata[row].count > 0 {
                var labels = PackedLabelRuns(rows.metadata[row])
                while let label = labels.next() {
                    let isWanted =
                        hasReplacement
                        ? String(decoding: label.name.bytes, as: UTF8.self).utf8.elementsEqual(wanted)
                        : label.name.count == wanted.count && label.name.bytes.elementsEqual(wanted)
                    guard isWanted else { continue }
                    codes[row] = interner.intern(label.value)
                }
            }
        }
        return interner.count == 0 ? nil : LogColumn(codes: codes, values: interner.texts)
    }

    func mayContain(_ needle: [UInt8]) -> Bool { true }
    func rows(mayContain needle: [UInt8]) -> [Int32]? { nil }

    func lines(of wanted: [Int32]) -> PackedTexts {
        var texts = PackedTexts()
        texts.reserveCapacity(texts: wanted.count, bytes: wanted.reduce(0) { $0 + rows.lines[Int($1)].count })
        for row in wanted { texts.append(rows.lines[Int(row)].bytes) }
        return texts
    }

    func lineLengths() -> [Int32] { rows.lines.map { Int32(truncatingIfNeeded: $0.count) } }
    func documents() -> LogDocuments? { nil }

    func leaf(_ leaf: Int, ofShape shape: Int) -> LogColumn {
        LogColumn(codes: [Int32](repeating: -1, count: rows.count), values: PackedTexts())
    }

    func noted(_ error: any Error) -> LogStorageError { LogStorageError(error, path: path) }
}

/// Walks labels in their canonical form.
///
/// - Precondition: the bytes are canonical, as ``LabelSet/packed``.
struct PackedLabelRuns {
    private let run: Run
    private var position = 0

    init(_ run: Run) { self.run = run }

    mutating func next() -> (name: Run, value: Run)? {
        guard let name = text(), let value = text() else { return nil }
        return (name, value)
    }

    private mutating func text() -> Run? {
        var length = 0
        var shift = 0
        while true {
            guard position < run.count, shift <= 28 else { return nil }
            let byte = run.bytes[position]
            position += 1
            length |= Int(byte & 0x7f) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        guard length <= run.count - position else { return nil }
        defer { position += length }
        return run.part(position, length)
    }
}
