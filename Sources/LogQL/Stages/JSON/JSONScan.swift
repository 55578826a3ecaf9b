/// What is wrong with a JSON text, in the words that Loki shows in `__error_details__`.
enum JSONFault: String, Error, Sendable {
    case malformedObject = "Value looks like object, but can't find closing '}' symbol"
    case malformedArray = "Value is array, but can't find closing ']' symbol"
    case malformedString = "Value is string, but can't find closing '\"' symbol"
    case malformedEscape = "Encountered an invalid escape sequence in a string"
    case unknownValue = "Unknown value type"
    case malformed = "Malformed JSON error"
    case nestedTooDeep = "objects are nested too deep"
}

/// Finds the values of a JSON text and checks no more than that needs: what is inside of a number, an array or an object that nobody asks
/// for does not matter. Loki reads lines that way, so lines that are not quite JSON give the labels that they give there.
struct JSONScan {
    enum Kind: Sendable {
        case object, array, string, number, boolean, null
    }

    /// A value: where it lies (a string without its quotes), and where it ends.
    struct Value {
        var kind: Kind
        var range: Range<Int>
        var end: Int
        /// For strings: whether there are backslashes.
        var hasEscapes = false
    }

    let bytes: [UInt8]

    /// The next byte that is no blank, at an index or behind it.
    func nextToken(_ start: Int, _ end: Int) -> Int? {
        var index = start
        while index < end {
            switch bytes[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index += 1
            default: return index
            }
        }
        return nil
    }

    /// Where the quote is that ends a string which starts at an index.
    func stringEnd(_ start: Int, _ end: Int) -> (end: Int, hasEscapes: Bool)? {
        var index = start
        var hasEscapes = false
        while index < end {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") { return (index, hasEscapes) }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index += 1
            }
            index += 1
        }
        return nil
    }

    /// The index behind the mark that closes the block which opens at an index.
    func blockEnd(_ start: Int, _ end: Int, _ opening: UInt8, _ closing: UInt8) -> Int? {
        var level = 0
        var index = start
        while index < end {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                guard let string = stringEnd(index + 1, end) else { return nil }
                index = string.end
            } else if byte == opening {
                level += 1
            } else if byte == closing {
                level -= 1
                if level == 0 { return index + 1 }
            }
            index += 1
        }
        return nil
    }

    /// The value that starts at an index or behind it.
    func value(_ start: Int, _ end: Int) throws(JSONFault) -> Value {
        guard let start = nextToken(start, end) else { throw .malformed }
        switch bytes[start] {
        case UInt8(ascii: "\""):
            guard let string = stringEnd(start + 1, end) else { throw .malformedString }
            return Value(kind: .string, range: start + 1..<string.end, end: string.end + 1, hasEscapes: string.hasEscapes)
        case UInt8(ascii: "["):
            guard let close = blockEnd(start, end, UInt8(ascii: "["), UInt8(ascii: "]")) else { throw .malformedArray }
            return Value(kind: .array, range: start..<close, end: close)
        case UInt8(ascii: "{"):
            guard let close = blockEnd(start, end, UInt8(ascii: "{"), UInt8(ascii: "}")) else { throw .malformedObject }
            return Value(kind: .object, range: start..<close, end: close)
        case let first:
            var close = start
            scan: while close < end {
                switch bytes[close] {
                case 0x20, 0x0a, 0x0d, 0x09, UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"): break scan
                default: close += 1
                }
            }
            let kind: Kind
            switch first {
            case UInt8(ascii: "t") where spells("true", start..<close), UInt8(ascii: "f") where spells("false", start..<close):
                kind = .boolean
            case UInt8(ascii: "n") where spells("null", start..<close): kind = .null
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): kind = .number
            default: throw .unknownValue
            }
            return Value(kind: kind, range: start..<close, end: close)
        }
    }

    private func spells(_ word: StaticString, _ range: Range<Int>) -> Bool {
        word.withUTF8Buffer { bytes[range].elementsEqual($0) }
    }
}

/// Walks the members of an object, from its brace on.
struct JSONMembers {
    let scan: JSONScan
    private var position: Int
    private let end: Int
    /// The name of the member that was reached last, with its escapes.
    private(set) var key: Range<Int> = 0..<0
    private(set) var keyHasEscapes = false
    private var isFirst = true

    /// - Parameter range: where the object lies, perhaps with blanks around it.
    init(_ scan: JSONScan, _ range: Range<Int>) throws(JSONFault) {
        self.scan = scan
        end = range.upperBound
        guard let start = scan.nextToken(range.lowerBound, end), scan.bytes[start] == UInt8(ascii: "{") else { throw .malformedObject }
        position = start + 1
    }

    /// The value of the next member, whose name is ``key``; nil behind the last one.
    mutating func next() throws(JSONFault) -> JSONScan.Value? {
        guard let start = scan.nextToken(position, end) else { throw isFirst ? .malformed : .malformedArray }
        position = start
        if !isFirst {
            switch scan.bytes[position] {
            case UInt8(ascii: "}"): return nil
            case UInt8(ascii: ","):
                guard let start = scan.nextToken(position + 1, end) else { throw .malformedArray }
                position = start
            default: throw .malformedObject
            }
        }
        isFirst = false
        switch scan.bytes[position] {
        case UInt8(ascii: "\""): break
        case UInt8(ascii: "}"): return nil
        default: throw .malformedObject
        }
        guard let name = scan.stringEnd(position + 1, end) else { throw .malformed }
        key = position + 1..<name.end
        keyHasEscapes = name.hasEscapes
        guard let colon = scan.nextToken(name.end + 1, end), scan.bytes[colon] == UInt8(ascii: ":") else { throw .malformed }
        let value = try scan.value(colon + 1, end)
        position = value.end
        return value
    }
}

/// Walks the elements of an array.
struct JSONElements {
    let scan: JSONScan
    private var position: Int
    private let end: Int
    private var isFirst = true

    /// - Parameter range: where the array lies, its brackets included.
    init(_ scan: JSONScan, _ range: Range<Int>) {
        self.scan = scan
        position = min(range.lowerBound + 1, range.upperBound)
        end = range.upperBound
    }

    /// The next element; nil behind the last one and where the array is damaged.
    mutating func next() -> JSONScan.Value? {
        guard var start = scan.nextToken(position, end), scan.bytes[start] != UInt8(ascii: "]") else { return nil }
        if !isFirst {
            guard scan.bytes[start] == UInt8(ascii: ",") else { return nil }
            start += 1
        }
        isFirst = false
        guard let value = try? scan.value(start, end) else { return nil }
        position = value.end
        return value
    }
}
