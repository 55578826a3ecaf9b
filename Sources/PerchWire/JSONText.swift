/// Appends a string as JSON (RFC 8259, section 7).
package func appendJSONString(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    // Nearly all text is plain, and goes as one piece. Storage that is not contiguous goes byte by byte.
    let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { utf8 in
        var start = 0
        for index in utf8.indices where utf8[index] < 0x20 || utf8[index] == UInt8(ascii: "\"") || utf8[index] == UInt8(ascii: "\\") {
            bytes.append(contentsOf: utf8[start..<index])
            appendEscaped(utf8[index], to: &bytes)
            start = index + 1
        }
        bytes.append(contentsOf: utf8[start...])
    }
    if isDone == nil {
        for byte in text.utf8 { appendEscaped(byte, to: &bytes) }
    }
    bytes.append(UInt8(ascii: "\""))
}

private func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
    case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
    case 0x0a: bytes.append(contentsOf: #"\n"#.utf8)
    case 0x0d: bytes.append(contentsOf: #"\r"#.utf8)
    case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
    case 0..<0x20:
        bytes.append(contentsOf: #"\u00"#.utf8)
        bytes.append(HexDigits.digit(byte >> 4))
        bytes.append(HexDigits.digit(byte & 15))
    default: bytes.append(byte)
    }
}
