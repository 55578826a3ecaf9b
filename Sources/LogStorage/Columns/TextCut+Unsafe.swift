/// Cuts texts into a pattern and what varies: `user us-123 paid 12.50 EUR` is `user us-# paid # EUR`, 123 and 12.50.
///
/// Words with digits vary, and so do words that are rare where common ones are known. Reads only below the count of the run it is given.
struct TextCut {
    /// Stands for what varies in a pattern.
    static let slot: UInt8 = 1
    /// Stands for a date with a time; three bytes with its form follow, each plus 32.
    static let time: UInt8 = 2
    /// A text with such bytes has no pattern but that of one slot.
    static let markers: ClosedRange<UInt8> = 1...2

    /// Words that are part of patterns; nil for all words without digits.
    var commonWords: RunTable?

    /// Appends the pattern and the tokens of a text.
    func cut(_ text: Run, pattern: inout [UInt8], tokens: inout [Run]) {
        let (patternStart, tokenStart) = (pattern.count, tokens.count)
        let bytes = text.base.assumingMemoryBound(to: UInt8.self)
        let count = text.count
        var index = 0
        var literal = 0
        while index < count {
            let byte = bytes[index]
            if !TextCut.isWord(byte) {
                if TextCut.markers.contains(byte) {
                    pattern.removeSubrange(patternStart...)
                    tokens.removeSubrange(tokenStart...)
                    pattern.append(TextCut.slot)
                    tokens.append(text)
                    return
                }
                index &+= 1
                continue
            }
            guard let token = token(text, index) else {
                index = TextCut.endOfWord(bytes, index, count)
                continue
            }
            pattern.append(contentsOf: UnsafeBufferPointer(start: bytes + literal, count: token.start &- literal))
            if let form = token.form {
                pattern.append(TextCut.time)
                pattern.append(form.fraction &+ 32)
                pattern.append(form.separator &+ 32)
                pattern.append(form.point &+ 32)
            } else {
                pattern.append(TextCut.slot)
            }
            tokens.append(text.part(token.start, token.end &- token.start))
            literal = token.end
            // What follows a number in its word is text.
            index = TextCut.endOfWord(bytes, token.end, count)
        }
        pattern.append(contentsOf: UnsafeBufferPointer(start: bytes + literal, count: count &- literal))
    }

    private struct Token {
        var start: Int
        var end: Int
        var form: TimeText.Form?
    }

    @inline(__always)
    static func isWord(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 }

    @inline(__always)
    private static func endOfWord(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var index = start
        while index < count, isWord(bytes[index]) { index &+= 1 }
        return index
    }

    /// What varies of the word at a place; nil where the word is part of the pattern.
    private func token(_ text: Run, _ start: Int) -> Token? {
        let bytes = text.base.assumingMemoryBound(to: UInt8.self)
        let count = text.count
        var end = start
        var digits = 0
        var hexadecimal = 0
        // Where the digits at the front end, and where those at the end begin.
        var (frontEnd, backStart) = (start, start)
        while end < count {
            let byte = bytes[end]
            if byte &- 0x30 < 10 {
                digits &+= 1
                if frontEnd == end { frontEnd = end &+ 1 }
            } else if (byte | 0x20) &- 0x61 < 26 {
                if (byte | 0x20) &- 0x61 < 6 { hexadecimal &+= 1 }
                backStart = end &+ 1
            } else {
                break
            }
            end &+= 1
        }
        let length = end &- start
        if digits == 0 {
            if hexadecimal == length, length >= 8 { return Token(start: start, end: endOfUUID(text, start, end)) }
            return isCommon(text.part(start, length)) ? nil : Token(start: start, end: end)
        }
        if frontEnd > start {
            if length >= 8, digits &+ hexadecimal == length, frontEnd < end {
                return Token(start: start, end: endOfUUID(text, start, end))
            }
            if length == 8, frontEnd == end, end < count, bytes[end] == 0x2d {
                return Token(start: start, end: endOfUUID(text, start, end))
            }
            if frontEnd == start &+ 4, let time = TimeText.read(text, at: start) {
                return Token(start: start, end: start &+ time.form.length, form: time.form)
            }
            // Digits, and letters behind them: `12ms`.
            if frontEnd &- start == digits {
                let fraction = endOfFraction(text, start, frontEnd)
                return Token(start: start, end: frontEnd == end ? fraction : frontEnd)
            }
            return Token(start: start, end: end)
        }
        // Letters, and digits behind them: `node7`.
        if end &- backStart == digits, !(length >= 8 && digits &+ hexadecimal == length) { return Token(start: backStart, end: end) }
        return Token(start: start, end: length >= 8 ? endOfUUID(text, start, end) : end)
    }

    private func isCommon(_ word: Run) -> Bool { commonWords.map { $0.code(of: word) != nil } ?? true }

    /// The end of `12.5` where `12` is followed by a fraction, and is no part of something like `10.1.2.3`.
    private func endOfFraction(_ text: Run, _ start: Int, _ end: Int) -> Int {
        let bytes = text.base.assumingMemoryBound(to: UInt8.self)
        guard end &+ 1 < text.count, bytes[end] == 0x2e, LineScanner.isDigit(bytes[end &+ 1]) else { return end }
        if start > 1, bytes[start &- 1] == 0x2e, TextCut.isWord(bytes[start &- 2]) { return end }
        var last = end &+ 1
        while last < text.count, LineScanner.isDigit(bytes[last]) { last &+= 1 }
        if last < text.count, bytes[last] == 0x2e, last &+ 1 < text.count, LineScanner.isDigit(bytes[last &+ 1]) { return end }
        return last
    }

    /// The end of the UUID that begins with a word, or that of the word where it is none.
    private func endOfUUID(_ text: Run, _ start: Int, _ end: Int) -> Int {
        guard end &- start == 8, text.count &- start >= 36, UUIDText.isForm(text.part(start, 36)),
            text.count &- start == 36 || !TextCut.isWord(text.bytes[start &+ 36])
        else { return end }
        return start &+ 36
    }
}

/// UUIDs as they are written: 36 bytes, all letters of one case.
enum UUIDText {
    static let length = 36

    /// Whether a text looks like one, whatever the case of its letters.
    static func isForm(_ run: Run) -> Bool {
        guard run.count == length else { return false }
        for (index, byte) in run.bytes.enumerated() {
            let isDash = index == 8 || index == 13 || index == 18 || index == 23
            guard isDash ? byte == 0x2d : HexText.value(byte) != nil else { return false }
        }
        return true
    }
}

/// Hexadecimal digits of one case.
enum HexText {
    @inline(__always)
    static func value(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }
}
