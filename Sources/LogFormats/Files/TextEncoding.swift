/// How the text of a file is written.
public enum TextEncoding: String, Sendable, Hashable, CaseIterable {
    /// Bytes as they are; a mark at the start of the file is left out.
    case utf8 = "utf-8"
    case utf16LittleEndian = "utf-16le"
    case utf16BigEndian = "utf-16be"
    /// ISO 8859-1.
    case latin1 = "iso-8859-1"

    /// Bytes of one unit; lines end at a unit.
    var unitBytes: Int {
        switch self {
        case .utf8, .latin1: 1
        case .utf16LittleEndian, .utf16BigEndian: 2
        }
    }

    /// Whether a line feed stands at a place where there is a whole unit.
    func isLineFeed(_ bytes: [UInt8], at index: Int) -> Bool {
        switch self {
        case .utf8, .latin1: bytes[index] == 0x0a
        case .utf16LittleEndian: bytes[index] == 0x0a && bytes[index + 1] == 0
        case .utf16BigEndian: bytes[index] == 0 && bytes[index + 1] == 0x0a
        }
    }

    /// The text as UTF-8, without a carriage return at its end and a mark of its encoding at its start; what cannot be read becomes U+FFFD,
    /// except that UTF-8 is left as it is.
    func utf8(_ bytes: ArraySlice<UInt8>, isStartOfFile: Bool) -> ArraySlice<UInt8> {
        var text = bytes
        switch self {
        case .utf8: if isStartOfFile, text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
        case .latin1:
            if text.contains(where: { $0 >= 0x80 }) {
                text = text.flatMap { $0 < 0x80 ? [$0] : [0xc0 | $0 >> 6, 0x80 | $0 & 0x3f] }[...]
            }
        case .utf16LittleEndian, .utf16BigEndian:
            let start = text.startIndex
            let units = (0..<text.count / 2).map { index -> UInt16 in
                let (first, second) = (UInt16(text[start + 2 * index]), UInt16(text[start + 2 * index + 1]))
                return self == .utf16LittleEndian ? second << 8 | first : first << 8 | second
            }
            let withoutMark = isStartOfFile && units.first == 0xfeff ? units[1...] : units[...]
            text = Array(String(decoding: withoutMark, as: UTF16.self).utf8)[...]
        }
        return text.last == 0x0d ? text.dropLast() : text
    }
}
