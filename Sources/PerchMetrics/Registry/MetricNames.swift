/// Which names metrics and labels may have.
enum MetricNames {
    /// Whether a name is `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func isClassicMetricName(_ name: String) -> Bool { isClassic(name, allowsColon: true) }

    /// Whether a name is `[a-zA-Z_][a-zA-Z0-9_]*`.
    static func isClassicLabelName(_ name: String) -> Bool { isClassic(name, allowsColon: false) }

    private static func isClassic(_ name: String, allowsColon: Bool) -> Bool {
        var isFirst = true
        for byte in name.utf8 {
            if !isClassic(byte, isFirst: isFirst, allowsColon: allowsColon) { return false }
            isFirst = false
        }
        return !isFirst
    }

    static func isClassic(_ byte: UInt8, isFirst: Bool, allowsColon: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): !isFirst
        case UInt8(ascii: ":"): allowsColon
        default: false
        }
    }
}

/// How names that are not classic are written for a scraper that takes only classic ones (Prometheus, "Content negotiation").
public enum NameEscaping: String, Sendable, Hashable {
    /// Names as they are, in quotes where they are not classic.
    case allowUTF8 = "allow-utf-8"
    /// Every character that is not classic becomes `_`.
    case underscores
    /// `.` becomes `_dot_`, `_` becomes `__`, and every other character that is not classic `__`.
    case dots
    /// A name that is not classic begins with `U__`, has `_` doubled, and other characters as `_` hexadecimal code point `_`.
    case values

    /// The name as this scheme writes it; a classic one for all but `allowUTF8`.
    func escaped(_ name: String, allowsColon: Bool) -> String {
        let isClassic = allowsColon ? MetricNames.isClassicMetricName(name) : MetricNames.isClassicLabelName(name)
        switch self {
        case .allowUTF8: return name
        case .underscores, .values:
            if isClassic { return name }
        case .dots: break
        }
        var escaped = self == .values ? "U__" : ""
        for scalar in name.unicodeScalars {
            let isFirst = escaped.isEmpty
            let isPlain = scalar.isASCII && MetricNames.isClassic(UInt8(scalar.value), isFirst: isFirst, allowsColon: allowsColon)
            switch self {
            case .dots where scalar == ".": escaped += "_dot_"
            case .dots where scalar == "_", .values where scalar == "_": escaped += "__"
            case .dots where !isPlain: escaped += "__"
            case .values where !isPlain: escaped += "_" + String(scalar.value, radix: 16) + "_"
            case .underscores where !isPlain: escaped += "_"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped.isEmpty ? "_" : escaped
    }
}
