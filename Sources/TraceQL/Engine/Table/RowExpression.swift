internal import LinearRegex
internal import QueryModel

/// An expression over a span, made ready to be worked out row by row.
indirect enum RowExpression: Sendable {
    case literal(TraceValue)
    case field(TraceField)
    case negative(RowExpression)
    case not(RowExpression)
    case exists(RowExpression)
    case isMissing(RowExpression)
    case arithmetic(ArithmeticOperator, RowExpression, RowExpression)
    case comparison(ComparisonOperator, RowExpression, RowExpression)
    case pattern(RowExpression, LinearPattern, isIn: Bool)
    case all([RowExpression])
    case any([RowExpression])

    init(_ expression: FieldExpression) {
        switch expression {
        case .literal(let value): self = .literal(value)
        case .field(let field): self = .field(field)
        case .negative(let operand): self = .negative(RowExpression(operand))
        case .not(let operand): self = .not(RowExpression(operand))
        case .exists(let operand): self = .exists(RowExpression(operand))
        case .isMissing(let operand): self = .isMissing(RowExpression(operand))
        case .arithmetic(let operation, let left, let right): self = .arithmetic(operation, RowExpression(left), RowExpression(right))
        case .comparison(let operation, let left, .literal(.string(let text))) where operation.isPattern:
            guard let pattern = try? LinearPattern(text, anchored: true) else {
                self = .literal(.bool(false))
                return
            }
            self = .pattern(RowExpression(left), pattern, isIn: operation == .matches)
        case .comparison(let operation, let left, let right): self = .comparison(operation, RowExpression(left), RowExpression(right))
        case .all(let operands): self = .all(operands.map { RowExpression($0) })
        case .any(let operands): self = .any(operands.map { RowExpression($0) })
        }
    }

    /// The fields that it reads.
    func collectFields(into fields: inout Set<TraceField>) {
        switch self {
        case .literal: break
        case .field(let field): fields.insert(field)
        case .negative(let operand), .not(let operand), .exists(let operand), .isMissing(let operand), .pattern(let operand, _, _):
            operand.collectFields(into: &fields)
        case .arithmetic(_, let left, let right), .comparison(_, let left, let right):
            left.collectFields(into: &fields)
            right.collectFields(into: &fields)
        case .all(let operands), .any(let operands): for operand in operands { operand.collectFields(into: &fields) }
        }
    }
}

/// An expression with the columns of one table that it reads.
struct BoundExpression {
    private let expression: RowExpression
    private let columns: [TraceField: FieldColumn]

    init(_ expression: RowExpression, _ reader: TableReader) throws(QueryError) {
        var fields: Set<TraceField> = []
        expression.collectFields(into: &fields)
        var columns: [TraceField: FieldColumn] = [:]
        for field in fields { columns[field] = try reader.column(field) }
        self.init(expression, columns)
    }

    init(_ expression: RowExpression, _ columns: [TraceField: FieldColumn]) {
        self.expression = expression
        self.columns = columns
    }

    func value(_ row: Int) -> TraceValue { value(expression, row) }

    func holds(_ row: Int) -> Bool { value(expression, row) == .bool(true) }

    private func value(_ expression: RowExpression, _ row: Int) -> TraceValue {
        switch expression {
        case .literal(let value): return value
        case .field(let field): return columns[field]?.value(row) ?? .none
        case .negative(let operand): return Arithmetic.negative(value(operand, row))
        case .not(let operand):
            guard case .bool(let value) = value(operand, row) else { return .none }
            return .bool(!value)
        case .exists(let operand): return .bool(!value(operand, row).isNone)
        case .isMissing(let operand): return .bool(value(operand, row).isNone)
        case .arithmetic(let operation, let left, let right): return Arithmetic.apply(operation, value(left, row), value(right, row))
        case .comparison(let operation, let left, let right):
            let rights = values(right, row)
            return .bool(values(left, row).contains { left in rights.contains { ValueComparison.holds(operation, left, $0) } })
        case .pattern(let operand, let pattern, let isIn):
            return .bool(
                values(operand, row).contains { value in
                    value.elements.contains {
                        if case .string(let text) = $0 { return pattern.matches(text) == isIn }
                        return false
                    }
                })
        case .all(let operands): return .bool(operands.allSatisfy { value($0, row) == .bool(true) })
        case .any(let operands): return .bool(operands.contains { value($0, row) == .bool(true) })
        }
    }

    /// All values that an operand of a comparison may have: of events and links there may be several.
    private func values(_ expression: RowExpression, _ row: Int) -> [TraceValue] {
        if case .field(let field) = expression { return columns[field]?.values(row) ?? [] }
        let value = value(expression, row)
        return value.isNone ? [] : [value]
    }
}
