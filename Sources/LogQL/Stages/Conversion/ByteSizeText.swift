internal import TelemetryModel

/// Sizes as people write them: `1.5KB`, `2 mib`, `1,024`. Units of a thousand, and with an `i` of 1024.
enum ByteSizeText {
    /// Bytes; a fraction of one is cut off.
    static func parse(_ text: UnsafeRawBufferPointer) throws(ConversionFault) -> UInt64 {
        var end = 0
        var hasComma = false
        while end < text.count {
            let byte = text[end]
            if byte == UInt8(ascii: ",") {
                hasComma = true
            } else if byte != UInt8(ascii: "."), !(0x30...0x39).contains(byte) {
                break
            }
            end += 1
        }
        let digits = UnsafeRawBufferPointer(rebasing: text[..<end])
        var value: Double
        if hasComma {
            let plain = digits.filter { $0 != UInt8(ascii: ",") }
            value = try number(plain)
        } else {
            value = try NumberText.parse(digits)
        }
        let unit = Array(LabelNames.trimmed(Array(text[end...])[...]))
        guard let factor = factor(unit) else {
            throw ConversionFault("unhandled size name: " + String(decoding: unit, as: UTF8.self).lowercased())
        }
        value *= factor
        guard value < 0x1p64 else { throw ConversionFault("too large: " + String(decoding: text, as: UTF8.self)) }
        return UInt64(value)
    }

    /// A size in units of a thousand with at most one digit behind the point: `83MB`, `1.5kB`.
    static func text(_ bytes: UInt64) -> String {
        if bytes < 10 { return "\(bytes)B" }
        var unit = 0
        var scale = 1.0
        while unit < 6, Double(bytes) >= scale * 1000 {
            scale *= 1000
            unit += 1
        }
        let value = (Double(bytes) / scale * 10 + 0.5).rounded(.down) / 10
        return FloatText.fixed(value, digits: value < 10 ? 1 : 0) + ["B", "kB", "MB", "GB", "TB", "PB", "EB"][unit]
    }

    private static func number(_ digits: [UInt8]) throws(ConversionFault) -> Double {
        let result = digits.withUnsafeBytes { bytes in
            Result { () throws(ConversionFault) in try NumberText.parse(bytes) }
        }
        return try result.get()
    }

    private static func factor(_ unit: [UInt8]) -> Double? {
        var letters = unit.map { $0 | 0x20 }
        guard unit.count == letters.count, letters.count <= 3, unit.allSatisfy({ $0 >= 0x41 }) else { return nil }
        if letters.isEmpty || letters == [UInt8(ascii: "b")] { return 1 }
        if letters.last == UInt8(ascii: "b") { letters.removeLast() }
        let isBinary = letters.count == 2 && letters[1] == UInt8(ascii: "i")
        guard letters.count == 1 || isBinary, let power = "kmgtpe".utf8.firstIndex(of: letters[0]) else { return nil }
        let exponent = "kmgtpe".utf8.distance(from: "kmgtpe".utf8.startIndex, to: power) + 1
        let base = isBinary ? 1024.0 : 1000.0
        return (0..<exponent).reduce(1.0) { product, _ in product * base }
    }
}
