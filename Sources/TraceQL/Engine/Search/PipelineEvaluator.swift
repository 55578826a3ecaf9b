internal import QueryModel

/// Runs a pipeline over one table.
struct PipelineEvaluator {
    let reader: TableReader
    private let conditions: ConditionEvaluator

    init(_ reader: TableReader) {
        self.reader = reader
        conditions = ConditionEvaluator(reader: reader)
    }

    /// The sets of spans that come out at the end.
    func run(_ plan: PipelinePlan) throws(QueryError) -> SpanSets {
        try run(plan.stages, .mask(RowMask(allOf: reader.rowCount)))
    }

    private func run(_ stages: [PipelinePlan.Stage], _ input: SpanSets) throws(QueryError) -> SpanSets {
        var sets = input
        for stage in stages {
            if sets.isEmpty { return sets }
            try reader.budget.check()
            switch stage {
            case .spansets(let expression): sets = try find(expression, in: sets)
            case .filter(let function, let expression, let name, let comparison, let value):
                sets = try filter(sets, function, expression, name, comparison, value)
            case .group(let expression, let name): sets = try group(sets, expression, name)
            case .coalesce: sets = coalesce(sets)
            case .select: break
            }
        }
        return sets
    }

    // MARK: Span sets

    private func find(_ expression: PipelinePlan.Spansets, in input: SpanSets) throws(QueryError) -> SpanSets {
        guard case .list(let sets) = input else { return try find(expression, within: input.rows(reader)) }
        if case .filter(let condition) = expression {
            let passing = try conditions.rows(condition, within: input.rows(reader))
            return .list(
                sets.compactMap { set in
                    var set = set
                    set.rows.removeAll { !passing.contains(Int($0)) }
                    return set.rows.isEmpty ? nil : set
                })
        }
        // Each set is looked at for itself, with what was computed of it before.
        var found: [SpanSet] = []
        for set in sets {
            let inner = try find(expression, within: RowMask(rowCount: reader.rowCount, rows: set.rows))
            for var result in inner.sets(reader) {
                if case .operation = expression { result.attributes = set.attributes }
                if case .pipeline = expression { result.attributes = set.attributes + result.attributes }
                found.append(result)
            }
        }
        return .list(found)
    }

    /// Within at most one set for each trace.
    private func find(_ expression: PipelinePlan.Spansets, within rows: RowMask) throws(QueryError) -> SpanSets {
        switch expression {
        case .filter(let condition): return .mask(try conditions.rows(condition, within: rows))
        case .pipeline(let stages): return try run(stages, .mask(rows))
        case .operation(let operation, let left, let right):
            let leftSets = try find(left, within: rows)
            if operation == .and, leftSets.isEmpty { return .mask(RowMask(rowCount: rows.rowCount)) }
            return .mask(try join(operation, leftSets, try find(right, within: rows)))
        }
    }

    private func join(_ operation: SpansetOperator, _ left: SpanSets, _ right: SpanSets) throws(QueryError) -> RowMask {
        let (leftRows, rightRows) = (left.rows(reader), right.rows(reader))
        switch operation {
        case .or: return leftRows.union(rightRows)
        case .and: return both(leftRows, rightRows)
        default:
            try checkSingle(left, right)
            return StructuralRelation.apply(operation, leftRows, rightRows, reader.frame.parentRows)
        }
    }

    /// The rows of both sides in traces that both sides have rows of.
    private func both(_ left: RowMask, _ right: RowMask) -> RowMask {
        var found = RowMask(rowCount: left.rowCount)
        for trace in 0..<reader.traceCount {
            let range = reader.rows(ofTrace: trace)
            if left.first(in: range) != nil, right.first(in: range) != nil { found.insert(contentsOf: range) }
        }
        found.formIntersection(left.union(right))
        return found
    }

    /// Structural operators are not for traces with several sets.
    private func checkSingle(_ left: SpanSets, _ right: SpanSets) throws(QueryError) {
        var tracesOnRight: Set<Int> = []
        if case .list(let sets) = right {
            for set in sets where !tracesOnRight.insert(set.trace).inserted { throw PipelineEvaluator.severalSets }
        }
        guard case .list(let sets) = left else { return }
        let rightRows = right.rows(reader)
        var last = -1
        for set in sets {
            if set.trace == last, rightRows.first(in: reader.rows(ofTrace: set.trace)) != nil { throw PipelineEvaluator.severalSets }
            last = set.trace
        }
    }

    private static var severalSets: QueryError {
        QueryError(
            .execution, "structural operators are not for several span sets of one trace: put coalesce() behind by() to make one of them")
    }

    // MARK: Grouping and aggregates

    private func group(_ input: SpanSets, _ expression: RowExpression, _ name: String) throws(QueryError) -> SpanSets {
        if case .field(let field) = expression { return try group(input, field, name) }
        let bound = try BoundExpression(expression, reader)
        var groups: [SpanSet] = []
        for set in input.sets(reader) {
            var places: [TraceValue: Int] = [:]
            for row in set.rows {
                let value = bound.value(Int(row))
                // Arithmetic on what is not there is false, as in Tempo; only a field by itself groups as nil.
                let key = value.isNone ? TraceValue.bool(false) : value
                if let place = places[key] {
                    groups[place].rows.append(row)
                } else {
                    places[key] = groups.count
                    groups.append(SpanSet(trace: set.trace, rows: [row], attributes: set.attributes + [(name, key)]))
                }
            }
        }
        return .list(groups)
    }

    /// By the values of a field, which are told apart by numbers.
    private func group(_ input: SpanSets, _ field: TraceField, _ name: String) throws(QueryError) -> SpanSets {
        let coder = try GroupCoder([field], input.rows(reader), reader)
        let (values, first) = coder.distinctValues()
        var groups: [SpanSet] = []
        // The group of each code in the set at hand, and which set that was.
        var places = [Int32](repeating: 0, count: coder.codeCount)
        var seenIn = [Int32](repeating: -1, count: coder.codeCount)
        for (number, set) in input.sets(reader).enumerated() {
            for row in set.rows {
                let code = Int(first[Int(coder.codes[Int(row)])])
                if seenIn[code] == Int32(number) {
                    groups[Int(places[code])].rows.append(row)
                } else {
                    (seenIn[code], places[code]) = (Int32(number), Int32(groups.count))
                    groups.append(SpanSet(trace: set.trace, rows: [row], attributes: set.attributes + [(name, values[code])]))
                }
            }
        }
        return .list(groups)
    }

    private func coalesce(_ input: SpanSets) -> SpanSets { .mask(input.rows(reader)) }

    private func filter(
        _ input: SpanSets, _ function: SpansetAggregate.Function?, _ expression: RowExpression, _ name: String,
        _ comparison: ComparisonOperator,
        _ limit: TraceValue
    ) throws(QueryError) -> SpanSets {
        let bound = try BoundExpression(expression, reader)
        return .list(
            input.sets(reader).compactMap { set in
                let value = function.map { SpanSetAggregation.value($0, set.rows, bound) } ?? .int(Int64(set.rows.count))
                guard !value.isNone, ValueComparison.holds(comparison, value, limit) else { return nil }
                var set = set
                set.attributes.append((name, value))
                return set
            })
    }
}

/// Numbers computed of the spans of a set.
enum SpanSetAggregation {
    /// None where no span has a value.
    static func value(_ function: SpansetAggregate.Function, _ rows: [Int32], _ expression: BoundExpression) -> TraceValue {
        var result = TraceValue.none
        var count: Int64 = 0
        for row in rows {
            let value = expression.value(Int(row))
            if value.isNone { continue }
            count += 1
            if result.isNone {
                result = value
                continue
            }
            switch function {
            case .sum, .avg: result = sum(result, value)
            case .max: if isBefore(result, value) { result = value }
            case .min: if isBefore(value, result) { result = value }
            }
        }
        if function != .avg { return result }
        switch result {
        case .int(let total): return .float(Double(total) / Double(count))
        case .duration(let total): return .duration(total / count)
        case .float(let total): return .float(total / Double(count))
        default: return result
        }
    }

    /// Values of the type of the first one only are added.
    private static func sum(_ a: TraceValue, _ b: TraceValue) -> TraceValue {
        switch (a, b) {
        case (.int(let a), .int(let b)): .int(a &+ b)
        case (.duration(let a), .duration(let b)): .duration(a &+ b)
        case (.float(let a), .float(let b)): .float(a + b)
        default: a
        }
    }

    private static func isBefore(_ a: TraceValue, _ b: TraceValue) -> Bool {
        switch (a, b) {
        case (.int(let a), .int(let b)), (.duration(let a), .duration(let b)): return a < b
        case (.string(let a), .string(let b)): return a.isBefore(b)
        default:
            // Numbers come before anything else.
            guard let a = a.number else { return false }
            guard let b = b.number else { return true }
            return a < b
        }
    }
}
