internal import PerchTracing

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The environment variables of OpenTelemetry ("Environment Variable Specification", "OTLP Exporter Configuration"), and what is wrong with
/// them. A value that makes no sense is passed over with a warning; an empty one counts as not set.
public struct EnvironmentVariables {
    let values: [String: String]
    private(set) var warnings: [String] = []

    init(_ values: [String: String]) { self.values = values }

    /// The variables of this process.
    public static func ofProcess() -> [String: String] {
        var values: [String: String] = [:]
        #if canImport(Darwin)
        var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = _NSGetEnviron().pointee
        #else
        var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
        #endif
        while let place = entry, let text = place.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
            entry = place + 1
        }
        return values
    }

    mutating func warn(_ warning: String) { warnings.append(warning) }

    /// The value of a variable.
    func text(_ name: String) -> String? {
        guard let value = values[name] else { return nil }
        let trimmed = EnvironmentVariables.trimmed(value)
        return trimmed.isEmpty ? nil : trimmed
    }

    /// The value as a whole number.
    mutating func count(_ name: String, min: Int = 0) -> Int? {
        let max = Int(Int32.max)
        return read(name, "a number from \(min) to \(max)") { Int($0).flatMap { $0 >= min && $0 <= max ? $0 : nil } }
    }

    /// The value as a time in milliseconds.
    mutating func milliseconds(_ name: String, min: Int64 = 0) -> Duration? {
        let max: Int64 = 86_400_000_000
        return read(name, "a number of milliseconds from \(min) to \(max)") {
            Int64($0).flatMap { $0 >= min && $0 <= max ? .milliseconds($0) : nil }
        }
    }

    /// The value as a time in milliseconds after which something is given up; zero means never, which is some weeks here.
    mutating func timeout(_ name: String) -> Duration? {
        milliseconds(name).map { $0 == .zero ? .milliseconds(Int64(Int32.max)) : $0 }
    }

    /// Only `true` is true, whatever its case; everything else is false.
    mutating func flag(_ name: String) -> Bool? {
        guard let text = text(name)?.lowercased() else { return nil }
        if text != "true" && text != "false" { warn("\(name) is neither true nor false but \(text); false is taken") }
        return text == "true"
    }

    /// The value through a function that gives nil for what makes no sense.
    mutating func read<Value>(_ name: String, _ expected: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = text(name) else { return nil }
        if let value = parse(text) { return value }
        warn("\(name) is not \(expected) but \(text); it is passed over")
        return nil
    }

    /// The value as one of several names, whatever its case.
    mutating func choice<Value>(_ name: String, _ expected: String, _ parse: (String) -> Value?) -> Value? {
        read(name, expected) { parse($0.lowercased()) }
    }

    /// The parts of a list with commas; a part that makes no sense is left out with a warning.
    mutating func list<Value>(_ name: String, _ expected: String, _ parse: (String) -> Value?) -> [Value]? {
        guard let text = text(name) else { return nil }
        var values: [Value] = []
        for part in text.split(separator: ",") {
            let part = EnvironmentVariables.trimmed(String(part))
            if let value = parse(part) { values.append(value) } else { warn("\(name) has \(part), which is not \(expected)") }
        }
        return values
    }

    /// The pairs `key=value` of a list with commas, values with per cent codes, as W3C Baggage writes them.
    mutating func pairs(_ name: String) -> [(String, String)]? {
        list(name, "of the form key=value") { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { return nil }
            let key = EnvironmentVariables.trimmed(String(sides[0]))
            return key.isEmpty ? nil : (PercentCodes.decoded(key), PercentCodes.decoded(EnvironmentVariables.trimmed(String(sides[1]))))
        }
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text).drop { $0 == " " || $0 == "\t" || $0 == "\n" }
        while let last = text.last, last == " " || last == "\t" || last == "\n" { text.removeLast() }
        return String(text)
    }
}

/// Codes such as `%20`.
enum PercentCodes {
    static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let code = UInt8(String(Substring(digits)), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
