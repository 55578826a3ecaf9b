/// What came of the spans that were seen, since the start.
public struct SpanMetricsStatistics: Sendable, Hashable {
    public internal(set) var observedSpans = 0
    /// Spans that ended too long ago or in the future.
    public internal(set) var outOfSlackSpans = 0
    public internal(set) var filteredSpans = 0
    /// Spans and edges whose labels are not UTF-8.
    public internal(set) var invalidLabels = 0
    /// Spans, and requests between services, that were counted in the series for what is too much.
    public internal(set) var overflowedSpans = 0
    public internal(set) var overflowedEdges = 0
    /// Spans that could not wait for their other side.
    public internal(set) var droppedSpans = 0
    public internal(set) var activeSeries = 0
    public internal(set) var waitingEdges = 0
    /// Samples that were written, and times that writing failed.
    public internal(set) var writtenSamples = 0
    public internal(set) var failedFlushes = 0
}
