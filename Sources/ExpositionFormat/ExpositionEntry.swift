public import TelemetryModel

/// The text formats in which targets show their metrics.
public enum ExpositionTextFormat: Sendable, Hashable {
    /// Prometheus text format 0.0.4, and 1.0.0, which differs by quoted names only.
    case prometheus
    /// OpenMetrics 1.0 (and 0.0.1).
    case openMetrics
}

/// One line of a page. Ranges are places in the page's bytes.
public enum ExpositionEntry: Sendable {
    case sample(ExpositionSample)
    /// An OpenMetrics `…_created` line of a counter, histogram or summary: the start time of the series without that suffix.
    case created(ExpositionSample)
    /// `# TYPE`: the family's name as written (read it with ``ExpositionParser/name(at:)``).
    case type(name: Range<Int>, type: MetricType)
    /// `# HELP`: the text is still escaped (read it with ``ExpositionParser/help(at:)``).
    case help(name: Range<Int>, text: Range<Int>)
    /// `# UNIT`.
    case unit(name: Range<Int>, unit: Range<Int>)
    /// Any other comment.
    case comment
}

/// One sample line, its labels not yet looked at.
public struct ExpositionSample: Sendable, Hashable {
    /// The bytes of metric name and labels as written. A series that a target showed before is found by these bytes; only the labels of
    /// new ones need ``SeriesTextDecoder``.
    public var series: Range<Int>
    /// Any NaN comes as Prometheus' normal NaN.
    public var value: Double
    /// Milliseconds, nil where the line has none.
    public var timestamp: Timestamp?
    /// The bytes behind the ` # ` of an exemplar, from its brace on; nil where there is none.
    public var exemplar: Range<Int>?

    public init(series: Range<Int>, value: Double, timestamp: Timestamp? = nil, exemplar: Range<Int>? = nil) {
        self.series = series
        self.value = value
        self.timestamp = timestamp
        self.exemplar = exemplar
    }
}
