/// Where a value stands in a JSON text, as an expression of a query names it: `request.headers["x-id"].parts[0]`.
struct JSONPath: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        case key([UInt8])
        case index(Int)
    }

    let steps: [Step]

    /// Reads an expression.
    init(_ text: String) throws(StageError) {
        var parser = JSONPathParser(Array(text.utf8))
        do {
            steps = try parser.parse()
        } catch {
            throw StageError("cannot parse expression [\(text)]: \(error.message)")
        }
    }
}

private struct JSONPathParser {
    private enum Token: Equatable {
        case end, dot, open, close
        case field([UInt8])
        case string([UInt8])
        case index(Int)

        /// As errors name it.
        var name: String {
            switch self {
            case .end: "$end"
            case .dot: "DOT"
            case .open: "LSB"
            case .close: "RSB"
            case .field: "FIELD"
            case .string: "STRING"
            case .index: "INDEX"
            }
        }
    }

    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    mutating func parse() throws(StageError) -> [JSONPath.Step] {
        var steps: [JSONPath.Step] = []
        switch try next() {
        case .field(let name): steps.append(.key(name))
        case .open: steps.append(try bracketed())
        case let token: throw unexpected(token, "FIELD or LSB")
        }
        while true {
            switch try next() {
            case .end: return steps
            case .open: steps.append(try bracketed())
            case .dot:
                guard case .field(let name) = try next() else { throw StageError("syntax error: unexpected token, expecting FIELD") }
                steps.append(.key(name))
            case let token: throw unexpected(token, nil)
            }
        }
    }

    private mutating func bracketed() throws(StageError) -> JSONPath.Step {
        let step: JSONPath.Step
        switch try next() {
        case .string(let name): step = .key(name)
        case .index(let index): step = .index(index)
        case let token: throw unexpected(token, "STRING or INDEX")
        }
        let token = try next()
        guard token == .close else { throw unexpected(token, "RSB") }
        return step
    }

    private func unexpected(_ token: Token, _ expected: String?) -> StageError {
        StageError("syntax error: unexpected \(token.name)" + (expected.map { ", expecting " + $0 } ?? ""))
    }

    private mutating func next() throws(StageError) -> Token {
        while position < text.count, [0x20, 0x09, 0x0a].contains(text[position]) { position += 1 }
        guard position < text.count else { return .end }
        let byte = text[position]
        switch byte {
        case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "."):
            position += 1
            return byte == UInt8(ascii: ".") ? .dot : byte == UInt8(ascii: "[") ? .open : .close
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return try index()
        case UInt8(ascii: "\""): return .string(string())
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            let start = position
            while position < text.count, JSONPathParser.isIdentifier(text[position]) { position += 1 }
            return .field(Array(text[start..<position]))
        default: throw StageError("unexpected char \(character)")
        }
    }

    /// The character at the position, for an error.
    private var character: String { String(decoding: text[position...].prefix(4), as: UTF8.self).prefix(1).description }

    private static func isIdentifier(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    }

    private mutating func index() throws(StageError) -> Token {
        let start = position
        while position < text.count, ![0x20, 0x09, 0x0a, UInt8(ascii: "]")].contains(text[position]) {
            if text[position] == UInt8(ascii: ".") { throw StageError("cannot use float as array index") }
            guard (0x30...0x39).contains(text[position]) else { throw StageError("non-integer value: \(character)") }
            position += 1
        }
        let digits = String(decoding: text[start..<position], as: UTF8.self)
        guard let index = Int(digits) else {
            throw StageError("strconv.Atoi: parsing \"\(digits)\": value out of range")
        }
        return .index(index)
    }

    /// Up to the closing quote, or up to a bracket, as Loki has it.
    private mutating func string() -> [UInt8] {
        position += 1
        let start = position
        while position < text.count, text[position] != UInt8(ascii: "\""), text[position] != UInt8(ascii: "]") { position += 1 }
        let name = Array(text[start..<position])
        if position < text.count { position += 1 }
        return name
    }
}
