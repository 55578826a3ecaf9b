internal import TelemetryModel

/// Days (UTC) counted from 1970-01-01, by which metric shards are cut.
enum Day {
    static let milliseconds: Timestamp = 86_400_000
    /// 0001-01-01T00:00:00Z.
    static let earliest: Timestamp = -62_135_596_800_000
    /// The last millisecond of the year 9999.
    static let latest: Timestamp = 253_402_300_799_999

    /// The day of a time.
    static func of(_ time: Timestamp) -> Int {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: milliseconds)
        return Int(remainder < 0 ? quotient - 1 : quotient)
    }

    /// The times of a day.
    static func range(_ day: Int) -> TimeRange {
        let start = Timestamp(day).multipliedReportingOverflow(by: milliseconds)
        guard !start.overflow else {
            return day < 0 ? TimeRange(start: .min, end: .min + milliseconds - 1) : TimeRange(start: .max, end: .max)
        }
        let end = start.partialValue.addingReportingOverflow(milliseconds - 1)
        return TimeRange(start: start.partialValue, end: end.overflow ? .max : end.partialValue)
    }

    /// The days that a range of times touches.
    static func range(_ range: TimeRange) -> ClosedRange<Int>? {
        range.start <= range.end ? of(range.start)...of(range.end) : nil
    }
}
