internal import LabelMatching
internal import SQLiteSupport
internal import TelemetryModel

/// What a scan over samples is limited to, from the constraints of a statement.
struct SampleScanBounds {
    private var times = SQLiteIntegerRange()
    var matchers: [LabelMatcher] = []
    /// The number of one series.
    var series: Int64?
    /// The name of one shard file.
    var shard: String?
    /// Whether nothing can pass, as with a time that is no number.
    var isEmpty: Bool { isImpossible || times.isEmpty }
    /// Both ends inclusive; empty where the end lies before the start.
    var range: TimeRange { TimeRange(start: times.start, end: times.end) }
    private var isImpossible = false

    init() {}

    /// Takes a comparison of the column of times into account.
    mutating func limitTime(_ comparison: SQLiteTableColumn.Comparison, _ value: SQLiteValue) { times.limit(comparison, value) }

    mutating func raiseStart(_ time: Timestamp) { times.raiseStart(time) }
    mutating func lowerEnd(_ time: Timestamp) { times.lowerEnd(time) }

    mutating func limitName(_ value: SQLiteValue) {
        guard case .text(let name) = value else { return isImpossible = true }
        matchers.append(LabelMatcher(LabelName.metricName, equals: name))
    }

    mutating func limitSeries(_ value: SQLiteValue) {
        guard case .integer(let number) = value, series == nil || series == number else { return isImpossible = true }
        series = number
    }

    mutating func limitShard(_ value: SQLiteValue) {
        guard case .text(let name) = value, shard == nil || shard == name else { return isImpossible = true }
        shard = name
    }
}

/// A time given as an argument: milliseconds since 1970.
struct TimeArgumentError: Error, CustomStringConvertible {
    let description = "a time has to be a number of milliseconds since 1970"
}
