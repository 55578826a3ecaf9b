internal import LabelMatching
public import QueryModel
public import TelemetryModel

/// A selector that entries are held against one by one as they come in. Not to be used by several threads at once.
public struct LogPipeline: Sendable {
    private let matchers: [LabelMatcher]
    private let plan: PipelinePlan
    private var pipeline: Pipeline
    private var context = LineContext()
    private var order: [Int] = []

    /// An entry that passed.
    public struct Entry: Sendable {
        public var labels: LogLabels
        /// As the pipeline left it.
        public var line: [UInt8]
    }

    /// - Throws: ``QueryError`` with code `badInput` where a stage has no meaning.
    public init(_ selector: LogSelector) throws(QueryError) {
        matchers = selector.matchers
        plan = try PipelinePlan(selector.stages)
        pipeline = plan.pipeline
    }

    /// Whether entries of a stream may pass.
    public func matches(_ stream: LabelSet) -> Bool { matchers.allSatisfy { $0.matches(stream) } }

    /// Runs the pipeline on an entry; nil where it does not pass.
    ///
    /// - Parameters:
    ///   - metadata: the structured metadata.
    ///   - time: nanoseconds since 1970.
    public mutating func run(stream: LabelSet, metadata: LabelSet, time: Int64, line: [UInt8]) -> Entry? {
        guard matches(stream) else { return nil }
        let passes = line.withUnsafeBytes { line in plan.lineTests.allSatisfy { $0.passes(line) } }
        guard passes else { return nil }
        context.begin(LabelPlaces(stream))
        context.begin(time: time, line: line, in: 0..<line.count)
        var ranges = metadata.labelRanges
        metadata.packed.withUnsafeBytes { bytes in
            while let label = ranges.next() {
                context.addMetadata(
                    UnsafeRawBufferPointer(rebasing: bytes[label.name]), UnsafeRawBufferPointer(rebasing: bytes[label.value]))
            }
        }
        guard pipeline.run(on: &context) else { return nil }
        let passed = context.line
        return Entry(labels: context.categorized(order: &order), line: Array(passed.bytes[passed.range]))
    }
}
