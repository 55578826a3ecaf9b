/// A layout of Go's `time` package: how `Mon Jan 2 15:04:05 MST 2006` would be written.
struct GoTimeLayout {
    enum Part: Equatable {
        case text([UInt8])
        case longMonth, month, monthNumber, paddedMonth
        case longWeekday, weekday
        case day, spacedDay, paddedDay, spacedYearDay, paddedYearDay
        case hour, hour12, paddedHour12
        case minute, paddedMinute
        case second, paddedSecond
        case longYear, year
        case noon, smallNoon
        case zoneName
        /// Such as `Z07:00` and `-0700`.
        case zoneOffset(usesZ: Bool, hasColon: Bool, hasMinutes: Bool, hasSeconds: Bool)
        /// `.000` or `,999`: the point, the number of digits, and whether zeros at the end are left out.
        case fraction(point: UInt8, digits: Int, isShort: Bool)
    }

    let parts: [Part]

    init(_ layout: [UInt8]) {
        var parts: [Part] = []
        var text: [UInt8] = []
        var index = 0
        while index < layout.count {
            if let (part, length) = GoTimeLayout.part(layout, index) {
                if !text.isEmpty { parts.append(.text(text)) }
                text = []
                parts.append(part)
                index += length
            } else {
                text.append(layout[index])
                index += 1
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        self.parts = parts
    }

    /// Words of layouts, longer ones before those that they start with.
    private static let words: [(text: [UInt8], part: Part)] = {
        func zone(_ usesZ: Bool, _ hasColon: Bool, _ hasMinutes: Bool, _ hasSeconds: Bool) -> Part {
            .zoneOffset(usesZ: usesZ, hasColon: hasColon, hasMinutes: hasMinutes, hasSeconds: hasSeconds)
        }
        let words: [(String, Part)] = [
            ("January", .longMonth), ("Jan", .month), ("Monday", .longWeekday), ("Mon", .weekday), ("MST", .zoneName),
            ("002", .paddedYearDay),
            ("01", .paddedMonth), ("02", .paddedDay), ("03", .paddedHour12), ("04", .paddedMinute), ("05", .paddedSecond), ("06", .year),
            ("15", .hour), ("1", .monthNumber), ("2006", .longYear), ("2", .day), ("__2", .spacedYearDay), ("_2", .spacedDay),
            ("3", .hour12),
            ("4", .minute), ("5", .second), ("PM", .noon), ("pm", .smallNoon), ("-07:00:00", zone(false, true, true, true)),
            ("-070000", zone(false, false, true, true)), ("-07:00", zone(false, true, true, false)),
            ("-0700", zone(false, false, true, false)),
            ("-07", zone(false, false, false, false)), ("Z07:00:00", zone(true, true, true, true)),
            ("Z070000", zone(true, false, true, true)),
            ("Z07:00", zone(true, true, true, false)), ("Z0700", zone(true, false, true, false)), ("Z07", zone(true, false, false, false)),
        ]
        return words.map { (Array($0.0.utf8), $0.1) }
    }()

    private static func part(_ layout: [UInt8], _ index: Int) -> (Part, length: Int)? {
        let rest = layout[index...]
        // `_2006` is a text and a year, not a day.
        if rest.starts(with: "_2006".utf8) { return nil }
        for (word, part) in words where rest.starts(with: word) {
            // "Jan" within "January" is found above; "Mon" in "Month" is text.
            if part == .month || part == .weekday, let next = rest.dropFirst(3).first, (0x61...0x7a).contains(next) { return nil }
            return (part, word.count)
        }
        guard let point = rest.first, point == UInt8(ascii: ".") || point == UInt8(ascii: ","), let digit = rest.dropFirst().first,
            digit == UInt8(ascii: "0") || digit == UInt8(ascii: "9")
        else { return nil }
        let digits = rest.dropFirst().prefix { $0 == digit }.count
        if let next = rest.dropFirst(1 + digits).first, (0x30...0x39).contains(next) { return nil }
        return (.fraction(point: point, digits: digits, isShort: digit == UInt8(ascii: "9")), 1 + digits)
    }

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
}
