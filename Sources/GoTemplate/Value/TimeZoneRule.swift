internal import CivilCalendar

/// When clocks change from year to year, as the last line of a file of the time zone database says it: a value of POSIX' `TZ`, such as
/// `CET-1CEST,M3.5.0,M10.5.0/3` (RFC 9636, section 3.3).
struct TimeZoneRule: Sendable, Hashable {
    /// Which day of a year.
    enum Day: Sendable, Hashable {
        /// 1 to 365; February 29 is never counted.
        case withoutLeapDay(Int)
        /// 0 to 365.
        case counted(Int)
        /// The first (1) to last (5) such day of a month; 0 is Sunday.
        case weekday(month: Int, week: Int, day: Int)
    }

    /// When clocks change.
    struct Change: Sendable, Hashable {
        var day: Day
        /// Seconds from the midnight at which the day begins; may lie before it or days later.
        var second: Int
    }

    private let standardOffset: Int
    private let standardName: String
    private let summerOffset: Int
    private let summerName: String
    private let start: Change
    private let end: Change

    /// Nil where the text is none, or where clocks never change.
    init?(_ text: some Sequence<UInt8>) {
        var reader = RuleReader(text)
        guard let standardName = reader.name(), let standard = reader.offset(), let summerName = reader.name() else { return nil }
        self.standardName = standardName
        self.summerName = summerName
        standardOffset = -standard
        if reader.peek == UInt8(ascii: ",") {
            summerOffset = 3600 - standard
        } else {
            guard let summer = reader.offset() else { return nil }
            summerOffset = -summer
        }
        guard reader.take(","), let start = reader.change(), reader.take(","), let end = reader.change(), reader.peek == nil else {
            return nil
        }
        self.start = start
        self.end = end
    }

    /// The two changes of a year, in order.
    func periods(ofYear year: Int) -> [GoTimeZone.Period] {
        let toSummer = GoTimeZone.Period(
            start: Int64(start.second + midnight(start.day, year) - standardOffset), offsetSeconds: summerOffset, abbreviation: summerName)
        let toStandard = GoTimeZone.Period(
            start: Int64(end.second + midnight(end.day, year) - summerOffset), offsetSeconds: standardOffset, abbreviation: standardName)
        return toSummer.start < toStandard.start ? [toSummer, toStandard] : [toStandard, toSummer]
    }

    /// Seconds from 1970 to the beginning of a day, as if it were in UTC.
    private func midnight(_ day: Day, _ year: Int) -> Int {
        func days(_ month: Int, _ day: Int) -> Int { CivilDate(year: year, month: month, day: day)?.daysSince1970 ?? 0 }
        switch day {
        case .withoutLeapDay(let number):
            let isAfterLeapDay = number >= 60 && CivilDate.daysIn(month: 2, ofYear: year) == 29
            return (days(1, 1) + number - 1 + (isAfterLeapDay ? 1 : 0)) * 86_400
        case .counted(let number): return (days(1, 1) + number) * 86_400
        case .weekday(let month, let week, let weekday):
            let first = CivilDate(daysSince1970: days(month, 1))
            var date = 1 + (weekday - first.dayOfWeek + 7) % 7 + (week - 1) * 7
            while date > first.daysInMonth { date -= 7 }
            return days(month, date) * 86_400
        }
    }
}

extension GoTimeZone {
    /// How far changes of the clocks are reckoned.
    private static let yearMax = 2137

    /// The changes that a rule makes after the last one that is known.
    static func periods(after last: Period, by rule: TimeZoneRule) -> [Period] {
        let known = last.start < 0 ? 1970 : CivilTime(seconds: Int(last.start)).date.year
        guard known <= yearMax else { return [] }
        return (known...yearMax).flatMap { rule.periods(ofYear: $0) }.filter { $0.start > last.start }.sorted { $0.start < $1.start }
    }
}

/// Reads the parts of a rule.
private struct RuleReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: some Sequence<UInt8>) { bytes = Array(text.prefix(200)) }

    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    /// Letters, or anything in angle brackets.
    mutating func name() -> String? {
        let isBracketed = take("<")
        let start = index
        while let byte = peek, isBracketed ? byte != UInt8(ascii: ">") : (0x61...0x7a).contains(byte | 0x20) { index += 1 }
        guard index > start else { return nil }
        let name = String(decoding: bytes[start..<index], as: UTF8.self)
        if isBracketed, !take(">") { return nil }
        return name
    }

    /// Up to three digits.
    private mutating func number(upTo limit: Int) -> Int? {
        var value: Int?
        while let byte = peek, (0x30...0x39).contains(byte), (value ?? 0) < 100 {
            value = (value ?? 0) * 10 + Int(byte - 0x30)
            index += 1
        }
        return value.flatMap { $0 <= limit ? $0 : nil }
    }

    /// `[+-]hh[:mm[:ss]]` in seconds, up to a week.
    mutating func offset() -> Int? {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        guard let hours = number(upTo: 167) else { return nil }
        var seconds = hours * 3600
        for unit in [60, 1] where take(":") {
            guard let part = number(upTo: 59) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    /// `Mm.w.d`, `Jn` or `n`, and `/time` where it is not at two o'clock.
    mutating func change() -> TimeZoneRule.Change? {
        let day: TimeZoneRule.Day
        if take("M") {
            guard let month = number(upTo: 12), month > 0, take("."), let week = number(upTo: 5), week > 0, take("."),
                let weekday = number(upTo: 6)
            else { return nil }
            day = .weekday(month: month, week: week, day: weekday)
        } else if take("J") {
            guard let number = number(upTo: 365), number > 0 else { return nil }
            day = .withoutLeapDay(number)
        } else {
            guard let number = number(upTo: 365) else { return nil }
            day = .counted(number)
        }
        guard take("/") else { return TimeZoneRule.Change(day: day, second: 7200) }
        return offset().map { TimeZoneRule.Change(day: day, second: $0) }
    }
}
