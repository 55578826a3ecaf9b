internal import LabelMatching
internal import SQLiteSupport
internal import TelemetryModel

/// What a scan over samples is limited to, from the constraints of a statement.
struct SampleScanBounds {
    /// Both ends inclusive; empty where the end lies before the start.
    var range = TimeRange.all
    var matchers: [LabelMatcher] = []
    /// The number of one series.
    var series: Int64?
    /// The name of one shard file.
    var shard: String?
    /// Whether nothing can pass, as with a time that is no number.
    var isEmpty: Bool { isImpossible || range.start > range.end }
    private var isImpossible = false

    init() {}

    /// Takes a comparison of the column of times into account.
    mutating func limitTime(_ comparison: SQLiteTableColumn.Comparison, _ value: SQLiteValue) {
        guard let bounds = SampleScanBounds.whole(value) else {
            // Null passes no comparison, text is greater than every number, as SQLite compares.
            switch (value, comparison) {
            case (.text, .less), (.text, .lessOrEqual), (.blob, .less), (.blob, .lessOrEqual): break
            default: isImpossible = true
            }
            return
        }
        switch comparison {
        case .equal:
            raiseStart(bounds.up)
            lowerEnd(bounds.down)
        case .greaterOrEqual: raiseStart(bounds.up)
        case .greater: if bounds.down < .max { raiseStart(bounds.down + 1) } else { isImpossible = true }
        case .lessOrEqual: lowerEnd(bounds.down)
        case .less: if bounds.up > .min { lowerEnd(bounds.up - 1) } else { isImpossible = true }
        }
    }

    mutating func raiseStart(_ time: Timestamp) { range.start = max(range.start, time) }
    mutating func lowerEnd(_ time: Timestamp) { range.end = min(range.end, time) }

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

    /// A number rounded up and down to whole ones.
    private static func whole(_ value: SQLiteValue) -> (up: Timestamp, down: Timestamp)? {
        switch value {
        case .integer(let number): (number, number)
        case .real(let number): (clamped(number.rounded(.up)), clamped(number.rounded(.down)))
        default: nil
        }
    }

    private static func clamped(_ number: Double) -> Timestamp {
        Timestamp(exactly: number) ?? (number < 0 ? .min : .max)
    }
}

/// A time given as an argument: milliseconds since 1970.
struct TimeArgumentError: Error, CustomStringConvertible {
    let description = "a time has to be a number of milliseconds since 1970"
}
