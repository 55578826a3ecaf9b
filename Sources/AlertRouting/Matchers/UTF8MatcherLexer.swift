internal import GoTemplate
internal import TelemetryModel

/// A part of a text that the UTF-8 language of matchers tells apart, and where it stands.
struct MatcherToken {
    enum Kind { case end, openBrace, closeBrace, comma, equals, notEquals, matches, notMatches, quoted, unquoted }

    var kind: Kind
    var text: String
    /// Characters before its start and before its end.
    var columns: Range<Int>

    /// `0:5`, as errors show it.
    var place: String { "\(columns.lowerBound):\(columns.upperBound)" }

    /// What a name or value stands for.
    func unquoted() throws(MatcherSyntaxError) -> String {
        guard kind == .quoted else { return text }
        guard let bytes = StringLiteral.unquote(Array(text.utf8), quote: UInt8(ascii: "\"")),
            let value = String(validating: bytes, as: UTF8.self)
        else { throw MatcherSyntaxError("\(place): \(text): invalid input") }
        return value
    }
}

/// Takes a text in the UTF-8 language of matchers apart.
struct UTF8MatcherLexer {
    private let scalars: [Unicode.Scalar]
    private var start = 0
    private(set) var position = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// The next part, without taking it.
    func peek() throws(MatcherSyntaxError) -> MatcherToken {
        var copy = self
        return try copy.next()
    }

    /// The next part; at the end of the text one of kind ``MatcherToken/Kind/end``, again and again.
    mutating func next() throws(MatcherSyntaxError) -> MatcherToken {
        while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
        start = position
        guard position < scalars.count else { return token(.end) }
        let scalar = scalars[position]
        switch scalar {
        case "{", "}", ",":
            position += 1
            return token(scalar == "{" ? .openBrace : scalar == "}" ? .closeBrace : .comma)
        case "=", "!": return try comparison()
        case "\"": return try quoted()
        case _ where !MatcherText.isReserved(scalar):
            while position < scalars.count, !MatcherText.isReserved(scalars[position]) { position += 1 }
            return token(.unquoted)
        default:
            position += 1
            throw MatcherSyntaxError("\(token(.end).place): \(token(.end).text): invalid input")
        }
    }

    private func token(_ kind: MatcherToken.Kind) -> MatcherToken {
        MatcherToken(
            kind: kind, text: String(String.UnicodeScalarView(scalars[start..<position])), columns: start..<position)
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < scalars.count, scalars[position] == scalar else { return false }
        position += 1
        return true
    }

    private mutating func comparison() throws(MatcherSyntaxError) -> MatcherToken {
        if take("=") { return token(take("~") ? .matches : .equals) }
        position += 1
        if take("=") { return token(.notEquals) }
        if take("~") { return token(.notMatches) }
        let seen = token(.end)
        if position == scalars.count {
            throw MatcherSyntaxError("\(seen.place): unexpected end of input, expected one of '=~'")
        }
        throw MatcherSyntaxError("\(seen.place): \(seen.text): expected one of '=~'")
    }

    private mutating func quoted() throws(MatcherSyntaxError) -> MatcherToken {
        position += 1
        while position < scalars.count, scalars[position] != "\"" {
            position += scalars[position] == "\\" ? 2 : 1
        }
        position = min(position, scalars.count)
        guard take("\"") else {
            let seen = token(.end)
            throw MatcherSyntaxError("\(seen.place): \(seen.text): missing end \"")
        }
        return token(.quoted)
    }
}
