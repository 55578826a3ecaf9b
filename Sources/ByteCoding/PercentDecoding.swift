/// Decodes what is percent-encoded in addresses and forms (RFC 3986, section 2.1; `application/x-www-form-urlencoded`).
///
/// A `%` with two hexadecimal digits is a byte; one without them stands for itself, so that no input is refused here.
public enum PercentDecoding {
    /// The bytes.
    ///
    /// - Parameter plusIsBlank: whether `+` is a blank, as in forms.
    @inlinable
    public static func bytes(_ encoded: some Collection<UInt8>, plusIsBlank: Bool) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var index = encoded.startIndex
        while index != encoded.endIndex {
            let byte = encoded[index]
            index = encoded.index(after: index)
            if byte == UInt8(ascii: "%"), let (value, next) = pair(encoded, at: index) {
                decoded.append(value)
                index = next
            } else {
                decoded.append(plusIsBlank && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return decoded
    }

    /// The same as text. Bytes that are no UTF-8 become replacement characters.
    @inlinable
    public static func text(_ encoded: some Collection<UInt8>, plusIsBlank: Bool) -> String {
        String(decoding: bytes(encoded, plusIsBlank: plusIsBlank), as: UTF8.self)
    }

    @inlinable
    static func pair<Bytes: Collection<UInt8>>(_ bytes: Bytes, at index: Bytes.Index) -> (value: UInt8, next: Bytes.Index)? {
        guard index != bytes.endIndex, let high = Hexadecimal.value(of: bytes[index]) else { return nil }
        let second = bytes.index(after: index)
        guard second != bytes.endIndex, let low = Hexadecimal.value(of: bytes[second]) else { return nil }
        return (high << 4 | low, bytes.index(after: second))
    }
}
