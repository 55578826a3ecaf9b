/// Times as text: RFC 3339, section 5.6.
public enum RFC3339 {
    /// How many digits of a second's fraction are written.
    public enum Fraction: Sendable {
        /// As many as say all: none for whole seconds.
        case asNeeded
        /// That many, 1...9; what is beyond them is cut off.
        case digits(Int)
    }

    /// Reads `2026-11-22T23:05:24.5+01:00`.
    ///
    /// The fraction may have any number of digits, of which nine count, after a point or a comma.
    ///
    /// - Parameter isStrict: whether only capital `T` and `Z` are taken, as Go's `time.RFC3339` does; otherwise also small letters, and a
    ///   space for the `T`.
    /// - Returns: nil where the text is no such time, or names a day that does not exist.
    public static func parse(_ text: some StringProtocol, isStrict: Bool = true) -> CivilTime? {
        var reader = DigitReader(text.utf8)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"), let day = reader.number(2),
            let date = CivilDate(year: year, month: month, day: day),
            reader.take("T") || (!isStrict && (reader.take("t") || reader.take(" "))),
            let hour = reader.number(2), hour < 24, reader.take(":"), let minute = reader.number(2), minute < 60, reader.take(":"),
            let second = reader.number(2), second < 60
        else { return nil }
        var nanosecond = 0
        if reader.take(".") || reader.take(",") {
            guard let fraction = reader.fraction() else { return nil }
            nanosecond = fraction
        }
        guard let offset = zone(&reader, isStrict: isStrict), reader.isAtEnd else { return nil }
        return CivilTime(
            seconds: date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second - offset, nanosecond: nanosecond)
    }

    /// Seconds east of UTC.
    private static func zone(_ reader: inout DigitReader, isStrict: Bool) -> Int? {
        if reader.take("Z") || (!isStrict && reader.take("z")) { return 0 }
        let sign: Int
        if reader.take("+") { sign = 1 } else if reader.take("-") { sign = -1 } else { return nil }
        guard let hours = reader.number(2), hours < 24, reader.take(":"), let minutes = reader.number(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    /// Writes a time in UTC: `2026-11-22T23:05:24.5Z`. Years beyond four digits are written as they are.
    public static func text(_ time: CivilTime, fraction: Fraction = .asNeeded) -> String {
        var bytes: [UInt8] = []
        append(time, fraction: fraction, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends a time in UTC as ``text(_:fraction:)`` writes it; allocates nothing where the array has room.
    public static func append(_ time: CivilTime, fraction: Fraction = .asNeeded, to bytes: inout [UInt8]) {
        let year = time.date.year
        if year < 0 { bytes.append(UInt8(ascii: "-")) }
        if year.magnitude > 9999 { bytes.append(contentsOf: String(year.magnitude / 10_000).utf8) }
        appendDigits(Int(year.magnitude % 10_000), 4, to: &bytes)
        appendField("-", time.date.month, to: &bytes)
        appendField("-", time.date.day, to: &bytes)
        appendField("T", time.hour, to: &bytes)
        appendField(":", time.minute, to: &bytes)
        appendField(":", time.second, to: &bytes)
        appendFraction(time.nanosecond, fraction, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    private static func appendField(_ mark: Unicode.Scalar, _ number: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: mark))
        appendDigits(number, 2, to: &bytes)
    }

    private static func appendFraction(_ nanosecond: Int, _ fraction: Fraction, to bytes: inout [UInt8]) {
        var digits = 9
        var number = nanosecond
        switch fraction {
        case .digits(let count): digits = count
        case .asNeeded: while digits > 0 && number % 10 == 0 { (digits, number) = (digits - 1, number / 10) }
        }
        guard digits > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        let start = bytes.count
        appendDigits(nanosecond, 9, to: &bytes)
        bytes.removeSubrange((start + digits)...)
    }

    private static func appendDigits(_ number: Int, _ width: Int, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width))
        var rest = number
        for index in (start..<bytes.count).reversed() {
            bytes[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}
