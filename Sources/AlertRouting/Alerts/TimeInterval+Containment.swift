public import AlertModel
internal import CivilCalendar
public import GoTemplate
public import TelemetryModel

extension TimeInterval {
    /// Whether a moment lies within, as clocks and calendars show it at ``location``.
    ///
    /// Around a change of the clocks the hands decide: an hour that is skipped is never within, one that comes twice is within twice.
    ///
    /// - Parameter zones: the zones by name. A moment is never within where the zone is missing, unless the location is UTC.
    public func contains(_ time: Timestamp, zones: [String: GoTimeZone]) -> Bool {
        let isUTC = location.isEmpty || location == "UTC"
        guard let zone = isUTC ? .utc : zones[location] else { return false }
        let seconds = time >= 0 ? time / 1000 : (time - 999) / 1000
        return contains(CivilTime(seconds: Int(seconds) + zone.period(at: seconds).offsetSeconds))
    }

    private func contains(_ local: CivilTime) -> Bool {
        let minute = local.secondOfDay / 60
        let date = local.date
        return (times.isEmpty || times.contains { $0.contains(minute) })
            && (daysOfMonth.isEmpty || daysOfMonth.contains { $0.contains(date.day, daysInMonth: date.daysInMonth) })
            && (months.isEmpty || months.contains { $0.contains(date.month) })
            && (weekdays.isEmpty || weekdays.contains { $0.contains(date.dayOfWeek) })
            && (years.isEmpty || years.contains { $0.contains(date.year) })
    }
}

extension TimeInterval.DayRange {
    /// Whether a day belongs to the range in a month of so many days. What reaches beyond the month is cut; a range that begins beyond it is empty.
    func contains(_ day: Int, daysInMonth: Int) -> Bool {
        let start = first < 0 ? daysInMonth + first + 1 : first
        let end = last < 0 ? daysInMonth + last + 1 : last
        return start <= daysInMonth && day >= start && day <= min(end, daysInMonth)
    }
}
