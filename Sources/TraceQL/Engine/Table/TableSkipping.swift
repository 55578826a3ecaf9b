internal import QueryModel
internal import TelemetryModel

/// Finds out from the values of single columns whether a table can have spans that a query looks for, before anything else of it is read.
struct TableSkipping {
    let reader: TableReader

    /// More values than this are not tried one by one unless that is quick, since they are tried again where the table may hold spans.
    private static let valuesMax = 2000

    init(_ reader: TableReader) { self.reader = reader }

    /// False where the first stage of a pipeline finds nothing for certain.
    func mayHold(_ plan: PipelinePlan) throws(QueryError) -> Bool {
        guard case .spansets(let expression)? = plan.stages.first else { return true }
        return try mayHold(expression)
    }

    private func mayHold(_ expression: PipelinePlan.Spansets) throws(QueryError) -> Bool {
        switch expression {
        case .filter(let condition): return try mayHold(condition)
        case .operation(.or, let left, let right), .operation(.unionChild, let left, let right),
            .operation(.unionParent, let left, let right),
            .operation(.unionDescendant, let left, let right), .operation(.unionAncestor, let left, let right),
            .operation(.unionSibling, let left, let right):
            if try mayHold(left) { return true }
            return try mayHold(right)
        case .operation(.and, let left, let right):
            if try !mayHold(left) { return false }
            return try mayHold(right)
        // All others give spans of the right side only.
        case .operation(_, _, let right): return try mayHold(right)
        case .pipeline: return true
        }
    }

    private func mayHold(_ condition: Condition) throws(QueryError) -> Bool {
        switch condition {
        case .constant(let value): return value
        case .all(let conditions):
            for condition in conditions where try !mayHold(condition) { return false }
            return true
        case .any(let conditions):
            for condition in conditions where try mayHold(condition) { return true }
            return false
        case .test(let field, let test):
            return try mayHold(field, valuesMax: test.isEquality ? .max : TableSkipping.valuesMax) { test.holds($0) }
        case .exists(let field): return try mayHold(field, valuesMax: TableSkipping.valuesMax) { !$0.isNone }
        case .not, .isMissing, .trace, .row: return true
        }
    }

    /// Whether any value of a field passes. Fields that are always there, or have to be worked out, may.
    private func mayHold(_ field: TraceField, valuesMax: Int, _ passes: (TraceValue) -> Bool) throws(QueryError) -> Bool {
        switch field {
        case .attribute(.resource, "service.name"):
            if passes(.string("")) { return true }
            return try mayHold(.attribute(.resource, "service.name"), .plain, valuesMax, passes)
        case .attribute(let scope?, let name): return try mayHold(.attribute(scope.owner, name), .plain, valuesMax, passes)
        case .attribute(nil, let name):
            if try mayHold(.attribute(.span, name), .plain, valuesMax, passes) { return true }
            return try mayHold(.attribute(.resource, name), .plain, valuesMax, passes)
        case .intrinsic(.name):
            if passes(.string("")) { return true }
            return try mayHold(.name, .plain, valuesMax, passes)
        case .intrinsic(.status):
            if passes(.status(.unset)) { return true }
            return try mayHold(.statusCode, .status, valuesMax, passes)
        case .intrinsic(.kind):
            if passes(.kind(.unspecified)) { return true }
            return try mayHold(.kind, .kind, valuesMax, passes)
        case .intrinsic(.eventName): return try mayHold(.eventName, .plain, valuesMax, passes)
        default: return true
        }
    }

    private func mayHold(
        _ field: SpanField, _ reading: CodedColumn.Reading, _ valuesMax: Int, _ passes: (TraceValue) -> Bool
    ) throws(QueryError) -> Bool {
        switch try reader.storedColumn(field) {
        case .absent: false
        case .single(_, let values), .multiple(_, _, let values):
            values.count > valuesMax || values.contains { passes(TraceValue($0, reading)) }
        }
    }
}
