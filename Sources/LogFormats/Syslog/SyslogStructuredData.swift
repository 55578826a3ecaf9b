/// Structured data of RFC 5424, section 6.3: `[id name="value" …]…`, read in place.
public enum SyslogStructuredData {
    /// One parameter; ranges into the message's bytes.
    public struct Parameter {
        public var element: Range<Int>
        public var name: Range<Int>
        /// With its escapes; see ``unescaped(_:_:)``.
        public var value: Range<Int>
    }

    /// Steps over structured data and gives where its elements lie: empty for `-`. Nil, and the cursor stays, where it is none.
    static func read(_ cursor: inout TextCursor) -> Range<Int>? {
        var ahead = cursor
        let start = ahead.position
        if ahead.take("-") {
            cursor = ahead
            return start..<start
        }
        guard ahead.peek == UInt8(ascii: "[") else { return nil }
        guard walk(&ahead, { _ in }) else { return nil }
        cursor = ahead
        return start..<ahead.position
    }

    /// Gives each parameter of elements that were read.
    public static func parameters(of bytes: [UInt8], in range: Range<Int>, _ body: (Parameter) -> Void) {
        var cursor = TextCursor(bytes, range)
        _ = walk(&cursor, body)
    }

    /// A value without its backslashes before `"`, `\` and `]`.
    public static func unescaped(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < range.upperBound, "\"\\]".utf8.contains(bytes[index + 1]) { index += 1 }
            text.append(bytes[index])
            index += 1
        }
        return text
    }

    private static func walk(_ cursor: inout TextCursor, _ body: (Parameter) -> Void) -> Bool {
        while cursor.take("[") {
            let element = name(&cursor)
            guard !element.isEmpty else { return false }
            while true {
                if cursor.take("]") { break }
                guard cursor.take(" ") else { return false }
                cursor.skipBlanks()
                if cursor.take("]") { break }
                let parameter = name(&cursor)
                guard !parameter.isEmpty, cursor.take("="), cursor.take("\"") else { return false }
                let start = cursor.position
                while let byte = cursor.peek, byte != UInt8(ascii: "\"") {
                    if cursor.take("\\"), cursor.isAtEnd { return false }
                    guard cursor.peek != nil else { return false }
                    _ = cursor.takeWhile(max: 1) { _ in true }
                }
                let value = start..<cursor.position
                guard cursor.take("\"") else { return false }
                body(Parameter(element: element, name: parameter, value: value))
            }
        }
        return true
    }

    private static func name(_ cursor: inout TextCursor) -> Range<Int> {
        cursor.takeWhile(max: 256) {
            $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: "\"")
        }
    }
}
