/// A moment in UTC taken apart by the calendar and the clock. Leap seconds do not exist here, as they do not in Unix time.
public struct CivilTime: Hashable, Sendable {
    public let date: CivilDate
    /// 0...86,399.
    public let secondOfDay: Int
    /// 0...999,999,999.
    public let nanosecond: Int

    /// Takes days since 1970 and the rest of the last one.
    ///
    /// - Parameter secondOfDay: 0...86,399.
    /// - Parameter nanosecond: 0...999,999,999.
    public init(days: Int, secondOfDay: Int, nanosecond: Int = 0) {
        date = CivilDate(daysSince1970: days)
        self.secondOfDay = secondOfDay
        self.nanosecond = nanosecond
    }

    /// Takes seconds since 1970 and what goes beyond them.
    ///
    /// - Parameter nanosecond: 0...999,999,999.
    public init(seconds: Int, nanosecond: Int = 0) {
        let (days, secondOfDay) = floorDivide(seconds, 86_400)
        self.init(days: days, secondOfDay: secondOfDay, nanosecond: nanosecond)
    }

    /// Takes milliseconds since 1970.
    public init(milliseconds: Int64) {
        let (seconds, rest) = floorDivide(Int(milliseconds), 1000)
        self.init(seconds: seconds, nanosecond: rest * 1_000_000)
    }

    /// Takes nanoseconds since 1970.
    public init(nanoseconds: Int64) {
        let (seconds, rest) = floorDivide(Int(nanoseconds), 1_000_000_000)
        self.init(seconds: seconds, nanosecond: rest)
    }

    public var hour: Int { secondOfDay / 3600 }
    public var minute: Int { secondOfDay / 60 % 60 }
    public var second: Int { secondOfDay % 60 }

    /// Whole seconds since 1970.
    public var secondsSince1970: Int { date.daysSince1970 * 86_400 + secondOfDay }

    /// Milliseconds since 1970; what is less is cut off.
    public var millisecondsSince1970: Int64 { Int64(secondsSince1970) * 1000 + Int64(nanosecond / 1_000_000) }

    /// `23:05`.
    public var clock: String { padded(hour, 2) + ":" + padded(minute, 2) }

    /// `23:05:24`.
    public var clockWithSeconds: String { clock + ":" + padded(second, 2) }
}

/// Quotient and remainder, the remainder never negative.
///
/// - Precondition: the divisor is positive.
func floorDivide(_ value: Int, _ divisor: Int) -> (quotient: Int, remainder: Int) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

/// A number with zeros in front.
func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value.magnitude)
    return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
