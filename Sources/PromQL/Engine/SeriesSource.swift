public import LabelMatching
public import QueryModel
public import TelemetryModel

/// What the engine needs of storage. Implemented by the collector over the metric storage, and by tests over arrays.
public protocol SeriesSource: Sendable {
    /// Whether the source keeps to budgets that are brief (``QueryBudget/isBrief``): it then answers from memory, at once, or throws
    /// ``QueryError`` with `notBrief`.
    var answersBriefly: Bool { get }

    /// Selects the series that pass all matchers and may have samples within the range (both ends inclusive).
    ///
    /// The order of the series is not defined. A selection sees all that was acknowledged before the call, and keeps seeing the same.
    ///
    /// - Parameter use: what the samples are for, where that is known: others may stand for them that lead to the same result, or are all that
    ///   is left. Nil asks for the samples themselves.
    func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget
    ) throws(QueryError) -> any SelectedSeries

    /// Names of labels of series that pass any of the selectors (all series where there are none), sorted by bytes; no more than `limit`.
    func labelNames(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]>

    /// Values of one label, likewise.
    func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]>

    /// Label sets of the series that pass any of the selectors, each once, sorted. Where there are more than `limit`, which ones are given
    /// is not defined.
    func series(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[LabelSet]>

    /// Counts the changes of the stored samples; nil where the source does not know of them, so that no results can be kept.
    var dataVersion: UInt64? { get }

    /// The ``dataVersion`` of the newest change that may have touched samples within a range of times. What was computed from these samples
    /// and a version read beforehand still holds where this is not greater.
    func newestChange(in range: TimeRange) -> UInt64
}

extension SeriesSource {
    public var dataVersion: UInt64? { nil }
    public func newestChange(in range: TimeRange) -> UInt64 { .max }
}

extension SeriesSource {
    public var answersBriefly: Bool { false }
}

/// What a selection keeps for a thread from one series to the next, as it likes: pages that are open, say.
public struct ReaderMemory: Sendable {
    public var kept: (any Sendable)?

    public init() {}
}

/// Series found by a selection; their samples are read one series at a time, so that no more has to be in memory than is worked on.
public protocol SelectedSeries: Sendable {
    var count: Int { get }

    /// The labels of one series. O(1).
    func labels(at index: Int) -> LabelSet

    /// Replaces the content of `columns` by the samples of one series within the selection's range, in rising order of time,
    /// one sample per time, stale markers included. May be called from several threads at once with different columns.
    func read(_ index: Int, into columns: inout SampleColumns) throws(QueryError)

    /// The same for one thread that reads many series.
    ///
    /// - Parameter memory: what is kept from one series of this selection to the next; empty before the first.
    func read(_ index: Int, into columns: inout SampleColumns, keeping memory: inout ReaderMemory) throws(QueryError)

    /// The runs of start times of one series that concern the selection's range, later written ones behind earlier ones. Asked for only
    /// where a function wants them (feature `use-start-timestamps`).
    func startRuns(of index: Int) throws(QueryError) -> [StartRun]

    /// Whether the values are numbers of samples, to be added up instead of counted. Only where the use of the hints was
    /// ``SampleUse/Purpose/count``.
    var countsAsValues: Bool { get }

    /// What the person who asked should know, such as a gap where stored data was damaged.
    var annotations: QueryAnnotations { get }

    /// Where the samples that were read so far came from; nil where the source does not know.
    var reading: SelectionReading? { get }
}

extension SelectedSeries {
    public func read(_ index: Int, into columns: inout SampleColumns, keeping memory: inout ReaderMemory) throws(QueryError) {
        try read(index, into: &columns)
    }
    public func startRuns(of index: Int) throws(QueryError) -> [StartRun] { [] }
    public var countsAsValues: Bool { false }
    public var reading: SelectionReading? { nil }
}
