internal import CivilCalendar

/// A moment and the zone in which it is shown.
public struct GoTime: Sendable, Hashable {
    /// Seconds since 1970.
    public var seconds: Int64
    /// 0...999,999,999.
    public var nanosecond: Int32
    public var zone: GoTimeZone

    /// - Parameter nanosecond: 0...999,999,999.
    public init(seconds: Int64, nanosecond: Int32 = 0, zone: GoTimeZone = .utc) {
        // A year of at most nine digits, so that reckoning with it cannot overflow.
        self.seconds = max(min(seconds, 1 << 53), -(1 << 53))
        self.nanosecond = nanosecond
        self.zone = zone
    }

    /// Takes nanoseconds since 1970.
    public init(nanoseconds: Int64, zone: GoTimeZone = .utc) {
        let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        self.init(
            seconds: remainder < 0 ? quotient - 1 : quotient, nanosecond: Int32(remainder < 0 ? remainder + 1_000_000_000 : remainder),
            zone: zone)
    }

    /// Go's zero time, the first moment of the year 1.
    public static let zero = GoTime(seconds: -62_135_596_800)

    /// Nanoseconds since 1970; at the ends of what has room, those.
    public var nanosecondsSince1970: Int64 {
        let (product, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowedAgain) = product.addingReportingOverflow(Int64(nanosecond))
        return overflowed || overflowedAgain ? (seconds < 0 ? .min : .max) : sum
    }

    /// The same moment in another zone.
    public func shown(in zone: GoTimeZone) -> GoTime { GoTime(seconds: seconds, nanosecond: nanosecond, zone: zone) }

    public static func == (left: GoTime, right: GoTime) -> Bool {
        left.seconds == right.seconds && left.nanosecond == right.nanosecond
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(seconds)
        hasher.combine(nanosecond)
    }

    /// What calendar and clock show.
    var civil: CivilTime {
        CivilTime(seconds: Int(seconds) + zone.period(at: seconds).offsetSeconds, nanosecond: Int(nanosecond))
    }
}

extension GoTime: CustomStringConvertible {
    /// As Go's `Time.String` writes it.
    public var description: String { format("2006-01-02 15:04:05.999999999 -0700 MST") }
}

/// A place's offsets from UTC over time.
public struct GoTimeZone: Sendable, Hashable {
    /// A stretch of time with one offset.
    public struct Period: Sendable, Hashable {
        /// Seconds since 1970 from which it holds.
        public var start: Int64
        /// Seconds east of UTC; less than a day.
        public var offsetSeconds: Int
        /// Such as `CET`.
        public var abbreviation: String

        public init(start: Int64, offsetSeconds: Int, abbreviation: String) {
            self.start = start
            self.offsetSeconds = max(min(offsetSeconds, 86_399), -86_399)
            self.abbreviation = abbreviation
        }
    }

    /// Such as `Europe/Berlin`.
    public let name: String
    /// In order; the first holds before its start as well.
    public let periods: [Period]

    /// - Precondition: there is a period.
    public init(name: String, periods: [Period]) {
        precondition(!periods.isEmpty, "BUG: a zone without an offset")
        self.name = name
        self.periods = periods
    }

    public static let utc = GoTimeZone.fixed(offsetSeconds: 0, abbreviation: "UTC")

    /// A zone whose offset never changes.
    public static func fixed(offsetSeconds: Int, abbreviation: String) -> GoTimeZone {
        GoTimeZone(name: abbreviation, periods: [Period(start: .min, offsetSeconds: offsetSeconds, abbreviation: abbreviation)])
    }

    /// The period that holds at a moment, in seconds since 1970.
    public func period(at seconds: Int64) -> Period {
        var low = 0
        var high = periods.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if periods[middle].start <= seconds { low = middle } else { high = middle }
        }
        return periods[low]
    }

    /// The moment at which calendar and clock show something here, both counted as if it were UTC.
    func seconds(ofLocal local: Int64) -> Int64 {
        // Around a change the offset before it is tried first, then the one that holds where that leads.
        let first = local - Int64(period(at: local).offsetSeconds)
        let second = local - Int64(period(at: first).offsetSeconds)
        return second
    }
}
