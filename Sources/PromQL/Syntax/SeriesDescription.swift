public import QueryModel
public import TelemetryModel

/// A series with points that follow each other by one step, in the notation of Prometheus' unit tests:
/// `requests{job="a"} 1 2+3x4 _ stale _x3 {{schema:0 count:2 sum:1 buckets:[1 1]}}`.
///
/// An item is a number, `stale`, a native histogram in double braces, or `_` for a step without sample. `2x3` stands for a value and three
/// repetitions, `2+3x4` and `2-3x4` for a value and four more, each changed by as much; `_x3` for exactly three steps without sample.
public struct SeriesDescription: Sendable {
    public struct Point: Sendable, Hashable {
        public var value: PointValue
        /// Whether the text gave the hint on counter resets of a histogram (of what is added, in a sequence).
        public var hasResetHint: Bool

        public init(value: PointValue, hasResetHint: Bool = false) {
            self.value = value
            self.hasResetHint = hasResetHint
        }
    }

    /// How many points one description may stand for unless told otherwise.
    public static let pointsMax = 1_000_000

    public var labels: LabelSet
    /// nil stands for a step without sample.
    public var points: [Point?]

    public init(labels: LabelSet, points: [Point?]) {
        self.labels = labels
        self.points = points
    }
}

extension Parser {
    /// The whole text as a series and its points.
    mutating func parseSeriesDescription(pointsMax: Int) throws(SyntaxFault) -> SeriesDescription {
        let labels = try seriesLabels()
        var reader = SeriesPointReader(lexer, pointsMax: pointsMax)
        try reader.readAll()
        return SeriesDescription(labels: labels, points: reader.points)
    }

    /// Name and labels of a series; what follows them is not looked at, since it need not be of the language.
    mutating func seriesLabels() throws(SyntaxFault) -> LabelSet {
        var builder = LabelSetBuilder()
        let first = try peek()
        if first.kind.isMetricName {
            advance()
            if lexer.peek() == UInt8(ascii: "{"), try accept(.leftBrace) != nil { try labelSet(&builder) }
            builder.set(LabelName.metricName, lexer.text(first.range))
        } else if try accept(.leftBrace) != nil {
            try labelSet(&builder)
        } else {
            throw unexpected(first)
        }
        return builder.build()
    }
}
