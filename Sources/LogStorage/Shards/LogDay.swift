/// Days (UTC) counted from 1970-01-01, by which log shards are cut.
enum LogDay {
    static let nanoseconds: Int64 = 86_400_000_000_000

    /// The day of a time in nanoseconds.
    static func of(_ time: Int64) -> Int {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: nanoseconds)
        return Int(remainder < 0 ? quotient - 1 : quotient)
    }

    /// The day of a time in milliseconds.
    static func of(milliseconds: Int64) -> Int {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        return Int(remainder < 0 ? quotient - 1 : quotient)
    }

    /// The times of a day.
    static func range(_ day: Int) -> ClosedRange<Int64> {
        let start = Int64(day).multipliedReportingOverflow(by: nanoseconds)
        if start.overflow { return day < 0 ? Int64.min...Int64.min : Int64.max...Int64.max }
        let end = start.partialValue.addingReportingOverflow(nanoseconds - 1)
        return start.partialValue...(end.overflow ? .max : end.partialValue)
    }
}
