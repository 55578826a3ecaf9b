internal import QueryModel
internal import TelemetryModel

/// Counts the values of all attributes of the spans of one table, for `compare()`.
struct ComparisonCounter {
    let grid: IntervalGrid
    let reader: TableReader
    let rows: RowMask
    let condition: FieldExpression
    /// Nanoseconds; 0 for no limit.
    let start: Int64
    let end: Int64

    private static let intrinsics: [Intrinsic] = [
        .name, .status, .statusMessage, .kind, .childCount, .rootName, .rootServiceName, .eventName, .instrumentationName,
        .instrumentationVersion,
    ]

    func tally() throws(QueryError) -> ComparisonTally {
        var tally = ComparisonTally()
        if rows.isEmpty { return tally }
        var selected = try ConditionEvaluator(reader: reader).rows(Condition(condition), within: rows)
        if start > 0, end > 0 {
            let (first, last, starts) = (UInt64(start), UInt64(end), reader.frame.starts)
            selected = selected.filtered { starts[$0] > first && starts[$0] <= last }
        }
        for field in try fields() {
            try reader.budget.check()
            try count(field, selected, &tally)
        }
        return tally
    }

    private func fields() throws(QueryError) -> [TraceField] {
        var fields: [TraceField] = ComparisonCounter.intrinsics.map { .intrinsic($0) }
        for owner in AttributeOwner.allCases {
            for name in try reader.table.attributeNames(of: owner, budget: reader.budget) {
                fields.append(.attribute(AttributeScope(owner), name))
            }
        }
        return fields
    }

    private func count(_ field: TraceField, _ selected: RowMask, _ tally: inout ComparisonTally) throws(QueryError) {
        let column = try reader.column(field)
        if case .absent = column { return }
        let name = QueryPrinter.field(field)
        var counts: [ComparisonTally.Key: [Double]] = [:]
        func add(_ key: ComparisonTally.Key, _ interval: Int) {
            counts[key, default: [Double](repeating: 0, count: grid.count)][interval] += 1
        }
        rows.forEach { row in
            guard let interval = grid.interval(reader.frame.starts[row]) else { return }
            let isSelection = selected.contains(row)
            for value in column.values(row) {
                add(ComparisonTally.Key(isSelection: isSelection, field: name, value: value.asLabel), interval)
                add(ComparisonTally.Key(isSelection: isSelection, field: name, value: nil), interval)
            }
        }
        for (key, more) in counts { tally.add(key, more) }
    }
}

extension AttributeScope {
    init(_ owner: AttributeOwner) {
        switch owner {
        case .span: self = .span
        case .resource: self = .resource
        case .scope: self = .instrumentation
        case .event: self = .event
        case .link: self = .link
        }
    }

    var owner: AttributeOwner {
        switch self {
        case .span: .span
        case .resource: .resource
        case .instrumentation: .scope
        case .event: .event
        case .link: .link
        }
    }
}
