/// Finds the leaves of JSON objects in lines.
///
/// Reads only below the count of the run it is given.
enum LineScanner {
    /// What a leaf is; the numbers are stored.
    enum Kind: UInt8, Sendable { case string = 0, number, boolean, null, array }

    /// Where a leaf lies in its line: of strings, what is between the quotes.
    struct Span: Sendable {
        var start: UInt32
        var count: UInt32
    }

    /// Deeper objects and arrays are left as text.
    static let depthMax = 32

    typealias Bytes = UnsafePointer<UInt8>

    /// The place behind a string's closing quote, from behind its opening one; nil where it is none. `high` tells of bytes that are not ASCII.
    @inline(__always)
    static func endOfString(_ bytes: Bytes, _ start: Int, _ count: Int, _ high: inout UInt8) -> Int? {
        var index = start
        while index < count {
            let byte = bytes[index]
            if byte == 0x22 { return index &+ 1 }
            if byte == 0x5c {
                guard let next = endOfEscape(bytes, index, count) else { return nil }
                index = next
                continue
            }
            if byte < 0x20 { return nil }
            high |= byte
            index &+= 1
        }
        return nil
    }

    private static func endOfEscape(_ bytes: Bytes, _ start: Int, _ count: Int) -> Int? {
        guard start + 1 < count else { return nil }
        switch bytes[start + 1] {
        case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: return start + 2
        case 0x75:
            guard start + 6 <= count else { return nil }
            for index in start + 2..<start + 6 where !isHexadecimal(bytes[index]) { return nil }
            return start + 6
        default: return nil
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66 }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The place behind a number as JSON has them.
    @inline(__always)
    static func endOfNumber(_ bytes: Bytes, _ start: Int, _ count: Int) -> Int? {
        var index = start
        if index < count, bytes[index] == 0x2d { index &+= 1 }
        guard index < count, isDigit(bytes[index]) else { return nil }
        if bytes[index] == 0x30 {
            index &+= 1
        } else {
            while index < count, isDigit(bytes[index]) { index &+= 1 }
        }
        if index < count, bytes[index] == 0x2e {
            index &+= 1
            guard index < count, isDigit(bytes[index]) else { return nil }
            while index < count, isDigit(bytes[index]) { index &+= 1 }
        }
        if index < count, bytes[index] | 0x20 == 0x65 {
            index &+= 1
            if index < count, bytes[index] == 0x2b || bytes[index] == 0x2d { index &+= 1 }
            guard index < count, isDigit(bytes[index]) else { return nil }
            while index < count, isDigit(bytes[index]) { index &+= 1 }
        }
        return index
    }

    /// The place behind `true` or `false`.
    @inline(__always)
    static func endOfBoolean(_ bytes: Bytes, _ start: Int, _ count: Int) -> Int? {
        if start + 4 <= count, bytes[start] == 0x74 { return isWord(bytes, start, [0x74, 0x72, 0x75, 0x65]) ? start + 4 : nil }
        if start + 5 <= count, bytes[start] == 0x66 { return isWord(bytes, start, [0x66, 0x61, 0x6c, 0x73, 0x65]) ? start + 5 : nil }
        return nil
    }

    @inline(__always)
    static func endOfNull(_ bytes: Bytes, _ start: Int, _ count: Int) -> Int? {
        start + 4 <= count && isWord(bytes, start, [0x6e, 0x75, 0x6c, 0x6c]) ? start + 4 : nil
    }

    private static func isWord(_ bytes: Bytes, _ start: Int, _ word: [UInt8]) -> Bool {
        for (offset, byte) in word.enumerated() where bytes[start + offset] != byte { return false }
        return true
    }

    @inline(__always)
    static func skipSpace(_ bytes: Bytes, _ start: Int, _ count: Int) -> Int {
        var index = start
        while index < count, bytes[index] == 0x20 || bytes[index] == 0x0a || bytes[index] == 0x0d || bytes[index] == 0x09 { index &+= 1 }
        return index
    }

    /// The place behind an array.
    static func endOfArray(_ bytes: Bytes, _ start: Int, _ count: Int, _ high: inout UInt8, depth: Int = 1) -> Int? {
        guard start < count, bytes[start] == 0x5b else { return nil }
        return endOfValue(bytes, start, count, &high, depth: depth)
    }

    /// The place behind any value.
    private static func endOfValue(_ bytes: Bytes, _ start: Int, _ count: Int, _ high: inout UInt8, depth: Int) -> Int? {
        guard start < count, depth <= depthMax else { return nil }
        switch bytes[start] {
        case 0x22: return endOfString(bytes, start + 1, count, &high)
        case 0x74, 0x66: return endOfBoolean(bytes, start, count)
        case 0x6e: return endOfNull(bytes, start, count)
        case 0x5b, 0x7b:
            let isObject = bytes[start] == 0x7b
            let close: UInt8 = isObject ? 0x7d : 0x5d
            var index = skipSpace(bytes, start + 1, count)
            if index < count, bytes[index] == close { return index + 1 }
            while true {
                if isObject {
                    guard index < count, bytes[index] == 0x22, let key = endOfString(bytes, index + 1, count, &high) else { return nil }
                    index = skipSpace(bytes, key, count)
                    guard index < count, bytes[index] == 0x3a else { return nil }
                    index = skipSpace(bytes, index + 1, count)
                }
                guard let end = endOfValue(bytes, index, count, &high, depth: depth + 1) else { return nil }
                index = skipSpace(bytes, end, count)
                guard index < count else { return nil }
                if bytes[index] == close { return index + 1 }
                guard bytes[index] == 0x2c else { return nil }
                index = skipSpace(bytes, index + 1, count)
            }
        default: return endOfNumber(bytes, start, count)
        }
    }

    /// Finds the leaves of a line that is a JSON object.
    ///
    /// - Parameter found: told of each leaf, and of each key and each end of an object within the line, in the order of the text.
    /// - Returns: whether the line is one; what was found is to be forgotten otherwise.
    static func scan(_ line: Run, _ found: (Event) -> Void) -> Bool {
        let bytes = line.base.assumingMemoryBound(to: UInt8.self)
        var high: UInt8 = 0
        let start = skipSpace(bytes, 0, line.count)
        guard start < line.count, bytes[start] == 0x7b,
            let end = scanObject(bytes, start, line.count, &high, depth: 1, found), skipSpace(bytes, end, line.count) == line.count
        else { return false }
        return high < 0x80 || isUnicode(line)
    }

    enum Event {
        case key(start: Int, end: Int)
        case leaf(Kind, start: Int, end: Int)
        case objectEnd
    }

    private static func scanObject(
        _ bytes: Bytes, _ start: Int, _ count: Int, _ high: inout UInt8, depth: Int, _ found: (Event) -> Void
    ) -> Int? {
        guard depth <= depthMax else { return nil }
        var index = skipSpace(bytes, start + 1, count)
        if index < count, bytes[index] == 0x7d {
            found(.objectEnd)
            return index + 1
        }
        while true {
            guard index < count, bytes[index] == 0x22, let key = endOfString(bytes, index + 1, count, &high) else { return nil }
            found(.key(start: index + 1, end: key - 1))
            index = skipSpace(bytes, key, count)
            guard index < count, bytes[index] == 0x3a else { return nil }
            index = skipSpace(bytes, index + 1, count)
            guard index < count else { return nil }
            let end: Int?
            switch bytes[index] {
            case 0x7b: end = scanObject(bytes, index, count, &high, depth: depth + 1, found)
            case 0x22:
                end = endOfString(bytes, index + 1, count, &high)
                if let end { found(.leaf(.string, start: index + 1, end: end - 1)) }
            default:
                let kind: Kind =
                    bytes[index] == 0x5b ? .array : bytes[index] == 0x6e ? .null : bytes[index] | 0x12 == 0x76 ? .boolean : .number
                end = endOfLeaf(kind, bytes, index, count, &high)
                if let end { found(.leaf(kind, start: index, end: end)) }
            }
            guard let end else { return nil }
            index = skipSpace(bytes, end, count)
            guard index < count else { return nil }
            if bytes[index] == 0x7d {
                found(.objectEnd)
                return index + 1
            }
            guard bytes[index] == 0x2c else { return nil }
            index = skipSpace(bytes, index + 1, count)
        }
    }

    /// The place behind a leaf that is no string.
    @inline(__always)
    static func endOfLeaf(_ kind: Kind, _ bytes: Bytes, _ start: Int, _ count: Int, _ high: inout UInt8) -> Int? {
        switch kind {
        case .number: endOfNumber(bytes, start, count)
        case .boolean: endOfBoolean(bytes, start, count)
        case .null: endOfNull(bytes, start, count)
        case .array: endOfArray(bytes, start, count, &high)
        case .string: nil
        }
    }

    static func isUnicode(_ line: Run) -> Bool { String(validating: line.bytes, as: UTF8.self) != nil }
}
