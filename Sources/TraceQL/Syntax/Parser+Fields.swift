internal import LinearRegex
internal import QueryModel

/// An expression over a span while it is built: with its type, its place, and how deep it is.
struct TypedExpression {
    var expression: FieldExpression
    var type: TraceValueType
    var start: Int
    var end: Int
    var depth = 1

    var range: SourceRange { SourceRange(start, end) }

    var literal: TraceValue? {
        if case .literal(let value) = expression { return value }
        return nil
    }
}

extension FieldExpression {
    /// Whether its value depends on the span.
    var readsSpan: Bool {
        switch self {
        case .literal: false
        case .field: true
        case .negative(let operand), .not(let operand), .exists(let operand), .isMissing(let operand): operand.readsSpan
        case .arithmetic(_, let left, let right), .comparison(_, let left, let right): left.readsSpan || right.readsSpan
        case .all(let operands), .any(let operands): operands.contains { $0.readsSpan }
        }
    }
}

extension Parser {
    // Powers of binding; the higher, the tighter. `&&` and `||` bind alike.
    private static let addition = 3
    private static let negation = 4
    private static let multiplication = 5

    /// An operator between two operands over a span.
    private enum Infix {
        case logical(isAll: Bool)
        case comparison(ComparisonOperator)
        case arithmetic(ArithmeticOperator)

        init?(_ token: Token) {
            guard case .symbol(let symbol) = token else { return nil }
            if let comparison = ComparisonOperator(rawValue: symbol.rawValue) {
                self = .comparison(comparison)
            } else if let arithmetic = ArithmeticOperator(rawValue: symbol.rawValue) {
                self = .arithmetic(arithmetic)
            } else if symbol == .and || symbol == .or {
                self = .logical(isAll: symbol == .and)
            } else {
                return nil
            }
        }

        var power: Int {
            switch self {
            case .logical: 1
            case .comparison: 2
            case .arithmetic(.add), .arithmetic(.subtract): Parser.addition
            case .arithmetic(.power): 6
            case .arithmetic: Parser.multiplication
            }
        }
    }

    /// Reads an expression up to the first operator that binds less than `power`.
    mutating func parseFieldExpression(_ power: Int = 0) throws(SyntaxFault) -> TypedExpression {
        try nested { parser throws(SyntaxFault) in try parser.parseOperators(power) }
    }

    private mutating func parseOperators(_ power: Int) throws(SyntaxFault) -> TypedExpression {
        var left: TypedExpression
        if isAt(word: "nil") {
            let start = range.start
            left = try parseNil()
            left.start = start
        } else {
            left = try parseOperand()
        }
        // Lists of one logical operator are gathered, so that long ones are neither deep nor slow.
        var list: [FieldExpression] = []
        var listIsAll = false
        while let infix = Infix(token), infix.power >= power {
            let operatorRange = range
            try advance()
            if case .comparison(let comparison) = infix, isAt(word: "nil") {
                try advance()
                left = try nilComparison(comparison, left, operatorRange, end: previousEnd)
                continue
            }
            // A power takes its right side first; all others take the left.
            let isRight = if case .arithmetic(.power) = infix { true } else { false }
            let right = try parseFieldExpression(isRight ? infix.power : infix.power + 1)
            guard case .logical(let isAll) = infix else {
                left = try combine(infix, left, right, operatorRange)
                continue
            }
            try checkLogical(isAll, left, right)
            if !list.isEmpty && listIsAll != isAll {
                left.expression = listIsAll ? .all(list) : .any(list)
                left.depth += 1
                list = []
            }
            if list.isEmpty { list = [left.expression] }
            list.append(right.expression)
            (left.type, left.end, left.depth, listIsAll) = (.bool, right.end, Swift.max(left.depth, right.depth), isAll)
            try checkDepth(left.depth + 1, operatorRange)
        }
        if !list.isEmpty {
            left.expression = listIsAll ? .all(list) : .any(list)
            left.depth += 1
            if let value = ConstantFolding.value(left.expression) { left.expression = .literal(value) }
        }
        return left
    }

    private func checkDepth(_ depth: Int, _ place: SourceRange) throws(SyntaxFault) {
        if depth > Parser.depthMax {
            throw SyntaxFault("the expression nests deeper than \(Parser.depthMax) levels: make it simpler", at: place)
        }
    }

    /// `nil = …` and `nil != …`; the word is next.
    private mutating func parseNil() throws(SyntaxFault) -> TypedExpression {
        try advance()
        guard case .comparison(let comparison) = Infix(token) else { throw unexpected("`nil` is compared with = or != only") }
        let operatorRange = range
        try advance()
        if isAt(word: "nil") {
            try advance()
            guard comparison == .equal || comparison == .notEqual else {
                throw SyntaxFault("`nil` is compared with = or != only", at: operatorRange)
            }
            // Nothing is neither equal to nothing nor different from it.
            return TypedExpression(expression: .literal(.bool(false)), type: .bool, start: operatorRange.start, end: previousEnd)
        }
        let operand = try parseFieldExpression(3)
        return try nilComparison(comparison, operand, operatorRange, end: operand.end)
    }

    private func nilComparison(
        _ comparison: ComparisonOperator, _ operand: TypedExpression, _ operatorRange: SourceRange, end: Int
    ) throws(SyntaxFault) -> TypedExpression {
        let place = SourceRange(Swift.min(operand.start, operatorRange.start), Swift.max(end, operand.end))
        switch comparison {
        case .notEqual:
            let expression: FieldExpression = operand.expression.readsSpan ? .exists(operand.expression) : .literal(.bool(true))
            return TypedExpression(expression: expression, type: .bool, start: place.start, end: place.end, depth: operand.depth + 1)
        case .equal:
            if case .field(.intrinsic(let intrinsic)) = operand.expression {
                throw SyntaxFault("\(intrinsic.rawValue) = nil is not valid, because intrinsics are never nil", at: place)
            }
            if operand.expression == .field(.attribute(.resource, "service.name")) {
                throw SyntaxFault("resource.service.name = nil is not valid, because it is never nil", at: place)
            }
            let expression: FieldExpression = operand.expression.readsSpan ? .isMissing(operand.expression) : .literal(.bool(false))
            return TypedExpression(expression: expression, type: .bool, start: place.start, end: place.end, depth: operand.depth + 1)
        default: throw SyntaxFault("`nil` is compared with = or != only", at: operatorRange)
        }
    }

    private mutating func parseOperand() throws(SyntaxFault) -> TypedExpression {
        let start = range.start
        if isAt(.subtract) || isAt(.not) {
            let isNot = isAt(.not)
            try advance()
            let operand = try parseFieldExpression(isNot ? Parser.multiplication : Parser.negation)
            return try prefixed(isNot: isNot, operand, start)
        }
        if try take(.openParenthesis) {
            var inner = try parseFieldExpression()
            try expect(.closeParenthesis, "to close the parenthesis at \(start + 1)")
            (inner.start, inner.end) = (start, previousEnd)
            return inner
        }
        let place = range
        if let value = try parseStatic() {
            return TypedExpression(expression: .literal(value), type: value.type, start: start, end: previousEnd)
        }
        if let field = try parseFieldName() {
            try checkSupported(field, at: SourceRange(place.start, previousEnd))
            return TypedExpression(expression: .field(field), type: field.type, start: start, end: previousEnd)
        }
        if case .word(let word) = token {
            throw SyntaxFault(
                "unknown identifier `\(word)`: attributes are written with a scope or a point in front, such as .\(word), span.\(word) or "
                    + "resource.\(word); texts stand in double quotes", at: range)
        }
        throw unexpected("expecting a field or a value, such as .http.method, name, \"text\", 200, 1.5s or error")
    }

    func checkSupported(_ field: TraceField, at place: SourceRange) throws(SyntaxFault) {
        switch field {
        case .parentAttribute, .intrinsic(.parent):
            throw SyntaxFault("parent is not supported: use a structural operator, such as { … } > { … }", at: place)
        default: break
        }
    }

    private func prefixed(isNot: Bool, _ operand: TypedExpression, _ start: Int) throws(SyntaxFault) -> TypedExpression {
        let isValid = operand.type == .attribute || (isNot ? operand.type == .bool : operand.type.isNumeric)
        guard isValid else {
            let wanted = isNot ? "`!` wants a boolean" : "`-` wants a number"
            throw SyntaxFault("\(wanted), and this is \(operand.type.words)", at: SourceRange(start, operand.end))
        }
        let folded: TraceValue? =
            switch operand.literal {
            case .bool(let value)? where isNot: .bool(!value)
            case .int(let value)?: .int(0 &- value)
            case .duration(let value)?: .duration(0 &- value)
            case .float(let value)?: .float(-value)
            default: nil
            }
        let expression: FieldExpression = folded.map { .literal($0) } ?? (isNot ? .not(operand.expression) : .negative(operand.expression))
        return TypedExpression(expression: expression, type: operand.type, start: start, end: operand.end, depth: operand.depth + 1)
    }

    // MARK: Two operands

    private func checkMatching(_ left: TypedExpression, _ right: TypedExpression) throws(SyntaxFault) {
        if left.type.matches(right.type) { return }
        throw SyntaxFault(
            "both sides of an operator must have the same type: left is \(left.type.words), right is \(right.type.words)",
            at: SourceRange(left.start, right.end))
    }

    private func checkLogical(_ isAll: Bool, _ left: TypedExpression, _ right: TypedExpression) throws(SyntaxFault) {
        try checkMatching(left, right)
        try check(left.type, right.type, { $0 == .bool }, isAll ? "&&" : "||", "booleans", SourceRange(left.start, right.end))
    }

    /// Joins two operands by an operator that is not logical.
    private func combine(
        _ infix: Infix, _ left: TypedExpression, _ right: TypedExpression, _ operatorRange: SourceRange
    ) throws(SyntaxFault) -> TypedExpression {
        let place = SourceRange(left.start, right.end)
        try checkMatching(left, right)
        var result = TypedExpression(
            expression: left.expression, type: .bool, start: left.start, end: right.end, depth: Swift.max(left.depth, right.depth) + 1)
        switch infix {
        case .logical: break
        case .arithmetic(let operation):
            try check(left.type, right.type, { $0.isNumeric }, operation.rawValue, "numbers and durations", place)
            result.type = left.type == .attribute ? right.type : left.type
            result.expression = .arithmetic(operation, left.expression, right.expression)
        case .comparison(let comparison):
            try checkComparison(comparison, left, right, place)
            result.expression = .comparison(comparison, left.expression, right.expression)
            normalizeTraceID(&result.expression)
        }
        if !result.expression.readsSpan, let value = ConstantFolding.value(result.expression) {
            result.expression = .literal(value)
            result.depth = 1
            if case .arithmetic = infix { result.type = value.type }
        }
        try checkDepth(result.depth, operatorRange)
        return result
    }

    private func check(
        _ left: TraceValueType, _ right: TraceValueType, _ isValid: (TraceValueType) -> Bool, _ symbol: String, _ wanted: String,
        _ place: SourceRange
    ) throws(SyntaxFault) {
        for type in [left, right] where type != .attribute && !isValid(type) {
            throw SyntaxFault("`\(symbol)` is for \(wanted), and this is \(type.words)", at: place)
        }
    }

    private func checkComparison(
        _ comparison: ComparisonOperator, _ left: TypedExpression, _ right: TypedExpression, _ place: SourceRange
    ) throws(SyntaxFault) {
        switch comparison {
        case .equal, .notEqual: break
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            try check(
                left.type, right.type, { $0.isNumeric || $0 == .string }, comparison.rawValue, "numbers, durations and texts", place)
        case .matches, .doesNotMatch:
            try check(left.type, right.type, { $0 == .string }, comparison.rawValue, "texts", place)
            guard case .string(let pattern)? = right.literal else {
                throw SyntaxFault("right of `\(comparison.rawValue)` stands a regular expression in quotes", at: right.range)
            }
            do throws(LinearPatternError) {
                _ = try LinearPattern(pattern, anchored: true)
            } catch {
                throw SyntaxFault("invalid regular expression: \(error.message)", at: right.range)
            }
        }
    }

    /// Ids of traces are compared without the zeros in front of them.
    private func normalizeTraceID(_ expression: inout FieldExpression) {
        func trimmed(_ text: String) -> FieldExpression { .literal(.string(String(text.drop { $0 == "0" }))) }
        switch expression {
        case .comparison(let operation, .field(.intrinsic(.traceID)), .literal(.string(let text))):
            expression = .comparison(operation, .field(.intrinsic(.traceID)), trimmed(text))
        case .comparison(let operation, .literal(.string(let text)), .field(.intrinsic(.traceID))):
            expression = .comparison(operation, trimmed(text), .field(.intrinsic(.traceID)))
        default: break
        }
    }
}
