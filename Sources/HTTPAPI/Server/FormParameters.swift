internal import ByteCoding

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
        pairs.append(Pair(name: PercentDecoding.text(name, plusIsBlank: true), value: PercentDecoding.text(value, plusIsBlank: true)))
    }

    /// The first value of a parameter; nil where it is absent or empty, which the APIs do not tell apart.
    public subscript(name: String) -> String? {
        guard let value = pairs.first(where: { $0.name == name })?.value, !value.isEmpty else { return nil }
        return value
    }

    /// All values of a parameter.
    public func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }
}
