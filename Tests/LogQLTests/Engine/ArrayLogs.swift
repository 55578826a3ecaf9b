internal import LabelMatching
internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// An entry of a test.
struct LogEntry: Sendable {
    var stream: LabelSet
    var time: Int64
    var line: [UInt8]
    /// Structured metadata; values may be empty.
    var metadata: [(name: String, value: String)]

    init(_ stream: LabelSet, _ time: Int64, _ line: [UInt8], metadata: [(name: String, value: String)] = []) {
        self.stream = stream
        self.time = time
        self.line = line
        self.metadata = metadata
    }

    init(_ stream: LabelSet, _ time: Int64, _ line: String, metadata: [(name: String, value: String)] = []) {
        self.init(stream, time, Array(line.utf8), metadata: metadata)
    }
}

/// Entries in memory, cut into tables by where they stand in the list of entries.
struct ArrayLogs: LogSource {
    let arrayTables: [ArrayTable]

    /// - Parameters:
    ///   - rowsPerTable: nil for one table.
    ///   - takesApart: whether tables give their lines as documents where they can.
    init(_ entries: [LogEntry], rowsPerTable: Int? = nil, takesApart: Bool = false) {
        let size = Swift.max(1, rowsPerTable ?? entries.count)
        let tables = stride(from: 0, to: entries.count, by: size).map { start in
            ArrayTable(Array(entries[start..<Swift.min(start + size, entries.count)]), takesApart: takesApart)
        }
        arrayTables = tables.sorted { $0.times.upperBound > $1.times.upperBound }
    }

    func tables(_ selection: LogSelection, budget: QueryBudget) -> [any LogTable] { arrayTables }

    func streams(_ selection: LogSelection, budget: QueryBudget) -> [LabelSet] {
        var streams: Set<LabelSet> = []
        for table in arrayTables where table.times.upperBound >= selection.start && table.times.lowerBound < selection.end {
            for stream in table.logFrame.streams where selection.matchers.allSatisfy({ $0.matches(stream) }) { streams.insert(stream) }
        }
        return Array(streams)
    }
}

/// A table of entries in memory.
final class ArrayTable: LogTable {
    let logFrame: LogFrame
    private let texts: [[UInt8]]
    private let metadataColumns: [String: LogColumn]
    private let taken: TakenApart?
    let times: ClosedRange<Int64>

    /// - Precondition: there are entries.
    init(_ entries: [LogEntry], takesApart: Bool) {
        let streams = Set(entries.map(\.stream)).sorted()
        var (rows, starts): ([LogEntry], [Int32]) = ([], [0])
        for stream in streams {
            let own = entries.filter { $0.stream == stream }
            rows += own.indices.sorted { own[$0].time != own[$1].time ? own[$0].time < own[$1].time : $0 < $1 }.map { own[$0] }
            starts.append(Int32(rows.count))
        }
        logFrame = LogFrame(streams: streams, streamStarts: starts, times: rows.map(\.time))
        texts = rows.map(\.line)
        let all = rows.map(\.time)
        times = (all.min() ?? 0)...(all.max() ?? 0)
        var columns: [String: LogColumn] = [:]
        for name in Set(rows.flatMap { $0.metadata.map(\.name) }) {
            var column = LogColumn(codes: [], values: PackedTexts())
            for row in rows {
                let value = row.metadata.first { $0.name == name }?.value
                if let value { column.values.append(value.utf8) }
                column.codes.append(value == nil ? -1 : Int32(column.values.count - 1))
            }
            columns[name] = column
        }
        metadataColumns = columns
        taken = takesApart ? TakenApart(texts) : nil
    }

    var storedBytes: Int { texts.reduce(0) { $0 + $1.count } }
    var rowCount: Int { texts.count }

    func frame(budget: QueryBudget) -> LogFrame { logFrame }

    func metadataNames(budget: QueryBudget) -> [String] { Array(metadataColumns.keys) }

    func metadata(_ name: String, budget: QueryBudget) -> LogColumn? { metadataColumns[name] }

    func mayContain(_ needle: [UInt8], budget: QueryBudget) -> Bool {
        texts.contains { text in text.indices.contains { text[$0...].starts(with: needle) } }
    }

    func rows(mayContain needle: [UInt8], budget: QueryBudget) -> [Int32]? {
        guard taken != nil else { return nil }
        return texts.indices.filter { row in texts[row].indices.contains { texts[row][$0...].starts(with: needle) } }.map { Int32($0) }
    }

    func lines(of rows: [Int32], budget: QueryBudget) -> PackedTexts {
        precondition(zip(rows, rows.dropFirst()).allSatisfy { $0 < $1 }, "BUG: rows are not in ascending order")
        var lines = PackedTexts()
        for row in rows { lines.append(texts[Int(row)]) }
        return lines
    }

    func lineLengths(budget: QueryBudget) -> [Int32] { texts.map { Int32($0.count) } }

    func documents(budget: QueryBudget) -> LogDocuments? { taken?.documents }

    func leaf(_ leaf: Int, ofShape shape: Int, budget: QueryBudget) -> LogColumn {
        taken?.columns[shape][leaf] ?? LogColumn(codes: [Int32](repeating: -1, count: texts.count), values: PackedTexts())
    }
}
