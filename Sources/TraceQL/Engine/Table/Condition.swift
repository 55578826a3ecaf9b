internal import LinearRegex

/// A condition on a span, made ready to be tried on columns.
indirect enum Condition: Sendable {
    case constant(Bool)
    case all([Condition])
    case any([Condition])
    case not(Condition)
    /// A field against what is written.
    case test(TraceField, ValueTest)
    case exists(TraceField)
    case isMissing(TraceField)
    /// A trace by its id.
    case trace(String, isIn: Bool)
    /// Everything else, tried row by row.
    case row(RowExpression)

    init(_ expression: FieldExpression) {
        switch expression {
        case .literal(.bool(let value)): self = .constant(value)
        case .literal: self = .constant(false)
        case .field(let field): self = .test(field, ValueTest(.equal, .bool(true)))
        case .not(.field(let field)): self = .test(field, ValueTest(.equal, .bool(false)))
        case .not(.not(let operand)): self = Condition(operand)
        // What always is a boolean; of anything else the opposite may be nothing as well.
        case .not(let operand) where operand.isBoolean: self = .not(Condition(operand))
        case .exists(.field(let field)): self = .exists(field)
        case .isMissing(.field(let field)): self = .isMissing(field)
        case .comparison(let operation, .field(.intrinsic(.traceID)), .literal(.string(let id)))
        where operation == .equal || operation == .notEqual:
            self = .trace(id, isIn: operation == .equal)
        case .comparison(let operation, .field(let field), .literal(let value)):
            self = .test(field, ValueTest(operation, value))
        case .comparison(let operation, .literal(let value), .field(let field)) where !operation.isPattern:
            self = .test(field, ValueTest(operation.flipped, value))
        case .all(let operands): self = .all(Condition.merged(operands.map { Condition($0) }))
        case .any(let operands): self = .any(operands.map { Condition($0) })
        default: self = .row(RowExpression(expression))
        }
    }

    /// What a list of refusals of the same field begins with becomes one: an array passes where one element passes them all.
    private static func merged(_ conditions: [Condition]) -> [Condition] {
        guard case .test(let field, var test)? = conditions.first, test.isRefusal else { return conditions }
        var count = 1
        while count < conditions.count, case .test(let other, let next) = conditions[count], other == field, test.canTake(next) {
            test.tests += next.tests
            count += 1
        }
        return [.test(field, test)] + conditions[count...]
    }
}

extension FieldExpression {
    /// Whether it is true or false of every span.
    fileprivate var isBoolean: Bool {
        switch self {
        case .comparison, .all, .any, .exists, .isMissing, .literal(.bool): true
        default: false
        }
    }
}

extension ComparisonOperator {
    /// With the sides exchanged.
    var flipped: ComparisonOperator {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }
}

/// One or more comparisons with what is written, all of which a value, or one element of an array, has to pass.
struct ValueTest: Sendable {
    struct Single: Sendable {
        var operation: ComparisonOperator
        var value: TraceValue
        var pattern: LinearPattern?

        func holds(_ candidate: TraceValue) -> Bool {
            guard operation.isPattern else { return ValueComparison.holds(operation, candidate, value) }
            guard case .string(let text) = candidate, let pattern else { return false }
            return pattern.matches(text) == (operation == .matches)
        }
    }

    var tests: [Single]

    init(_ operation: ComparisonOperator, _ value: TraceValue) {
        var pattern: LinearPattern?
        if operation.isPattern, case .string(let text) = value { pattern = try? LinearPattern(text, anchored: true) }
        tests = [Single(operation: operation, value: value, pattern: pattern)]
    }

    /// Whether it is told at a glance if a value passes.
    var isEquality: Bool { tests.count == 1 && tests[0].operation == .equal }

    var isRefusal: Bool { tests[0].operation == .notEqual || tests[0].operation == .doesNotMatch }

    func canTake(_ other: ValueTest) -> Bool {
        other.tests[0].operation == tests[0].operation && other.tests[0].value.type == tests[0].value.type
            && [.string, .int, .float, .bool].contains(tests[0].value.type)
    }

    func holds(_ value: TraceValue) -> Bool {
        if value.type.element != nil { return value.elements.contains { holdsForElement($0) } }
        return holdsForElement(value)
    }

    private func holdsForElement(_ value: TraceValue) -> Bool {
        if tests.count == 1 { return tests[0].holds(value) }
        return tests.allSatisfy { $0.holds(value) }
    }
}
