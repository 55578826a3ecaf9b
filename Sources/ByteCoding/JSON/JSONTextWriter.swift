/// Writes JSON onto an array of bytes: no tree of values is built. Commas are put by the writer; begin and end have to match.
public struct JSONTextWriter: Sendable {
    /// What is written so far.
    public private(set) var bytes: [UInt8]
    /// Whether a comma stands between what was written last and a further element.
    private var needsComma = false

    /// Starts behind the bytes given, whose memory it takes over.
    public init(appendingTo bytes: consuming [UInt8] = []) { self.bytes = bytes }

    public mutating func beginObject() { open(UInt8(ascii: "{")) }
    public mutating func endObject() { close(UInt8(ascii: "}")) }
    public mutating func beginArray() { open(UInt8(ascii: "[")) }
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// The name of the member whose value is written next.
    public mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func value(_ text: String) {
        separate()
        quote(text)
        needsComma = true
    }

    public mutating func value(_ number: some FixedWidthInteger) { plain(String(number).utf8) }

    public mutating func null() { plain("null".utf8) }

    public mutating func value(_ truth: Bool) { plain((truth ? "true" : "false").utf8) }

    /// A whole number in quotes, as protobuf's JSON has 64-bit ones.
    public mutating func quoted(_ number: some FixedWidthInteger) { plain(("\"" + String(number) + "\"").utf8) }

    /// The shortest digits that read back as the number; NaN and the infinities as texts, as protobuf's JSON has them.
    public mutating func value(_ number: Double) {
        if number.isNaN { return value("NaN") }
        if number.isInfinite { return value(number < 0 ? "-Infinity" : "Infinity") }
        if number == number.rounded(.towardZero), abs(number) < 1e15, !(number == 0 && number.sign == .minus) {
            return plain(String(Int64(number)).utf8)
        }
        plain(number.description.utf8)
    }

    /// Bytes as base64 text.
    public mutating func base64(_ value: some Collection<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        Base64.encode(value, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func plain(_ text: String.UTF8View) {
        separate()
        bytes.append(contentsOf: text)
        needsComma = true
    }

    private mutating func open(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        if isPlain { bytes.append(contentsOf: text.utf8) } else { escape(text) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case 0x0a: bytes.append(contentsOf: "\\n".utf8)
            case 0x0d: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7f:
                bytes.append(contentsOf: "\\u00".utf8)
                for digit in [byte >> 4, byte & 0xf] { bytes.append(digit < 10 ? digit + 0x30 : digit - 10 + 0x61) }
            default: bytes.append(byte)
            }
        }
    }
}
