internal import CivilCalendar

/// The moment that a sample value says, for the functions of calendar and clock.
enum CalendarTime {
    /// Takes seconds since 1970, fractions cut off. What no 64-bit integer can say counts as the lowest one.
    static func at(seconds: Double) -> CivilTime { at(seconds: Int64(exactly: seconds.rounded(.towardZero)) ?? .min) }

    /// Takes whole seconds since 1970.
    ///
    /// Seconds before the year -292277022400 wrap around to the far future, as they do in Go, so that NaN has the same answers.
    static func at(seconds: Int64) -> CivilTime {
        guard seconds < earliest else { return CivilTime(seconds: Int(seconds)) }
        let wrapped = Int128(seconds) + (1 << 64)
        return CivilTime(days: Int(wrapped / 86_400), secondOfDay: Int(wrapped % 86_400))
    }

    /// 1 March of the year -292277022400: where Go's count of absolute days begins.
    private static let earliest: Int64 = -9_223_372_028_741_760_000
}
