/// A number of bytes as Prometheus' configuration writes it: `10MB`, `512KiB`, `1.5GB`, `0`.
///
/// Every unit is a power of 1024, with or without the `i`, as Prometheus reads them.
public struct ConfigByteSize: Sendable, Hashable, Comparable, ConfigDecodable, CustomStringConvertible {
    /// The size in bytes, never negative.
    public let bytes: Int64

    /// - Precondition: `bytes` is not negative.
    public init(bytes: Int64) {
        precondition(bytes >= 0, "BUG: a configured size cannot be negative")
        self.bytes = bytes
    }

    public init(config node: ConfigNode) throws(ConfigError) { self = try node.byteSize() }

    private static let prefixes = ["", "K", "M", "G", "T", "P", "E"]

    /// Reads a size: a number, which may have a fraction, and a unit from `B` to `EB` or `EiB`; or `0`.
    public init?(parsing text: String) {
        if text == "0" {
            bytes = 0
            return
        }
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count)
        guard !number.isEmpty, number != "." else { return nil }
        let power = Self.prefixes.firstIndex { unit == $0 + "B" || (!$0.isEmpty && unit == $0 + "iB") }
        guard let power, let value = Double(number) else { return nil }
        let bytes = value * Double(Int64(1) << (10 * Int64(power)))
        guard bytes < Double(Int64.max) else { return nil }
        self.bytes = Int64(bytes)
    }

    public static func < (left: ConfigByteSize, right: ConfigByteSize) -> Bool { left.bytes < right.bytes }

    /// The size with the largest unit that leaves a whole number, such as `10MiB`; `0` for none.
    public var description: String {
        guard bytes > 0 else { return "0" }
        var value = bytes
        var power = 0
        while value % 1024 == 0, power + 1 < Self.prefixes.count {
            value /= 1024
            power += 1
        }
        return power == 0 ? "\(value)B" : "\(value)\(Self.prefixes[power])iB"
    }
}
