internal import TelemetryModel

/// Numbers for people, as Prometheus' templates write them: four digits, and a prefix of the unit.
public enum HumanText {
    /// With the prefix of a power of 1000: `1.235k`, `12m`.
    public static func humanize(_ value: Double) -> String {
        if value == 0 || !value.isFinite { return FloatText.general(value, digits: 4) }
        if abs(value) >= 1 { return scaled(value, by: 1000, ["k", "M", "G", "T", "P", "E", "Z", "Y"]) }
        return enlarged(value)
    }

    /// With the prefix of a power of 1024: `1.5ki`.
    public static func humanize1024(_ value: Double) -> String {
        if abs(value) <= 1 || !value.isFinite { return FloatText.general(value, digits: 4) }
        return scaled(value, by: 1024, ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"])
    }

    /// - Parameter seconds: as days, hours, minutes and whole seconds; below a minute with four digits.
    public static func duration(_ seconds: Double) -> String {
        if !seconds.isFinite { return FloatText.general(seconds, digits: 4) }
        if seconds == 0 { return FloatText.general(seconds, digits: 4) + "s" }
        guard abs(seconds) >= 1 else { return enlarged(seconds) + "s" }
        let sign = seconds < 0 ? "-" : ""
        // What does not fit into 64 bits is longer than the universe is old.
        let whole = Int64(exactly: abs(seconds).rounded(.towardZero)) ?? .max
        let (second, minute, hour, day) = (whole % 60, whole / 60 % 60, whole / 3600 % 24, whole / 86_400)
        if day != 0 { return "\(sign)\(day)d \(hour)h \(minute)m \(second)s" }
        if hour != 0 { return "\(sign)\(hour)h \(minute)m \(second)s" }
        if minute != 0 { return "\(sign)\(minute)m \(second)s" }
        return sign + FloatText.general(abs(seconds), digits: 4) + "s"
    }

    private static func scaled(_ value: Double, by factor: Double, _ prefixes: [String]) -> String {
        var value = value
        var chosen = ""
        for prefix in prefixes {
            if abs(value) < factor { break }
            chosen = prefix
            value /= factor
        }
        return FloatText.general(value, digits: 4) + chosen
    }

    private static func enlarged(_ value: Double) -> String {
        var value = value
        var chosen = ""
        for prefix in ["m", "u", "n", "p", "f", "a", "z", "y"] {
            if abs(value) >= 1 { break }
            chosen = prefix
            value *= 1000
        }
        return FloatText.general(value, digits: 4) + chosen
    }

    /// A number as Go's `strconv.ParseFloat` reads it; one that is too large is infinite. Nil where it is none.
    public static func parse(_ text: String) -> Double? {
        var digits = text[...]
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
        switch digits.lowercased() {
        case "inf", "infinity": return isNegative ? -.infinity : .infinity
        case "nan": return .nan
        default: break
        }
        guard let first = digits.utf8.first, first == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return nil
        }
        return Double(text)
    }
}
