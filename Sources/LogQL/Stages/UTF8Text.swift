internal import TelemetryModel

/// Text of lines, which need not be UTF-8.
enum UTF8Text {
    /// Whether there is a U+FFFD, or a byte that stands for one.
    static func hasReplacement(_ bytes: ArraySlice<UInt8>) -> Bool {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] < 0x80 {
                index += 1
                continue
            }
            let (scalar, width) = UTF8Characters.decode(bytes, at: index)
            guard let scalar, scalar != "\u{fffd}" else { return true }
            index += width
        }
        return false
    }

    /// Appends a text with a blank for each U+FFFD and each byte that stands for one, as values of extracted labels have it.
    static func appendCleaned(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
        guard hasReplacement(bytes) else {
            output.append(contentsOf: bytes)
            return
        }
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let (scalar, width) = UTF8Characters.decode(bytes, at: index)
            if scalar == nil || scalar == "\u{fffd}" {
                output.append(UInt8(ascii: " "))
            } else {
                output.append(contentsOf: bytes[index..<index + width])
            }
            index += width
        }
    }
}
