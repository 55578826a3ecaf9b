/// A pattern: literals and captures in turn, as `<ip> - <_> "<method> <path>`.
struct PatternExpression: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case literal([UInt8])
        /// Its name; nil for `<_>`.
        case capture(String?)
    }

    let parts: [Part]

    /// What a capture is called: a letter or `_`, then letters, digits and `_`. Anything else in angle brackets is a literal.
    private init(parsing text: String) throws(StageError) {
        let bytes = Array(text.utf8)
        var parts: [Part] = []
        var literal: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if let end = PatternExpression.captureEnd(bytes, position) {
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = []
                let name = String(decoding: bytes[position + 1..<end - 1], as: UTF8.self)
                parts.append(.capture(name == "_" ? nil : name))
                position = end
            } else {
                literal.append(bytes[position])
                position += 1
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        guard !parts.isEmpty else {
            throw StageError("parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL")
        }
        self.parts = parts
        try checkNeighbours()
    }

    /// A pattern for extraction: it has a named capture, no name twice, and something between captures.
    static func forExtraction(_ text: String) throws(StageError) -> PatternExpression {
        let pattern = try PatternExpression(parsing: text)
        let names = pattern.names
        guard !names.isEmpty else { throw StageError("at least one capture is required") }
        for (index, name) in names.enumerated() where names[..<index].contains(name) {
            throw StageError("duplicate capture name (\(name)): invalid expression")
        }
        return pattern
    }

    /// A pattern for a line filter: it has no named captures. An empty one matches empty lines only, and is nil.
    static func forFilter(_ text: String) throws(StageError) -> PatternExpression? {
        if text.isEmpty { return nil }
        let pattern = try PatternExpression(parsing: text)
        if let name = pattern.names.first { throw StageError("named captures are not allowed: found '<\(name)>'") }
        return pattern
    }

    /// The names of captures, in order.
    var names: [String] {
        parts.compactMap { if case .capture(let name?) = $0 { name } else { nil } }
    }

    private func checkNeighbours() throws(StageError) {
        for (first, second) in zip(parts, parts.dropFirst()) {
            guard case .capture(let first) = first, case .capture(let second) = second else { continue }
            throw StageError("found consecutive capture '<\(first ?? "_")><\(second ?? "_")>': invalid expression")
        }
    }

    /// The index behind the capture that starts at an index.
    private static func captureEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
        guard bytes[start] == UInt8(ascii: "<") else { return nil }
        var index = start + 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): index += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if index == start + 1 { return nil }
                index += 1
            case UInt8(ascii: ">"): return index == start + 1 ? nil : index + 1
            default: return nil
            }
        }
        return nil
    }
}
