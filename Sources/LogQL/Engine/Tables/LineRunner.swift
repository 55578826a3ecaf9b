internal import QueryModel
internal import TelemetryModel

/// Runs a pipeline over rows of a table. One for each table and thread.
struct LineRunner {
    private let reader: TableReader
    private let plan: PipelinePlan
    private var pipeline: Pipeline
    private let metadata: MetadataColumns
    private let readsLines: Bool
    private var stream = -1
    private(set) var context: LineContext
    private(set) var statistics = LogStatistics()

    /// - Parameters:
    ///   - wanted: what parsers are to extract.
    ///   - metadataNames: which structured metadata are looked at; nil for all.
    ///   - needsLine: whether the caller looks at the lines.
    init(
        _ reader: TableReader, _ plan: PipelinePlan, wanted: WantedLabels, metadataNames: [String]?, needsLine: Bool
    ) throws(QueryError) {
        self.reader = reader
        self.plan = plan
        pipeline = plan.pipeline
        metadata = try MetadataColumns(reader.table, names: metadataNames, budget: reader.budget)
        readsLines = needsLine || plan.readsLines || !plan.lineTests.isEmpty
        context = LineContext(wanted: wanted)
    }

    /// Runs the pipeline on some rows and calls the closure for each that passes, in their order.
    ///
    /// - Parameters:
    ///   - rows: in ascending order.
    ///   - streams: of each row the place of its stream.
    ///   - body: gets the index into `rows`.
    mutating func run(
        _ rows: [Int32], streams: [Int32], _ body: (Int, inout LineContext) throws(QueryError) -> Void
    ) throws(QueryError) {
        let lines = readsLines ? try reader.table.lines(of: rows, budget: reader.budget) : nil
        statistics.linesProcessed += rows.count
        statistics.bytesProcessed += lines?.bytes.count ?? 0
        let bytes = lines?.bytes ?? []
        for index in rows.indices {
            if index & 0xff == 0 { try reader.budget.check() }
            let range = lines?.range(index) ?? 0..<0
            guard passesLineTests(bytes, range) else { continue }
            begin(Int(streams[index]))
            let row = Int(rows[index])
            context.begin(time: reader.frame.times[row], line: bytes, in: range)
            metadata.add(row: row, to: &context)
            if pipeline.run(on: &context) { try body(index, &context) }
        }
    }

    private func passesLineTests(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        if plan.lineTests.isEmpty { return true }
        return bytes.withUnsafeBytes { bytes in
            let line = UnsafeRawBufferPointer(rebasing: bytes[range])
            return plan.lineTests.allSatisfy { $0.passes(line) }
        }
    }

    private mutating func begin(_ stream: Int) {
        if stream == self.stream { return }
        self.stream = stream
        context.begin(LabelPlaces(reader.frame.streams[stream]))
    }
}
