/// Recurring times, as one entry of `time_intervals` of an Alertmanager file describes them: a moment is within it where it is within one
/// range of each list that is not empty, all in ``location``.
public struct TimeInterval: Sendable, Hashable {
    /// Minutes of the day, the first inclusive and the last exclusive; 0 to 1440.
    public var times: [Range<Int>]
    /// 0 is Sunday.
    public var weekdays: [ClosedRange<Int>]
    /// Each a first and a last day, 1 to 31, or negative counted from the end of the month (-1 the last day).
    public var daysOfMonth: [DayRange]
    /// 1 is January.
    public var months: [ClosedRange<Int>]
    public var years: [ClosedRange<Int>]
    /// The name of a time zone in the IANA database; empty for UTC, `Local` for the machine's own.
    public var location: String

    public struct DayRange: Sendable, Hashable {
        public var first: Int
        public var last: Int

        public init(_ first: Int, _ last: Int) {
            self.first = first
            self.last = last
        }
    }

    public init(
        times: [Range<Int>] = [], weekdays: [ClosedRange<Int>] = [], daysOfMonth: [DayRange] = [], months: [ClosedRange<Int>] = [],
        years: [ClosedRange<Int>] = [], location: String = ""
    ) {
        self.times = times
        self.weekdays = weekdays
        self.daysOfMonth = daysOfMonth
        self.months = months
        self.years = years
        self.location = location
    }
}
