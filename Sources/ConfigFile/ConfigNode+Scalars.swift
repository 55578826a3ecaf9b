extension ConfigNode {
    /// The text of a scalar, whatever it looks like: `5` and `true` are strings too when a string is asked for.
    public func string() throws(ConfigError) -> String {
        guard case .scalar(let text, _) = content else { throw mismatch(expected: "a string") }
        return text
    }

    /// A boolean in any of YAML 1.1's spellings.
    public func bool() throws(ConfigError) -> Bool {
        if case .scalar(let text, isPlain: true) = content {
            switch text {
            case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": return true
            case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N": return false
            default: break
            }
        }
        throw mismatch(expected: "true or false")
    }

    /// A whole number, decimal or with the prefix `0x`, `0o` or `0b`; `_` may part the digits.
    ///
    /// - Parameter range: the values allowed.
    public func int(in range: ClosedRange<Int> = Int.min...Int.max) throws(ConfigError) -> Int {
        guard case .scalar(let text, isPlain: true) = content, let value = parseInteger(text) ?? wholeValue() else {
            throw mismatch(expected: "a whole number")
        }
        guard range.contains(value) else {
            if range.upperBound == Int.max { throw error("expected a number of at least \(range.lowerBound), found \(value)") }
            throw error("expected a number from \(range.lowerBound) to \(range.upperBound), found \(value)")
        }
        return value
    }

    /// The value of a number such as `1e6` that is whole although it is not written so.
    private func wholeValue() -> Int? {
        guard let value = try? double() else { return nil }
        return Int(exactly: value)
    }

    /// A number.
    public func double() throws(ConfigError) -> Double {
        if case .scalar(let text, isPlain: true) = content {
            switch text {
            case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .infinity
            case "-.inf", "-.Inf", "-.INF": return -.infinity
            case ".nan", ".NaN", ".NAN": return .nan
            default: break
            }
            if let value = parseInteger(text) { return Double(value) }
            let digits = text.replacing("_", with: "")
            let startsAsNumber = digits.utf8.first.map { "0123456789+-.".utf8.contains($0) } ?? false
            let isWord = digits.utf8.contains { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") && $0 != UInt8(ascii: "e") }
            if startsAsNumber, !isWord, let value = Double(digits) { return value }
        }
        throw mismatch(expected: "a number")
    }

    /// A duration as Prometheus writes it, such as `1h30m`.
    public func duration() throws(ConfigError) -> ConfigDuration {
        guard case .scalar(let text, _) = content else { throw mismatch(expected: "a duration such as \"15s\"") }
        switch ConfigDuration.parse(text) {
        case .success(let duration): return duration
        case .failure(.malformed): throw mismatch(expected: "a duration such as \"15s\"")
        case .failure(.outOfRange): throw error("the duration \(shown(text)) is out of range: at most 292 years")
        }
    }

    /// A number of bytes, such as `10MB`.
    public func byteSize() throws(ConfigError) -> ConfigByteSize {
        guard case .scalar(let text, _) = content, let size = ConfigByteSize(parsing: text) else {
            throw mismatch(expected: "a size such as \"10MB\"")
        }
        return size
    }

    /// One of a closed set of words.
    ///
    /// - Parameter words: each word with what it stands for, in the order that an error shows them.
    public func word<Value>(of words: KeyValuePairs<String, Value>) throws(ConfigError) -> Value {
        if case .scalar(let text, _) = content, let match = words.first(where: { $0.key == text }) { return match.value }
        throw mismatch(expected: "one of \(words.map(\.key).joined(separator: ", "))")
    }
}

/// A YAML 1.1 integer, or nil. A leading 0 makes it octal, as Go reads it.
private func parseInteger(_ text: String) -> Int? {
    var digits = text.replacing("_", with: "")[...]
    var sign = ""
    if let first = digits.first, first == "-" || first == "+" {
        sign = first == "-" ? "-" : ""
        digits = digits.dropFirst()
    }
    guard let first = digits.utf8.first, first >= UInt8(ascii: "0"), first <= UInt8(ascii: "9") else { return nil }
    let radixes: [(String, Int)] = [("0x", 16), ("0o", 8), ("0b", 2)]
    for (prefix, radix) in radixes where digits.hasPrefix(prefix) {
        return Int(sign + digits.dropFirst(2), radix: radix)
    }
    if first == UInt8(ascii: "0"), digits.utf8.count > 1 { return Int(sign + digits.dropFirst(), radix: 8) }
    return Int(sign + digits)
}
