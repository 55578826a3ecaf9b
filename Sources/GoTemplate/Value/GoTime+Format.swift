internal import CivilCalendar

extension GoTime {
    /// The time as a layout of Go's `time` package shows it.
    public func format(_ layout: String) -> String {
        let civil = civil
        let period = zone.period(at: seconds)
        var text = ""
        for part in GoTimeLayout(Array(layout.utf8)).parts { text += GoTime.text(part, civil, period) }
        return text
    }

    private static func text(_ part: GoTimeLayout.Part, _ civil: CivilTime, _ period: GoTimeZone.Period) -> String {
        let date = civil.date
        let hour12 = civil.hour % 12 == 0 ? 12 : civil.hour % 12
        switch part {
        case .text(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .longMonth: return GoTimeLayout.months[date.month - 1]
        case .month: return String(GoTimeLayout.months[date.month - 1].prefix(3))
        case .monthNumber: return String(date.month)
        case .paddedMonth: return padded(date.month, 2)
        case .longWeekday: return GoTimeLayout.weekdays[date.dayOfWeek]
        case .weekday: return String(GoTimeLayout.weekdays[date.dayOfWeek].prefix(3))
        case .day: return String(date.day)
        case .spacedDay: return padded(date.day, 2, with: " ")
        case .paddedDay: return padded(date.day, 2)
        case .spacedYearDay: return padded(date.dayOfYear, 3, with: " ")
        case .paddedYearDay: return padded(date.dayOfYear, 3)
        case .hour: return padded(civil.hour, 2)
        case .hour12: return String(hour12)
        case .paddedHour12: return padded(hour12, 2)
        case .minute: return String(civil.minute)
        case .paddedMinute: return padded(civil.minute, 2)
        case .second: return String(civil.second)
        case .paddedSecond: return padded(civil.second, 2)
        case .longYear: return (date.year < 0 ? "-" : "") + padded(abs(date.year), 4)
        case .year: return padded(abs(date.year) % 100, 2)
        case .noon: return civil.hour >= 12 ? "PM" : "AM"
        case .smallNoon: return civil.hour >= 12 ? "pm" : "am"
        case .zoneName:
            return period.abbreviation.isEmpty ? offset(period.offsetSeconds, hasColon: false, hasMinutes: true) : period.abbreviation
        case .zoneOffset(let usesZ, let hasColon, let hasMinutes, let hasSeconds):
            if usesZ, period.offsetSeconds == 0 { return "Z" }
            return offset(period.offsetSeconds, hasColon: hasColon, hasMinutes: hasMinutes, hasSeconds: hasSeconds)
        case .fraction(let point, let digits, let isShort): return fraction(civil.nanosecond, point, digits, isShort)
        }
    }

    private static func padded(_ number: Int, _ width: Int, with filler: Character = "0") -> String {
        let digits = String(number)
        return String(repeating: filler, count: max(0, width - digits.count)) + digits
    }

    private static func offset(_ seconds: Int, hasColon: Bool, hasMinutes: Bool, hasSeconds: Bool = false) -> String {
        let colon = hasColon ? ":" : ""
        var text = (seconds < 0 ? "-" : "+") + padded(abs(seconds) / 3600, 2)
        if hasMinutes { text += colon + padded(abs(seconds) / 60 % 60, 2) }
        if hasSeconds { text += colon + padded(abs(seconds) % 60, 2) }
        return text
    }

    private static func fraction(_ nanosecond: Int, _ point: UInt8, _ digits: Int, _ isShort: Bool) -> String {
        let all = padded(nanosecond, 9) + String(repeating: "0", count: max(0, digits - 9))
        var shown = String(all.prefix(digits))
        if isShort { while shown.last == "0" { shown.removeLast() } }
        return shown.isEmpty ? "" : String(Character(Unicode.Scalar(point))) + shown
    }
}
