internal import QueryModel

extension Parser {
    /// What may stand between a binary operator and its right-hand side.
    struct BinaryModifiers {
        var returnsBool = false
        var matching = VectorMatching()
    }

    /// `bool`, `on` or `ignoring`, `group_left` or `group_right` after one of these, `fill…`: each may be left out.
    mutating func binaryModifiers() throws(SyntaxFault) -> BinaryModifiers {
        var modifiers = BinaryModifiers()
        if try accept(.bool) != nil { modifiers.returnsBool = true }
        let kind = try peek().kind
        if kind == .on || kind == .ignoring {
            advance()
            modifiers.matching.isOn = kind == .on
            modifiers.matching.labels = try labelNames().names
            try groupModifier(&modifiers.matching)
        }
        try fillModifiers(&modifiers.matching)
        return modifiers
    }

    private mutating func groupModifier(_ matching: inout VectorMatching) throws(SyntaxFault) {
        switch try peek().kind {
        case .groupLeft: matching.cardinality = .manyToOne
        case .groupRight: matching.cardinality = .oneToMany
        default: return
        }
        advance()
        if try peek().kind == .leftParenthesis { matching.include = try labelNames().names }
    }

    private mutating func fillModifiers(_ matching: inout VectorMatching) throws(SyntaxFault) {
        let first = try peek().kind
        switch first {
        case .fill:
            let value = try fillValue()
            matching.fillLeft = value
            matching.fillRight = value
        case .fillLeft:
            matching.fillLeft = try fillValue()
            if try peek().kind == .fillRight { matching.fillRight = try fillValue() }
        case .fillRight:
            matching.fillRight = try fillValue()
            if try peek().kind == .fillLeft { matching.fillLeft = try fillValue() }
        default: return
        }
    }

    /// The number in parentheses after a fill keyword, which is the next token.
    private mutating func fillValue() throws(SyntaxFault) -> Double {
        advance()
        _ = try expect(.leftParenthesis)
        let value = try signedNumber().value
        _ = try expect(.rightParenthesis)
        return value
    }

    /// A number or duration with at most one sign.
    mutating func signedNumber() throws(SyntaxFault) -> NumberLiteral {
        let first = try peek()
        let isSigned = first.kind == .add || first.kind == .subtract
        if isSigned { advance() }
        let token = try peek()
        guard token.kind == .number || token.kind == .duration else { throw unexpected(token) }
        advance()
        var literal = try number(token)
        if first.kind == .subtract { literal.value = -literal.value }
        literal.position.start = first.start
        return literal
    }

    func binary(
        _ operator: BinaryOperator, _ left: Operand, _ right: Operand, _ modifiers: BinaryModifiers
    ) throws(SyntaxFault) -> Operand {
        let position = SourceRange(left.expression.position.start, right.expression.position.end)
        let hasFill = modifiers.matching.fillLeft != nil || modifiers.matching.fillRight != nil
        if hasFill && !features.contains(.fillModifiers) {
            throw SyntaxFault("binop fill modifiers are experimental and not enabled", at: position)
        }
        var matching: VectorMatching? = modifiers.matching
        if `operator`.isSet && modifiers.matching.cardinality == .oneToOne { matching?.cardinality = .manyToMany }
        let isBetweenVectors = left.type == .vector && right.type == .vector
        // Where labels or fill values were written all the same, the type checker refuses them, so it has to see them.
        if !isBetweenVectors && modifiers.matching.labels.isEmpty && !hasFill { matching = nil }
        let node = BinaryOperation(
            operator: `operator`, left: left.expression, right: right.expression, matching: matching,
            returnsBool: modifiers.returnsBool, position: position)
        let type: ValueType = left.type == .scalar && right.type == .scalar ? .scalar : .vector
        return try grown(Operand(expression: .binary(node), type: type, height: max(left.height, right.height)))
    }
}
