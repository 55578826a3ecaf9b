internal import LogQL
internal import QueryModel
internal import TelemetryModel

/// An entry as tests write it down.
struct LogFixture: Sendable, Hashable {
    var labels: LabelSet
    /// Nanoseconds since 1970.
    var time: Int64
    var line: String
    var metadata: LabelSet = [:]

    static let second: Int64 = 1_000_000_000
    /// The present of the test server, in nanoseconds.
    static let now = TestServer.now * 1_000_000

    /// Entries of two services in the minute before ``now``.
    static let shop: [LogFixture] = [
        .init(
            labels: ["app": "orders", "pod": "a"], time: now - 50 * second, line: "order 1 accepted", metadata: ["detected_level": "info"]),
        .init(
            labels: ["app": "orders", "pod": "a"], time: now - 40 * second, line: "order 2 declined",
            metadata: ["detected_level": "error", "trace_id": "5b8aa5a2d2c872e8321cf37308d69df2"]),
        .init(labels: ["app": "orders", "pod": "b"], time: now - 30 * second, line: "order 3 accepted \"quoted\"\n\u{7}"),
        .init(
            labels: ["app": "payments", "pod": "1"], time: now - 20 * second,
            line: #"{"msg":"charged","trace":"5b8aa5a2d2c872e8321cf37308d69df2"}"#),
        .init(labels: ["app": "payments", "pod": "1"], time: now - 10 * second, line: "level=warn msg=slow took=3s"),
    ]

    static func batch(_ entries: [LogFixture]) -> LogBatch {
        var batch = LogBatch()
        for entry in entries {
            batch.beginPart(entry.labels)
            batch.append(time: entry.time, line: Array(entry.line.utf8), metadata: entry.metadata.packed)
        }
        return batch
    }
}

/// Entries in memory, as a table.
final class ArrayLogTable: LogTable {
    private let entries: [LogFixture]
    private let contents: LogFrame
    let times: ClosedRange<Int64>

    init(_ entries: [LogFixture]) {
        let byStream = Dictionary(grouping: entries, by: \.labels).sorted { $0.key < $1.key }
        var frame = LogFrame(streams: [], streamStarts: [0], times: [])
        var rows: [LogFixture] = []
        for (labels, entries) in byStream {
            frame.streams.append(labels)
            rows += entries.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
            frame.streamStarts.append(Int32(rows.count))
        }
        frame.times = rows.map(\.time)
        self.entries = rows
        contents = frame
        times = (frame.times.min() ?? 0)...(frame.times.max() ?? 0)
    }

    var storedBytes: Int { entries.reduce(0) { $0 + $1.line.utf8.count } }
    var rowCount: Int { entries.count }
    func frame(budget: QueryBudget) throws(QueryError) -> LogFrame { contents }
    func metadataNames(budget: QueryBudget) throws(QueryError) -> [String] {
        Array(Set(entries.flatMap { $0.metadata.map(\.name) }))
    }
    func metadata(_ name: String, budget: QueryBudget) throws(QueryError) -> LogColumn? {
        let values = Set(entries.compactMap { $0.metadata[name] }).sorted()
        if values.isEmpty { return nil }
        var texts = PackedTexts()
        for value in values { texts.append(value.utf8) }
        return LogColumn(
            codes: entries.map { entry in entry.metadata[name].flatMap { values.firstIndex(of: $0) }.map { Int32($0) } ?? -1 },
            values: texts)
    }
    func mayContain(_ needle: [UInt8], budget: QueryBudget) throws(QueryError) -> Bool { true }
    func rows(mayContain needle: [UInt8], budget: QueryBudget) throws(QueryError) -> [Int32]? { nil }
    func lines(of rows: [Int32], budget: QueryBudget) throws(QueryError) -> PackedTexts {
        var texts = PackedTexts()
        for row in rows { texts.append(entries[Int(row)].line.utf8) }
        return texts
    }
    func lineLengths(budget: QueryBudget) throws(QueryError) -> [Int32] { entries.map { Int32($0.line.utf8.count) } }
    func documents(budget: QueryBudget) throws(QueryError) -> LogDocuments? { nil }
    func leaf(_ leaf: Int, ofShape shape: Int, budget: QueryBudget) throws(QueryError) -> LogColumn {
        throw QueryError(.storage, "no leaves")
    }
}
