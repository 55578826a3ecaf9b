internal import TelemetryModel

/// Numbers for people, as Prometheus' templates write them: four digits, and a prefix of the unit.
enum HumanText {
    static func humanize(_ value: Double) -> String {
        if value == 0 || !value.isFinite { return FloatText.general(value, digits: 4) }
        if abs(value) >= 1 { return scaled(value, by: 1000, ["k", "M", "G", "T", "P", "E", "Z", "Y"]) }
        return enlarged(value)
    }

    static func humanize1024(_ value: Double) -> String {
        if abs(value) <= 1 || !value.isFinite { return FloatText.general(value, digits: 4) }
        return scaled(value, by: 1024, ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"])
    }

    /// - Parameter seconds: as days, hours, minutes and whole seconds; below a minute with four digits.
    static func duration(_ seconds: Double) -> String {
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
    static func parse(_ text: String) -> Double? {
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

/// A host and a port, as Go's `net.SplitHostPort` takes them apart.
struct HostPort {
    var host: String
    var port: String

    /// Nil where the text has no port, or more colons than that without brackets.
    init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        port = String(text[text.index(after: colon)...])
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]"), text.index(after: close) == colon else { return nil }
            host = String(text[text.index(after: text.startIndex)..<close])
            if host.contains("[") { return nil }
        } else {
            host = String(text[..<colon])
            if host.contains(where: { $0 == ":" || $0 == "[" || $0 == "]" }) { return nil }
        }
        if port.contains(where: { $0 == "[" || $0 == "]" }) { return nil }
    }

    /// The first part of a host's name, with its port; addresses stay as they are.
    static func withoutDomain(_ text: String) -> String {
        let parts = HostPort(parsing: text)
        let host = parts?.host ?? text
        if isAddress(host) { return text }
        let name = String(host.prefix { $0 != "." })
        guard let port = parts?.port, !port.isEmpty else { return name }
        return name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
    }

    /// Whether a text is an IPv4 or IPv6 address.
    private static func isAddress(_ text: String) -> Bool {
        let fields = text.split(separator: ".", omittingEmptySubsequences: false)
        if fields.count == 4, !text.contains(":") {
            return fields.allSatisfy { field in
                !field.isEmpty && field.utf8.count <= 3 && field.allSatisfy { $0.isASCII && $0.isNumber } && (Int(field) ?? 256) <= 255
                    && (field.utf8.count == 1 || field.first != "0")
            }
        }
        return isVersion6(text)
    }

    private static func isVersion6(_ text: String) -> Bool {
        guard text.contains(":"), text.utf8.count <= 45 else { return false }
        let halves = text.ranges(of: "::")
        if halves.count > 1 || text.contains(":::") { return false }
        var count = 0
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, group) in groups.enumerated() {
            if group.isEmpty { continue }
            if index == groups.count - 1, group.contains("."), isAddress(String(group)) {
                count += 2
                continue
            }
            guard group.utf8.count <= 4, group.allSatisfy(\.isHexDigit) else { return false }
            count += 1
        }
        if halves.isEmpty { return count == 8 && !groups.contains { $0.isEmpty } }
        return count < 8 && (!text.hasPrefix(":") || text.hasPrefix("::")) && (!text.hasSuffix(":") || text.hasSuffix("::"))
    }
}

/// Letters large and small, one character for one as in Go.
enum TextCase {
    static func upper(_ text: String) -> String { map(text) { $0.properties.uppercaseMapping } }

    static func lower(_ text: String) -> String { map(text) { $0.properties.lowercaseMapping } }

    /// Each word with a capital, the rest as it is.
    static func title(_ text: String) -> String {
        var result = ""
        var isInWord = false
        for scalar in text.unicodeScalars {
            let isPart = scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_" || scalar == "'"
            let isFirst = isPart && !isInWord && scalar != "'"
            if isFirst { result += mapped(scalar, scalar.properties.titlecaseMapping) } else { result.unicodeScalars.append(scalar) }
            isInWord = scalar == "'" ? isInWord : isPart
        }
        return result
    }

    private static func map(_ text: String, _ mapping: (Unicode.Scalar) -> String) -> String {
        text.unicodeScalars.reduce(into: "") { $0 += mapped($1, mapping($1)) }
    }

    private static func mapped(_ scalar: Unicode.Scalar, _ mapping: String) -> String {
        mapping.unicodeScalars.count == 1 ? mapping : String(scalar)
    }
}
