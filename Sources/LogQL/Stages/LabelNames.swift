internal import TelemetryModel

/// How names that stand in a line become names of labels.
enum LabelNames {
    /// Appends a name in which nothing but ASCII letters, digits and `_` is left: each other character becomes one `_`. Blanks around it are
    /// left out; a digit in front gets a `_` before it where nothing stands in `name` yet.
    static func appendSanitized(_ key: ArraySlice<UInt8>, to name: inout [UInt8]) {
        let key = trimmed(key)
        guard let first = key.first else { return }
        if name.isEmpty, (0x30...0x39).contains(first) { name.append(UInt8(ascii: "_")) }
        var index = key.startIndex
        while index < key.endIndex {
            let byte = key[index]
            if byte < 0x80 {
                name.append(isNamePart(byte) ? byte : UInt8(ascii: "_"))
                index += 1
            } else {
                name.append(UInt8(ascii: "_"))
                index += UTF8Characters.decode(key, at: index).width
            }
        }
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Without Unicode's white space at both ends.
    static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let first = text.first {
            if first < 0x80 {
                guard isBlank(first) else { break }
                text = text.dropFirst()
            } else {
                let (scalar, width) = UTF8Characters.decode(text, at: text.startIndex)
                guard let scalar, scalar.properties.isWhitespace else { break }
                text = text.dropFirst(width)
            }
        }
        while let last = text.last {
            if last < 0x80 {
                guard isBlank(last) else { break }
                text = text.dropLast()
            } else {
                var start = text.endIndex - 1
                while start > text.startIndex, text.endIndex - start < 4, text[start] & 0xc0 == 0x80 { start -= 1 }
                let (scalar, width) = UTF8Characters.decode(text, at: start)
                guard let scalar, scalar.properties.isWhitespace, start + width == text.endIndex else { break }
                text = text[..<start]
            }
        }
        return text
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
