/// Strings of JSON without their quotes.
enum JSONText {
    static func unescaped(_ raw: [UInt8]) -> String { String(decoding: raw.contains(0x5c) ? unescapedBytes(raw) : raw, as: UTF8.self) }

    /// What the escapes of a string stand for; half of a surrogate pair becomes U+FFFD.
    ///
    /// - Precondition: the string is valid, as ``LineScanner`` finds them.
    static func unescapedBytes(_ raw: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            guard raw[index] == 0x5c, index + 1 < raw.count else {
                output.append(raw[index])
                index += 1
                continue
            }
            switch raw[index + 1] {
            case 0x62: output.append(0x08)
            case 0x66: output.append(0x0c)
            case 0x6e: output.append(0x0a)
            case 0x72: output.append(0x0d)
            case 0x74: output.append(0x09)
            case 0x75:
                index += appendUnit(raw, index, to: &output)
                continue
            default: output.append(raw[index + 1])
            }
            index += 2
        }
        return output
    }

    /// - Returns: the length of the escape, or of two where they are a pair.
    private static func appendUnit(_ raw: [UInt8], _ start: Int, to output: inout [UInt8]) -> Int {
        guard let unit = unit(raw, start) else { return raw.count - start }
        if 0xd800..<0xdc00 ~= unit, start + 6 < raw.count, raw[start + 6] == 0x5c, let low = self.unit(raw, start + 6),
            0xdc00..<0xe000 ~= low
        {
            let scalar = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
            output.append(contentsOf: Array(String(Unicode.Scalar(scalar) ?? "\u{fffd}").utf8))
            return 12
        }
        output.append(contentsOf: Array(String(Unicode.Scalar(unit) ?? "\u{fffd}").utf8))
        return 6
    }

    private static func unit(_ raw: [UInt8], _ start: Int) -> UInt32? {
        guard start + 6 <= raw.count, raw[start + 1] == 0x75 else { return nil }
        var unit: UInt32 = 0
        for byte in raw[start + 2..<start + 6] {
            guard let value = HexText.value(byte) else { return nil }
            unit = unit << 4 | UInt32(value)
        }
        return unit
    }
}
