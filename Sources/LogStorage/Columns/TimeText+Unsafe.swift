internal import CivilCalendar

/// Dates with times of day in texts, such as `2026-11-28T02:10:57.123456`: as a number of units of their last digit since 1970, which gives the same text back.
enum TimeText {
    /// What such a text is like, beside its number.
    struct Form: Sendable, Hashable {
        /// Digits behind the seconds, 0 to 9.
        var fraction: UInt8
        /// Between date and time: `T`, `t` or a space.
        var separator: UInt8
        /// Between seconds and fraction: a point or a comma; 0 without a fraction.
        var point: UInt8

        var length: Int { 19 + (fraction > 0 ? 1 + Int(fraction) : 0) }
        /// Units in a second.
        var unitsPerSecond: Int64 { TimeText.powers[Int(fraction)] }
    }

    static let powers: [Int64] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000]
    /// The years that nanoseconds in 64 bits can tell.
    private static let years = 1970...2261

    /// Reads the text at a place; nil where there is none.
    static func read(_ run: Run, at start: Int) -> (form: Form, units: Int64)? {
        guard run.count - start >= 19 else { return nil }
        let bytes = run.base.assumingMemoryBound(to: UInt8.self) + start
        guard bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[13] == 0x3a, bytes[16] == 0x3a,
            bytes[10] == 0x54 || bytes[10] == 0x74 || bytes[10] == 0x20,
            let year = digits(bytes, 0, 4), let month = digits(bytes, 5, 2), let day = digits(bytes, 8, 2),
            let hour = digits(bytes, 11, 2), let minute = digits(bytes, 14, 2), let second = digits(bytes, 17, 2),
            years.contains(year), hour < 24, minute < 60, second < 60, let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        var form = Form(fraction: 0, separator: bytes[10], point: 0)
        var fraction: Int64 = 0
        let rest = run.count - start
        if rest > 20, bytes[19] == 0x2e || bytes[19] == 0x2c {
            var index = 20
            while index < rest, LineScanner.isDigit(bytes[index]) {
                if index - 20 < 9 { fraction = fraction * 10 + Int64(bytes[index] &- 0x30) }
                index += 1
            }
            if index - 20 > 9 { return nil }
            if index > 20 { form = Form(fraction: UInt8(index - 20), separator: bytes[10], point: bytes[19]) }
        }
        let seconds = Int64(date.daysSince1970) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        return (form, seconds * form.unitsPerSecond + fraction)
    }

    @inline(__always)
    private static func digits(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for index in start..<start + count {
            guard LineScanner.isDigit(bytes[index]) else { return nil }
            value = value &* 10 &+ Int(bytes[index] &- 0x30)
        }
        return value
    }

    /// What an entry's own time would be in units of a form, rounded down.
    static func units(ofTime time: Int64, _ form: Form) -> Int64 {
        let nanoseconds = 1_000_000_000 / form.unitsPerSecond
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: nanoseconds)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// Appends the text of a number of units. Numbers that no text gave come out as some text.
    static func append(_ units: Int64, _ form: Form, to text: inout [UInt8]) {
        let perDay = 86_400 * form.unitsPerSecond
        var (days, rest) = units.quotientAndRemainder(dividingBy: perDay)
        if rest < 0 { (days, rest) = (days - 1, rest + perDay) }
        let date = CivilDate(daysSince1970: Int(min(max(days, -719_162), 2_932_896)))
        let (seconds, fraction) = rest.quotientAndRemainder(dividingBy: form.unitsPerSecond)
        appendPadded(UInt64(date.year), 4, to: &text)
        text.append(0x2d)
        appendPadded(UInt64(date.month), 2, to: &text)
        text.append(0x2d)
        appendPadded(UInt64(date.day), 2, to: &text)
        text.append(form.separator)
        appendPadded(UInt64(seconds / 3600), 2, to: &text)
        text.append(0x3a)
        appendPadded(UInt64(seconds / 60 % 60), 2, to: &text)
        text.append(0x3a)
        appendPadded(UInt64(seconds % 60), 2, to: &text)
        guard form.fraction > 0 else { return }
        text.append(form.point)
        appendPadded(UInt64(fraction), Int(form.fraction), to: &text)
    }

    /// Appends a number with at least so many digits.
    @inline(__always)
    static func appendPadded(_ value: UInt64, _ digits: Int, to text: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(digits, 20)) { buffer in
            var rest = value
            var place = buffer.count
            let least = buffer.count - digits
            while rest != 0 || place > least {
                place &-= 1
                let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
                buffer[place] = UInt8(truncatingIfNeeded: remainder) &+ 0x30
                rest = quotient
            }
            text.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[place...]))
        }
    }
}
