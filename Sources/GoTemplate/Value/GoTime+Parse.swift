internal import CivilCalendar

extension GoTime {
    /// Reads a time that is written by a layout of Go's `time` package; what the layout does not name is that of the year 1, month 1, day 1.
    ///
    /// - Parameter zone: that of a text which names none.
    /// - Returns: nil where the text does not fit the layout, or names a day that does not exist.
    public init?(parsing text: String, layout: String, zone: GoTimeZone = .utc) {
        var reader = GoTimeReader(Array(text.utf8))
        for part in GoTimeLayout(Array(layout.utf8)).parts {
            guard reader.read(part) else { return nil }
        }
        reader.readLateFraction()
        guard reader.isAtEnd, let local = reader.localSeconds else { return nil }
        let nanosecond = Int32(reader.nanosecond)
        if let offset = reader.offsetSeconds {
            let name = reader.zoneName ?? (offset == 0 ? "UTC" : "")
            self.init(seconds: local - Int64(offset), nanosecond: nanosecond, zone: .fixed(offsetSeconds: offset, abbreviation: name))
        } else if let name = reader.zoneName {
            let isKnown = zone.periods.first { $0.abbreviation == name }
            let offset = isKnown?.offsetSeconds ?? 0
            let shown = isKnown == nil ? GoTimeZone.fixed(offsetSeconds: 0, abbreviation: name) : zone
            self.init(seconds: local - Int64(offset), nanosecond: nanosecond, zone: shown)
        } else {
            self.init(seconds: zone.seconds(ofLocal: local), nanosecond: nanosecond, zone: zone)
        }
    }
}

/// Reads the parts of a time off the front of a text.
private struct GoTimeReader {
    private let text: [UInt8]
    private var position = 0
    private var year = 1
    private var month: Int?
    private var day: Int?
    private var yearDay: Int?
    private var hour = 0
    private var isAfternoon: Bool?
    private var minute = 0
    private var second = 0
    private(set) var nanosecond = 0
    private(set) var offsetSeconds: Int?
    private(set) var zoneName: String?
    /// Whether a second was read just now, behind which a fraction may stand that the layout does not name.
    private var mayHaveFraction = false

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { position == text.count }

    /// Calendar and clock as seconds since 1970 in UTC; nil where there is no such day.
    var localSeconds: Int64? {
        var hour = hour
        if let isAfternoon {
            guard (1...12).contains(hour) || hour == 0 else { return nil }
            hour = hour % 12 + (isAfternoon ? 12 : 0)
        }
        var date: CivilDate?
        if let yearDay {
            guard let first = CivilDate(year: year, month: 1, day: 1) else { return nil }
            let found = CivilDate(daysSince1970: first.daysSince1970 + yearDay - 1)
            guard yearDay >= 1, found.year == year, month.map({ $0 == found.month }) ?? true, day.map({ $0 == found.day }) ?? true else {
                return nil
            }
            date = found
        } else {
            date = CivilDate(year: year, month: month ?? 1, day: day ?? 1)
        }
        guard let date else { return nil }
        return Int64(date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second)
    }

    mutating func read(_ part: GoTimeLayout.Part) -> Bool {
        if mayHaveFraction, !GoTimeReader.isFraction(part) { readLateFraction() }
        mayHaveFraction = false
        switch part {
        case .text(let expected): return literal(expected)
        case .longMonth: return name(GoTimeLayout.months) { $0.month = $1 + 1 }
        case .month: return name(GoTimeLayout.months.map { String($0.prefix(3)) }) { $0.month = $1 + 1 }
        case .longWeekday: return name(GoTimeLayout.weekdays) { _, _ in }
        case .weekday: return name(GoTimeLayout.weekdays.map { String($0.prefix(3)) }) { _, _ in }
        case .monthNumber: return number(1...2, 1...12) { $0.month = $1 }
        case .paddedMonth: return number(2...2, 1...12) { $0.month = $1 }
        case .day: return number(1...2, 0...31) { $0.day = $1 }
        case .spacedDay:
            if position < text.count, text[position] == 0x20 { position += 1 }
            return number(1...2, 0...31) { $0.day = $1 }
        case .paddedDay: return number(2...2, 0...31) { $0.day = $1 }
        case .spacedYearDay:
            while position < text.count, text[position] == 0x20 { position += 1 }
            return number(1...3, 1...366) { $0.yearDay = $1 }
        case .paddedYearDay: return number(3...3, 1...366) { $0.yearDay = $1 }
        case .hour: return number(2...2, 0...23) { $0.hour = $1 }
        case .hour12: return number(1...2, 0...12) { $0.hour = $1 }
        case .paddedHour12: return number(2...2, 0...12) { $0.hour = $1 }
        case .minute: return number(1...2, 0...59) { $0.minute = $1 }
        case .paddedMinute: return number(2...2, 0...59) { $0.minute = $1 }
        case .second, .paddedSecond:
            mayHaveFraction = true
            return number(part == .second ? 1...2 : 2...2, 0...59) { $0.second = $1 }
        case .longYear: return number(4...4, 0...9999) { $0.year = $1 }
        case .year: return number(2...2, 0...99) { $0.year = $1 >= 69 ? $1 + 1900 : $1 + 2000 }
        case .noon: return name(["AM", "PM"]) { $0.isAfternoon = $1 == 1 }
        case .smallNoon: return name(["am", "pm"]) { $0.isAfternoon = $1 == 1 }
        case .zoneName: return readZoneName()
        case .zoneOffset(let usesZ, let hasColon, let hasMinutes, let hasSeconds):
            return readOffset(usesZ, hasColon, hasMinutes, hasSeconds)
        case .fraction(_, let digits, let isShort): return readFraction(digits: isShort ? nil : digits)
        }
    }

    private static func isFraction(_ part: GoTimeLayout.Part) -> Bool { if case .fraction = part { true } else { false } }

    /// A fraction of a second that the layout does not name.
    mutating func readLateFraction() {
        guard mayHaveFraction else { return }
        mayHaveFraction = false
        guard position + 1 < text.count, text[position] == UInt8(ascii: ".") || text[position] == UInt8(ascii: ","),
            (0x30...0x39).contains(text[position + 1])
        else { return }
        _ = readFraction(digits: nil)
    }

    private mutating func literal(_ expected: [UInt8]) -> Bool {
        guard text[position...].starts(with: expected) else { return false }
        position += expected.count
        return true
    }

    private mutating func number(_ widths: ClosedRange<Int>, _ values: ClosedRange<Int>, _ set: (inout Self, Int) -> Void) -> Bool {
        let start = position
        var value = 0
        while position < text.count, position - start < widths.upperBound, (0x30...0x39).contains(text[position]) {
            value = value * 10 + Int(text[position] - 0x30)
            position += 1
        }
        guard position - start >= widths.lowerBound, values.contains(value) else { return false }
        set(&self, value)
        return true
    }

    private mutating func name(_ names: [String], _ set: (inout Self, Int) -> Void) -> Bool {
        for (index, name) in names.enumerated() {
            let end = position + name.utf8.count
            guard end <= text.count, text[position..<end].map({ $0 | 0x20 }) == name.utf8.map({ $0 | 0x20 }) else { continue }
            position = end
            set(&self, index)
            return true
        }
        return false
    }

    private mutating func readFraction(digits: Int?) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: ".") || text[position] == UInt8(ascii: ",") else {
            return digits == nil
        }
        let start = position + 1
        var end = start
        while end < text.count, (0x30...0x39).contains(text[end]) { end += 1 }
        if let digits { end = min(end, start + digits) }
        guard end > start, digits.map({ end - start == $0 }) ?? true else { return false }
        var value = 0
        for offset in 0..<9 { value = value * 10 + (start + offset < end ? Int(text[start + offset] - 0x30) : 0) }
        nanosecond = value
        position = end
        return true
    }

    private mutating func readOffset(_ usesZ: Bool, _ hasColon: Bool, _ hasMinutes: Bool, _ hasSeconds: Bool) -> Bool {
        if usesZ, position < text.count, text[position] == UInt8(ascii: "Z") {
            position += 1
            offsetSeconds = 0
            return true
        }
        guard position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") else { return false }
        let sign = text[position] == UInt8(ascii: "-") ? -1 : 1
        position += 1
        var offset = 0
        for (weight, isThere, greatest) in [(3600, true, 23), (60, hasMinutes, 59), (1, hasSeconds, 59)] where isThere {
            if weight < 3600, hasColon, !literal([UInt8(ascii: ":")]) { return false }
            guard number(2...2, 0...greatest, { _, value in offset += weight * value }) else { return false }
        }
        offsetSeconds = sign * offset
        return true
    }

    /// Three or four capitals, perhaps `UTC`, or an offset.
    private mutating func readZoneName() -> Bool {
        let start = position
        if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
            position += 1
            while position < text.count, position - start < 3, (0x30...0x39).contains(text[position]) { position += 1 }
            guard position - start == 3 else { return false }
        } else {
            while position < text.count, position - start < 5, (0x41...0x5a).contains(text[position]) { position += 1 }
            guard position - start >= 3 else { return false }
        }
        let name = String(decoding: text[start..<position], as: UTF8.self)
        if name == "UTC" { offsetSeconds = 0 }
        zoneName = name
        return true
    }
}
