internal import QueryModel
internal import TelemetryModel

/// How deep a query may nest. Both are far beyond what people write, and keep every walk over the tree within a thread's stack.
enum SyntaxLimit {
    /// Parentheses, calls, signs and right-hand sides inside one another.
    static let nesting = 250
    /// The height of the tree; a chain `a + b + c + …` grows it by one an operator.
    static let height = 1000
}

/// A recursive descent parser with precedence climbing. It stops at the first fault.
///
/// A token is read from the lexer only when a decision needs it, and faults in meaning are raised as soon as their construct is complete:
/// so of several faults in one text the first in Prometheus' order is the one that is reported.
struct Parser {
    /// Where the parser stands, for the words of an error: `unexpected … in offset, expected number, …`.
    struct Context {
        var place: StaticString = ""
        var expected: StaticString = ""
    }

    /// An expression on its way into the tree, with what its parent asks of it.
    struct Operand {
        var expression: Expression
        var type: ValueType
        var height: Int
    }

    let features: LanguageFeatures
    var lexer: Lexer
    var context = Context()
    private var lookahead: Token?
    private var nesting = 0

    init(_ text: [UInt8], features: LanguageFeatures) {
        self.features = features
        lexer = Lexer(text)
    }

    // MARK: Entry points

    /// The whole text as one expression, not yet type checked.
    mutating func parseExpression() throws(SyntaxFault) -> Expression {
        if try peek().kind == .endOfInput { throw SyntaxFault("no expression found in input", at: SourceRange(0, 0)) }
        let result = try expression(above: .lowest).expression
        try expectEnd()
        return result
    }

    // MARK: Expressions

    /// Binding strengths, weakest first.
    struct Precedence: Comparable {
        let rank: Int
        var isRightAssociative: Bool { rank == Precedence.power.rank }
        /// What a right-hand side may hold.
        var ofRightSide: Precedence { isRightAssociative ? self : Precedence(rank: rank + 1) }

        static let lowest = Precedence(rank: 1)
        static let power = Precedence(rank: 6)
        static func < (left: Precedence, right: Precedence) -> Bool { left.rank < right.rank }
    }

    /// An expression whose operators all bind at least as strongly as `least`.
    mutating func expression(above least: Precedence) throws(SyntaxFault) -> Operand {
        try enter()
        defer { nesting -= 1 }
        var left = try signedOperand()
        while true {
            let token = try peek()
            guard let `operator` = token.kind.binaryOperator, `operator`.precedence >= least else { return left }
            advance()
            let modifiers = try binaryModifiers()
            let right = try expression(above: `operator`.precedence.ofRightSide)
            left = try binary(`operator`, left, right, modifiers)
        }
    }

    /// An operand with the signs before it. A sign binds as strongly as multiplication, so weaker than `^`.
    private mutating func signedOperand() throws(SyntaxFault) -> Operand {
        let sign = try peek()
        guard sign.kind == .add || sign.kind == .subtract else { return try modifiedOperand() }
        advance()
        var operand = try expression(above: .power)
        let isNegation = sign.kind == .subtract
        if case .number(var literal) = operand.expression {
            if isNegation { literal.value = -literal.value }
            literal.position.start = sign.start
            operand.expression = .number(literal)
            return operand
        }
        let position = SourceRange(sign.start, operand.expression.position.end)
        operand.expression = .unary(UnaryOperation(isNegation: isNegation, operand: operand.expression, position: position))
        return try grown(operand)
    }

    /// An operand with the ranges, offsets and anchors after it.
    private mutating func modifiedOperand() throws(SyntaxFault) -> Operand {
        var operand = try primary()
        while true {
            switch try peek().kind {
            case .leftBracket: operand = try rangeOrSubquery(of: operand)
            case .offset: operand.expression = try offset(of: operand.expression)
            case .at: operand.expression = try anchor(of: operand.expression)
            case .anchored: operand.expression = try boundary(.anchored, of: operand.expression)
            case .smoothed: operand.expression = try boundary(.smoothed, of: operand.expression)
            default: return operand
            }
        }
    }

    private mutating func primary() throws(SyntaxFault) -> Operand {
        let token = try peek()
        switch token.kind {
        case .number, .duration:
            advance()
            return Operand(expression: .number(try number(token)), type: .scalar, height: 1)
        case .string:
            advance()
            let bytes = try unquoted(token)
            let literal = StringLiteral(
                value: String(decoding: bytes, as: UTF8.self), invalidBytes: isUTF8(bytes) ? nil : bytes, position: token.range)
            return Operand(expression: .string(literal), type: .string, height: 1)
        case .leftParenthesis:
            advance()
            var operand = try expression(above: .lowest)
            let closing = try expect(.rightParenthesis)
            let position = SourceRange(token.start, closing.end)
            operand.expression = .parenthesized(Parenthesized(expression: operand.expression, position: position))
            return try grown(operand)
        case .leftBrace: return try selector(named: nil)
        default:
            guard token.kind.isMetricName else { throw unexpected(token) }
            advance()
            switch try peek().kind {
            case .leftParenthesis:
                if let aggregation = token.kind.aggregation { return try self.aggregation(aggregation, at: token) }
                if token.kind.isFunctionName { return try call(token) }
            case .by, .without:
                if let aggregation = token.kind.aggregation { return try self.aggregation(aggregation, at: token) }
            default: break
            }
            return try selector(named: token)
        }
    }

    /// The value of a token that is a number or a duration; a duration counts in seconds.
    mutating func number(_ token: Token) throws(SyntaxFault) -> NumberLiteral {
        let text = lexer.text(token.range)
        if token.kind == .duration {
            do throws(PromQLDuration.Failure) {
                let milliseconds = try PromQLDuration.milliseconds(of: text)
                let seconds = Double(milliseconds / 1000) + Double(milliseconds % 1000) / 1000
                return NumberLiteral(value: seconds, isDuration: true, position: token.range)
            } catch {
                throw SyntaxFault(error.message, at: token.range)
            }
        }
        do throws(NumberSyntax.Failure) {
            return NumberLiteral(value: try NumberSyntax.parse(text), position: token.range)
        } catch {
            throw SyntaxFault("error parsing number: \(error.message(for: text))", at: token.range)
        }
    }

    /// The bytes that a string token stands for.
    func unquoted(_ token: Token) throws(SyntaxFault) -> [UInt8] {
        if let bytes = StringLiteral.unquoted(lexer.text[token.start..<token.end]) { return bytes }
        throw SyntaxFault("error unquoting string \(GoQuoting.string(lexer.text(token.range))): invalid syntax", at: token.range)
    }

    // MARK: Tokens

    /// The next token, which stays the next.
    mutating func peek() throws(SyntaxFault) -> Token {
        if let lookahead { return lookahead }
        let token = try lexer.next()
        lookahead = token
        return token
    }

    /// Moves past the token that was peeked at.
    mutating func advance() { lookahead = nil }

    /// Takes the next token where it is of a kind.
    mutating func accept(_ kind: TokenKind) throws(SyntaxFault) -> Token? {
        let token = try peek()
        guard token.kind == kind else { return nil }
        advance()
        return token
    }

    mutating func expect(_ kind: TokenKind) throws(SyntaxFault) -> Token {
        let token = try peek()
        guard token.kind == kind else { throw unexpected(token) }
        advance()
        return token
    }

    mutating func expectEnd() throws(SyntaxFault) { _ = try expect(.endOfInput) }

    /// The fault of a token that cannot stand where it stands, in the words of the current ``context``.
    func unexpected(_ token: Token) -> SyntaxFault {
        var message = "unexpected \(token.description(lexer.text(token.range)))"
        if context.place.utf8CodeUnitCount > 0 { message += " in \(context.place)" }
        if context.expected.utf8CodeUnitCount > 0 { message += ", expected \(context.expected)" }
        return SyntaxFault(message, at: token.range)
    }

    // MARK: Limits

    /// Goes one level deeper; whoever calls it comes back up with ``leave()``.
    mutating func enter() throws(SyntaxFault) {
        nesting += 1
        if nesting > SyntaxLimit.nesting { throw tooDeep("expression is nested more than \(SyntaxLimit.nesting) levels deep") }
    }

    mutating func leave() { nesting -= 1 }

    func grown(_ operand: Operand) throws(SyntaxFault) -> Operand {
        var operand = operand
        operand.height += 1
        try checkHeight(operand.height)
        return operand
    }

    func checkHeight(_ height: Int) throws(SyntaxFault) {
        if height > SyntaxLimit.height { throw tooDeep("expression chains more than \(SyntaxLimit.height) operations") }
    }

    private func tooDeep(_ message: String) -> SyntaxFault { SyntaxFault(message, at: SourceRange(lexer.tokenStart, lexer.text.count)) }
}

extension BinaryOperator {
    var precedence: Parser.Precedence {
        switch self {
        case .or: Parser.Precedence(rank: 1)
        case .and, .unless: Parser.Precedence(rank: 2)
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .trimUpper, .trimLower: Parser.Precedence(rank: 3)
        case .add, .subtract: Parser.Precedence(rank: 4)
        case .multiply, .divide, .modulo, .atan2: Parser.Precedence(rank: 5)
        case .power: .power
        }
    }
}
