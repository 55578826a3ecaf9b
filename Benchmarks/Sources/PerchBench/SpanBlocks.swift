internal import QueryModel
internal import TelemetryModel
internal import TraceQL

/// Spans in columns in memory, as a warm storage has them: blocks one after the other in time.
struct SpanBlocks: SpanSource {
    let blocks: [SpanBlock]
    let range: NanosecondRange

    static let spansPerBlock = 65_536

    init(count: Int) {
        let start: UInt64 = 1_790_000_000_000_000_000
        let length: UInt64 = 225_000_000_000
        blocks = (0..<count).map { SpanBlock(seed: UInt64($0), start: start + UInt64($0) * length, length: length) }.reversed()
        range = NanosecondRange(start: start, end: start + UInt64(count) * length)
    }

    func tables(in range: NanosecondRange, budget: QueryBudget) throws(QueryError) -> [any SpanTable] { blocks }
}

/// One block: traces of eight spans, twenty services, one span in a hundred an error.
final class SpanBlock: SpanTable {
    private let madeFrame: SpanFrame
    private let columns: [SpanField: SpanColumn]
    let storedBytes = 2_000_000

    init(seed: UInt64, start: UInt64, length: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (rows, perTrace) = (SpanBlocks.spansPerBlock, 8)
        var frame = SpanFrame(traceIDs: [], traceStarts: [0], spanIDs: [], parentRows: [], starts: [], durations: [])
        var (services, names, statuses, kinds, methods, codes, urls): ([Int32], [Int32], [Int32], [Int32], [Int32], [Int32], [Int32])
        (services, names, statuses, kinds, methods, codes, urls) = ([], [], [], [], [], [], [])
        for trace in 0..<rows / perTrace {
            frame.traceIDs.append(TraceID(high: seed, low: UInt64(trace) + 1))
            let begun = start + UInt64(trace) * length / UInt64(rows / perTrace)
            for span in 0..<perTrace {
                let row = trace * perTrace + span
                frame.spanIDs.append(SpanID(random.next() | 1))
                frame.parentRows.append(span == 0 ? -1 : Int32(row - Int.random(in: 1...span, using: &random)))
                frame.starts.append(begun + UInt64(span) * 1_000_000)
                // From a tenth of a millisecond to a second, short ones far more often.
                let share = Double.random(in: 0..<1, using: &random)
                frame.durations.append(UInt64(100_000 + share * share * share * share * 1_000_000_000))
                services.append(Int32.random(in: 0..<20, using: &random))
                names.append(Int32.random(in: 0..<200, using: &random))
                statuses.append(random.happens(onceIn: 100) ? 2 : 0)
                kinds.append(Int32.random(in: 1..<6, using: &random))
                methods.append(span % 2 == 0 ? Int32.random(in: 0..<4, using: &random) : -1)
                codes.append(span % 2 == 0 ? Int32.random(in: 0..<8, using: &random) : -1)
                urls.append(span % 2 == 0 ? Int32.random(in: 0..<10_000, using: &random) : -1)
            }
            frame.traceStarts.append(Int32((trace + 1) * perTrace))
        }
        madeFrame = frame
        func texts(_ prefix: String, _ count: Int) -> [AttributeValue] { (0..<count).map { .string("\(prefix)-\($0)") } }
        columns = [
            .attribute(.resource, "service.name"): .single(codes: services, values: texts("service", 20)),
            .name: .single(codes: names, values: texts("operation", 200)),
            .statusCode: .single(codes: statuses, values: [.int(0), .int(1), .int(2)]),
            .kind: .single(codes: kinds, values: (0..<6).map { .int($0) }),
            .attribute(.span, "http.method"): .single(codes: methods, values: texts("METHOD", 4)),
            .attribute(.span, "http.status_code"): .single(codes: codes, values: (0..<8).map { .int(200 + $0 * 50) }),
            .attribute(.span, "http.target"): .single(codes: urls, values: texts("/some/path/of/a/page", 10_000)),
        ]
    }

    func frame(budget: QueryBudget) throws(QueryError) -> SpanFrame { madeFrame }

    func column(_ field: SpanField, budget: QueryBudget) throws(QueryError) -> SpanColumn { columns[field] ?? .absent }

    func attributeNames(of owner: AttributeOwner, budget: QueryBudget) throws(QueryError) -> [String] {
        columns.keys.compactMap { if case .attribute(owner, let name) = $0 { name } else { nil } }
    }
}
