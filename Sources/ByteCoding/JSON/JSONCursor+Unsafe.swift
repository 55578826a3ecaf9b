/// Walks a JSON text (RFC 8259) in memory that the caller keeps alive: for the hottest paths, where a string for each name costs too much.
/// Nothing traps, whatever the bytes.
///
///     try cursor.beginObject()
///     while let name = try cursor.nextKey() {
///         if cursor.equals(name, "values") { … } else { try cursor.skipValue() }
///     }
///     try cursor.finish()
///
/// After ``nextKey()`` and after a true ``nextElement()`` exactly one value must be read or skipped. A cursor is a value: a copy of it reads the
/// same text again from where it stood. Bytes within strings are not checked to be UTF-8.
///
/// - Precondition: the memory stays as it is for as long as the cursor is used.
public struct JSONCursor {
    /// A string without its quotes, as it stands in the text.
    public struct Text: Sendable, Hashable {
        public let range: Range<Int>
        public let hasEscapes: Bool
    }

    @usableFromInline let base: UnsafePointer<UInt8>
    /// Offset of the next byte.
    public private(set) var position: Int
    /// Offset behind the last byte.
    public let end: Int
    private var depth = 0
    private var needsComma = false

    /// How many objects and arrays may stand within each other.
    public static let depthMax = 64

    public init(_ bytes: UnsafeBufferPointer<UInt8>) {
        // An empty buffer may have no address; none of it is read then.
        base = bytes.baseAddress ?? UnsafePointer(bitPattern: 8).unsafelyUnwrapped
        position = 0
        end = bytes.count
    }

    /// The bytes of an offset range that a read gave.
    @inlinable
    public func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    /// Whether a string without escapes is exactly this.
    @inlinable
    public func equals(_ text: Text, _ word: StaticString) -> Bool {
        guard !text.hasEscapes, text.range.count == word.utf8CodeUnitCount else { return false }
        let start = base + text.range.lowerBound
        return word.withUTF8Buffer { word in
            for offset in 0..<word.count where start[offset] != word[offset] { return false }
            return true
        }
    }

    // MARK: - Structure

    /// What kind of value comes next.
    public mutating func peekKind() throws(JSONFault) -> JSONReader.Kind {
        switch peek() {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case 0 where position >= end: throw JSONFault("the text ends early", at: position)
        default: throw JSONFault("expected a value", at: position)
        }
    }

    /// Steps into an object; ``nextKey()`` gives its names.
    public mutating func beginObject() throws(JSONFault) { try begin(UInt8(ascii: "{"), "expected an object") }

    /// Steps into an array; ``nextElement()`` says whether there is another element.
    public mutating func beginArray() throws(JSONFault) { try begin(UInt8(ascii: "["), "expected an array") }

    /// The name of the object's next member, whose value comes next; nil where the object ends.
    public mutating func nextKey() throws(JSONFault) -> Text? {
        if take(UInt8(ascii: "}")) {
            close()
            return nil
        }
        try separate(UInt8(ascii: "}"), "expected a comma or }")
        guard peek() == UInt8(ascii: "\"") else { throw JSONFault("expected a name in quotes", at: position) }
        let key = try readText()
        guard take(UInt8(ascii: ":")) else { throw JSONFault("expected a colon", at: position) }
        needsComma = false
        return key
    }

    /// Whether the array has another element, which comes next; after false the array is left.
    public mutating func nextElement() throws(JSONFault) -> Bool {
        if take(UInt8(ascii: "]")) {
            close()
            return false
        }
        try separate(UInt8(ascii: "]"), "expected a comma or ]")
        return true
    }

    /// Says that nothing may follow.
    public mutating func finish() throws(JSONFault) {
        _ = peek()
        if position < end { throw JSONFault("expected the end of the text", at: position) }
    }

    /// Whether nothing but blanks follows.
    public mutating func isAtEnd() -> Bool {
        _ = peek()
        return position >= end
    }

    /// Steps over a value of any kind, which is checked all the same; gives its place.
    @discardableResult
    public mutating func skipValue() throws(JSONFault) -> Range<Int> {
        let kind = try peekKind()
        let start = position
        switch kind {
        case .object:
            try beginObject()
            while try nextKey() != nil { try skipValue() }
        case .array:
            try beginArray()
            while try nextElement() { try skipValue() }
        case .string: _ = try readText()
        case .number: _ = try readNumber()
        case .bool: _ = try readBool()
        case .null: try readNull()
        }
        return start..<position
    }

    // MARK: - Values

    /// Reads a string without making one. Its escapes are checked.
    public mutating func readText() throws(JSONFault) -> Text {
        guard peek() == UInt8(ascii: "\"") else { throw JSONFault("expected a string", at: position) }
        let start = position + 1
        var index = start
        var hasEscapes = false
        while true {
            index = JSONCursor.plainEnd(base, index, end)
            guard index < end else { throw JSONFault("the quote is never closed", at: start - 1) }
            switch base[index] {
            case UInt8(ascii: "\""):
                position = index + 1
                needsComma = true
                return Text(range: start..<index, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                index = try escapeEnd(index)
            default: throw JSONFault("a control character must be escaped", at: index)
            }
        }
    }

    /// Reads a number without making one.
    public mutating func readNumber() throws(JSONFault) -> JSONReader.Number {
        _ = peek()
        let start = position
        var index = start
        if index < end, base[index] == UInt8(ascii: "-") { index += 1 }
        let first = index
        try skipDigits(&index)
        if base[first] == UInt8(ascii: "0"), index > first + 1 { throw JSONFault("expected a number", at: start) }
        var isWhole = true
        if index < end, base[index] == UInt8(ascii: ".") {
            isWhole = false
            index += 1
            try skipDigits(&index)
        }
        if index < end, base[index] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            index += 1
            if index < end, base[index] == UInt8(ascii: "-") || base[index] == UInt8(ascii: "+") { index += 1 }
            try skipDigits(&index)
        }
        position = index
        needsComma = true
        return JSONReader.Number(range: start..<index, isWhole: isWhole)
    }

    /// Reads `true` or `false`.
    public mutating func readBool() throws(JSONFault) -> Bool {
        if peek() == UInt8(ascii: "t") {
            try readWord("true")
            return true
        }
        try readWord("false")
        return false
    }

    /// Reads `null`.
    public mutating func readNull() throws(JSONFault) {
        _ = peek()
        try readWord("null")
    }

    // MARK: - Bytes

    /// The next byte that is no blank; 0 at the end, and for a byte that is 0.
    private mutating func peek() -> UInt8 {
        while position < end {
            let byte = base[position]
            if byte > 0x20 { return byte }
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
            position += 1
        }
        return 0
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func begin(_ byte: UInt8, _ message: StaticString) throws(JSONFault) {
        guard peek() == byte else { throw JSONFault(message, at: position) }
        guard depth < JSONCursor.depthMax else { throw JSONFault("more than 64 objects and arrays within each other", at: position) }
        position += 1
        depth += 1
        needsComma = false
    }

    private mutating func close() {
        depth -= 1
        needsComma = true
    }

    private mutating func separate(_ closing: UInt8, _ message: StaticString) throws(JSONFault) {
        guard needsComma else { return }
        guard take(UInt8(ascii: ",")) else { throw JSONFault(message, at: position) }
        needsComma = false
        if peek() == closing { throw JSONFault("expected a value behind the comma", at: position) }
    }

    private mutating func readWord(_ word: StaticString) throws(JSONFault) {
        let length = word.utf8CodeUnitCount
        let matches =
            length <= end - position
            && word.withUTF8Buffer { word in
                for offset in 0..<length where base[position + offset] != word[offset] { return false }
                return true
            }
        guard matches else { throw JSONFault("expected a value", at: position) }
        position += length
        needsComma = true
    }

    private func skipDigits(_ index: inout Int) throws(JSONFault) {
        let start = index
        while index < end, base[index] &- 0x30 < 10 { index += 1 }
        if index == start { throw JSONFault("expected a number", at: start) }
    }

    /// Where an escape ends that begins at an offset.
    private func escapeEnd(_ start: Int) throws(JSONFault) -> Int {
        guard start + 1 < end else { throw JSONFault("the text ends early", at: end) }
        switch base[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"),
            UInt8(ascii: "b"), UInt8(ascii: "f"):
            return start + 2
        case UInt8(ascii: "u"):
            guard start + 6 <= end else { throw JSONFault("the text ends early", at: end) }
            for index in start + 2..<start + 6 where Hexadecimal.value(of: base[index]) == nil {
                throw JSONFault("expected four hexadecimal digits", at: index)
            }
            return start + 6
        default: throw JSONFault("unknown escape", at: start)
        }
    }

    /// The first offset at or behind `start` of a quote, a backslash or a control character; `end` where there is none.
    ///
    /// - Precondition: `start` and `end` lie within the memory.
    private static func plainEnd(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index &+ 8 <= end {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
            // The lowest of the bits found is right; those above it may come of a borrow.
            let quotes = word ^ (ones &* 0x22)
            let slashes = word ^ (ones &* 0x5c)
            let found =
                ((quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word) & (ones &* 0x80)
            if found != 0 { return index &+ found.trailingZeroBitCount >> 3 }
            index &+= 8
        }
        while index < end {
            let byte = base[index]
            if byte == 0x22 || byte == 0x5c || byte < 0x20 { return index }
            index &+= 1
        }
        return end
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
}

/// JSON that cannot be read: what is wrong and where, without text being made for it.
public struct JSONFault: Error, Sendable {
    public let message: StaticString
    /// The byte at fault, from the start of the text.
    public let offset: Int

    public init(_ message: StaticString, at offset: Int) {
        self.message = message
        self.offset = offset
    }
}

/// Memory for strings whose escapes are resolved, one at a time.
public struct UnescapedText: ~Copyable {
    private var memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 512)

    public init() {}

    deinit { memory.deallocate() }

    /// The bytes that a string of a cursor stands for: in place where it has no escapes. Halves of surrogate pairs become U+FFFD.
    ///
    /// The bytes are valid until the next call.
    public mutating func bytes(of text: JSONCursor.Text, _ cursor: JSONCursor) -> UnsafeBufferPointer<UInt8> {
        let source = cursor.bytes(text.range)
        guard text.hasEscapes else { return source }
        // No escape stands for more bytes than it has; eight more are written beyond the end at most.
        if memory.count < source.count + 8 {
            memory.deallocate()
            memory = .allocate(capacity: max(source.count + 8, 2 * memory.count))
        }
        return UnsafeBufferPointer(rebasing: memory[..<UnescapedText.unescape(source, into: memory.baseAddress!)])
    }

    /// Writes what escaped bytes stand for, and gives their number.
    ///
    /// - Precondition: the escapes were checked; there is room for the bytes of the source and eight more.
    private static func unescape(_ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutablePointer<UInt8>) -> Int {
        guard let base = source.baseAddress else { return 0 }
        let end = source.count
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = 0
        var written = 0
        while index < end {
            if index &+ 8 <= end {
                let word = UInt64(littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
                let slashes = word ^ (ones &* 0x5c)
                let found = (slashes &- ones) & ~slashes & (ones &* 0x80)
                UnsafeMutableRawPointer(target + written).storeBytes(of: word.littleEndian, as: UInt64.self)
                let plain = found == 0 ? 8 : found.trailingZeroBitCount >> 3
                index &+= plain
                written &+= plain
                if found == 0 { continue }
            } else if base[index] != UInt8(ascii: "\\") {
                target[written] = base[index]
                index &+= 1
                written &+= 1
                continue
            }
            unescapeOne(base, &index, end, target, &written)
        }
        return written
    }

    private static func unescapeOne(
        _ base: UnsafePointer<UInt8>, _ index: inout Int, _ end: Int, _ target: UnsafeMutablePointer<UInt8>, _ written: inout Int
    ) {
        let byte = base[index &+ 1]
        index &+= 2
        switch byte {
        case UInt8(ascii: "n"): target[written] = 0x0a
        case UInt8(ascii: "r"): target[written] = 0x0d
        case UInt8(ascii: "t"): target[written] = 0x09
        case UInt8(ascii: "b"): target[written] = 0x08
        case UInt8(ascii: "f"): target[written] = 0x0c
        case UInt8(ascii: "u"):
            var unit = codeUnit(base + index)
            index &+= 4
            if (0xd800..<0xdc00).contains(unit), index &+ 6 <= end, base[index] == UInt8(ascii: "\\"), base[index &+ 1] == UInt8(ascii: "u")
            {
                let low = codeUnit(base + index + 2)
                if (0xdc00..<0xe000).contains(low) {
                    unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
                    index &+= 6
                }
            }
            for byte in String(Character(Unicode.Scalar(unit) ?? "\u{fffd}")).utf8 {
                target[written] = byte
                written &+= 1
            }
            return
        default: target[written] = byte
        }
        written &+= 1
    }

    private static func codeUnit(_ digits: UnsafePointer<UInt8>) -> UInt32 {
        (0..<4).reduce(0) { $0 << 4 | UInt32(Hexadecimal.value(of: digits[$1]) ?? 0) }
    }
}
