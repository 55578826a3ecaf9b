internal import LabelMatching
internal import LinearRegex

/// The language of Alertmanager's `pkg/labels`.
enum ClassicMatcherParser {
    /// Any number of matchers with commas between them; commas in quotes part nothing. A brace at the start and one at the end are dropped,
    /// each for itself.
    static func matchers(_ text: String) throws(MatcherSyntaxError) -> [LabelMatcher] {
        var rest = Array(text.utf8)[...]
        if rest.first == UInt8(ascii: "{") { rest.removeFirst() }
        if rest.last == UInt8(ascii: "}") { rest.removeLast() }
        var matchers: [LabelMatcher] = []
        for part in split(rest) { matchers.append(try matcher(String(decoding: part, as: UTF8.self))) }
        return matchers
    }

    private static func split(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var isQuoted = false
        var isEscaped = false
        for (index, byte) in zip(bytes.indices, bytes) {
            switch byte {
            case UInt8(ascii: ",") where !isQuoted:
                parts.append(bytes[start..<index])
                start = index + 1
            case UInt8(ascii: "\""):
                if isEscaped { isEscaped = false } else { isQuoted.toggle() }
            case UInt8(ascii: "\\"): isEscaped.toggle()
            // A comma in quotes ends no escape, as in Alertmanager.
            case UInt8(ascii: ","): break
            default: isEscaped = false
            }
        }
        let last = trimmed(String(decoding: bytes[start...], as: UTF8.self))
        if !last.isEmpty { parts.append(Array(last.utf8)[...]) }
        return parts
    }

    /// The text without space at its ends, of any script.
    private static func trimmed(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return String(scalars)
    }

    /// One matcher: name, operator, value, with space between them as one likes. A value may stand in double quotes, and `\"`, `\\` and `\n`
    /// are escapes within and without them; any other backslash stands for itself.
    static func matcher(_ text: String) throws(MatcherSyntaxError) -> LabelMatcher {
        let bytes = Array(text.utf8)
        var index = 0
        skipSpace(bytes, &index)
        let nameStart = index
        while index < bytes.count, isNameByte(bytes[index], isFirst: index == nameStart) { index += 1 }
        let name = String(decoding: bytes[nameStart..<index], as: UTF8.self)
        skipSpace(bytes, &index)
        guard !name.isEmpty, let (operation, width) = comparison(bytes[index...]) else {
            throw MatcherSyntaxError("bad matcher format: \(text)")
        }
        index += width
        skipSpace(bytes, &index)
        var end = bytes.count
        while end > index, isSpace(bytes[end - 1]) { end -= 1 }
        let value = try unescaped(bytes[index..<end])
        do {
            return try LabelMatcher(name, operation, value)
        } catch {
            throw MatcherSyntaxError("\(error)")
        }
    }

    private static func unescaped(_ written: ArraySlice<UInt8>) throws(MatcherSyntaxError) -> String {
        let fault = MatcherSyntaxError(
            "matcher value contains unescaped double quote: " + String(decoding: written, as: UTF8.self))
        var rest = written
        let isQuoted = rest.first == UInt8(ascii: "\"")
        if isQuoted { rest.removeFirst() }
        var value: [UInt8] = []
        var isClosed = !isQuoted
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else {
                    value.append(byte)
                    break
                }
                switch next {
                case UInt8(ascii: "n"): value.append(UInt8(ascii: "\n"))
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): value.append(next)
                default: value += [byte, next]
                }
            case UInt8(ascii: "\""):
                guard isQuoted, rest.isEmpty else { throw fault }
                isClosed = true
            default: value.append(byte)
            }
        }
        guard isClosed else { throw fault }
        return String(decoding: value, as: UTF8.self)
    }

    private static func comparison(_ rest: ArraySlice<UInt8>) -> (LabelMatcher.Operator, width: Int)? {
        for operation in [LabelMatcher.Operator.matches, .notMatches, .notEqual, .equal]
        where rest.starts(with: operation.rawValue.utf8) {
            return (operation, operation.rawValue.utf8.count)
        }
        return nil
    }

    private static func skipSpace(_ bytes: [UInt8], _ index: inout Int) {
        while index < bytes.count, isSpace(bytes[index]) { index += 1 }
    }

    /// `\s` of Go's regular expressions.
    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0c, 0x0d].contains(byte) }

    private static func isNameByte(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: ":"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): !isFirst
        default: false
        }
    }
}
