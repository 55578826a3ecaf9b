/// A span of time as Prometheus' configuration writes it: `1h30m`, `15s`, `100ms`, `0`.
public struct ConfigDuration: Sendable, Hashable, Comparable, ConfigDecodable, CustomStringConvertible {
    /// The span in milliseconds, never negative, less than 293 years.
    public let milliseconds: Int64

    /// Why a text is no duration.
    enum Fault: Error { case malformed, outOfRange }

    /// - Precondition: `milliseconds` is not negative.
    public init(milliseconds: Int64) {
        precondition(milliseconds >= 0, "BUG: a configured duration cannot be negative")
        self.milliseconds = milliseconds
    }

    public init(config node: ConfigNode) throws(ConfigError) { self = try node.duration() }

    /// Reads a duration: whole numbers with the units y, w, d, h, m, s, ms, each at most once and in this order; or `0`.
    ///
    /// - Returns: nil where the text is no duration or longer than 292 years.
    public init?(parsing text: String) {
        guard case .success(let duration) = Self.parse(text) else { return nil }
        self = duration
    }

    /// Units, largest first; a day has 24 hours, a week 7 days, a year 365 days.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// What a count of nanoseconds in 64 bits holds, as Prometheus keeps a duration.
    private static let millisecondsMax = Int64.max / 1_000_000

    static func parse(_ text: String) -> Result<ConfigDuration, Fault> {
        if text == "0" { return .success(ConfigDuration(milliseconds: 0)) }
        var rest = Array(text.utf8)[...]
        guard !rest.isEmpty else { return .failure(.malformed) }
        var total: Int64 = 0
        var isTooLong = false
        var unitsLeft = units[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0 < UInt8(ascii: "0") || $0 > UInt8(ascii: "9") }
            rest = rest.dropFirst(name.count)
            guard !digits.isEmpty, let index = unitsLeft.firstIndex(where: { $0.name.utf8.elementsEqual(name) }) else {
                return .failure(.malformed)
            }
            let (product, overflow) =
                Int64(String(decoding: digits, as: UTF8.self)).map { count in
                    count.multipliedReportingOverflow(by: units[index].milliseconds)
                } ?? (0, true)
            let (sum, sumOverflow) = total.addingReportingOverflow(product)
            if overflow || sumOverflow || sum > millisecondsMax { isTooLong = true } else { total = sum }
            unitsLeft = unitsLeft[(index + 1)...]
        }
        return isTooLong ? .failure(.outOfRange) : .success(ConfigDuration(milliseconds: total))
    }

    public static func < (left: ConfigDuration, right: ConfigDuration) -> Bool { left.milliseconds < right.milliseconds }

    /// The shortest form with the same meaning, such as `1h30m`; `0s` for none. Years and weeks appear only alone, as Prometheus prints.
    public var description: String {
        guard milliseconds > 0 else { return "0s" }
        var text = ""
        var rest = milliseconds
        for (name, unit) in Self.units {
            if name == "y" || name == "w", rest % unit != 0 { continue }
            if rest / unit > 0 { text += "\(rest / unit)\(name)" }
            rest %= unit
        }
        return text
    }
}
