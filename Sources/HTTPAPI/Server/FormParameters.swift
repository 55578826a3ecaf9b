/// Parameters of a request, from the query of its address and from a form in its body, in the order in which they came.
///
/// Decoded as `application/x-www-form-urlencoded`: `+` is a blank, `%` with two hexadecimal digits is a byte; a `%` without them stands
/// for itself, and bytes that are no UTF-8 become replacement characters, so that no input is refused here.
public struct FormParameters: Sendable, Hashable {
    private var pairs: [Pair] = []

    private struct Pair: Sendable, Hashable {
        var name: String
        var value: String
    }

    public init() {}

    /// Adds the parameters of an encoded text; those of a form in the body come before those of the address.
    public mutating func add(encoded: some Collection<UInt8>) {
        for part in encoded.split(separator: UInt8(ascii: "&")) {
            if let equals = part.firstIndex(of: UInt8(ascii: "=")) {
                add(name: part[..<equals], value: part[part.index(after: equals)...])
            } else {
                add(name: part, value: part[part.endIndex...])
            }
        }
    }

    private mutating func add(name: some Collection<UInt8>, value: some Collection<UInt8>) {
        pairs.append(Pair(name: PercentCoding.decode(name, plusIsBlank: true), value: PercentCoding.decode(value, plusIsBlank: true)))
    }

    /// The first value of a parameter; nil where it is absent or empty, which the APIs do not tell apart.
    public subscript(name: String) -> String? {
        guard let value = pairs.first(where: { $0.name == name })?.value, !value.isEmpty else { return nil }
        return value
    }

    /// All values of a parameter.
    public func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }
}

/// Percent encoding of addresses and forms.
enum PercentCoding {
    static func decode(_ bytes: some Collection<UInt8>, plusIsBlank: Bool) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index != bytes.endIndex {
            let byte = bytes[index]
            index = bytes.index(after: index)
            if byte == UInt8(ascii: "%"), let (value, next) = hexadecimalPair(bytes, at: index) {
                decoded.append(value)
                index = next
            } else {
                decoded.append(plusIsBlank && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func hexadecimalPair<Bytes: Collection<UInt8>>(_ bytes: Bytes, at index: Bytes.Index) -> (UInt8, Bytes.Index)? {
        guard index != bytes.endIndex, let high = digit(bytes[index]) else { return nil }
        let second = bytes.index(after: index)
        guard second != bytes.endIndex, let low = digit(bytes[second]) else { return nil }
        return (high << 4 | low, bytes.index(after: second))
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
