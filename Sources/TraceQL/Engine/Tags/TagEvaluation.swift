internal import QueryModel
internal import TelemetryModel

/// Asks the tables of a source which names and values there are.
struct TagEvaluation: Sendable {
    let options: TagOptions
    /// What spans have to pass to count; nil for all.
    let filter: FieldExpression?
    let source: any SpanSource
    let budget: QueryBudget
    let threads: Int

    init(_ options: TagOptions, source: any SpanSource, budget: QueryBudget, threads: Int) {
        self.options = options
        (self.source, self.budget, self.threads) = (source, budget, threads)
        filter = options.filter.flatMap { LenientFilter.condition(in: $0) }
    }

    // MARK: Names

    /// The names of the intrinsics, those that stand alone and those with a scope, in the order in which people look for them.
    static let intrinsicNames = [
        "duration", "name", "status", "statusMessage", "kind", "rootServiceName", "rootName", "traceDuration", "event:name",
        "event:timeSinceStart", "link:spanID", "link:traceID", "instrumentation:name", "instrumentation:version", "trace:id", "span:id",
        "span:parentID", "span:status", "span:statusMessage", "span:duration", "span:name", "span:kind", "trace:rootName",
        "trace:rootService", "trace:duration",
    ]

    func names(_ scope: TagScope?) throws(QueryError) -> [TagNames] {
        var found: [TagNames] = []
        for scope in scope.map({ [$0] }) ?? TagScope.allCases {
            guard let attributeScope = AttributeScope(rawValue: scope.rawValue) else {
                found.append(TagNames(scope: scope, names: limited(TagEvaluation.intrinsicNames)))
                continue
            }
            let names = try names(attributeScope)
            if !names.isEmpty { found.append(TagNames(scope: scope, names: names)) }
        }
        return found
    }

    private func names(_ scope: AttributeScope) throws(QueryError) -> [String] {
        var names: Set<String> = []
        try TableScheduler(tables: source.tables(in: options.range, budget: budget), threads: threads).forEach { table throws(QueryError) in
            let all = try table.attributeNames(of: scope.owner, budget: budget)
            guard let filter else { return all }
            let reader = TableReader(table, budget: budget)
            try reader.open()
            let evaluator = ConditionEvaluator(reader: reader)
            let rows = try evaluator.rows(Condition(filter), within: RowMask(allOf: reader.rowCount))
            if rows.isEmpty { return [] }
            var kept: [String] = []
            for name in all where try !evaluator.rows(.exists(.attribute(scope, name)), within: rows).isEmpty { kept.append(name) }
            return kept
        } merge: { more throws(QueryError) in
            names.formUnion(more)
            return true
        }
        return limited(names.sorted { $0.isBefore($1) })
    }

    private func limited<Element>(_ list: [Element]) -> [Element] {
        options.limit > 0 && list.count > options.limit ? Array(list.prefix(options.limit)) : list
    }

    // MARK: Values

    func values(_ field: TraceField) throws(QueryError) -> [TagValue] {
        let fields: [TraceField]
        switch field {
        case .intrinsic(.status): return [TagValue(.keyword, "ok"), TagValue(.keyword, "error"), TagValue(.keyword, "unset")]
        case .intrinsic(.kind):
            return ["client", "server", "producer", "consumer", "internal", "unspecified"].map { TagValue(.keyword, $0) }
        // Numbers without end, and ids that nobody chooses from a list.
        case .intrinsic(.duration), .intrinsic(.traceDuration), .intrinsic(.eventTimeSinceStart), .intrinsic(.traceID), .intrinsic(.spanID),
            .intrinsic(.parentID), .intrinsic(.linkTraceID), .intrinsic(.linkSpanID), .intrinsic(.nestedSetLeft),
            .intrinsic(.nestedSetRight),
            .intrinsic(.nestedSetParent), .intrinsic(.parent), .parentAttribute:
            return []
        case .attribute(nil, let name): fields = [.attribute(.span, name), .attribute(.resource, name)]
        default: fields = [field]
        }
        var values: Set<TagValue> = []
        try TableScheduler(tables: source.tables(in: options.range, budget: budget), threads: threads).forEach { table throws(QueryError) in
            try self.values(fields, of: table)
        } merge: { more throws(QueryError) in
            values.formUnion(more)
            return true
        }
        return limited(values.sorted { $0.text != $1.text ? $0.text.isBefore($1.text) : $0.kind.rawValue < $1.kind.rawValue })
    }

    private func values(_ fields: [TraceField], of table: any SpanTable) throws(QueryError) -> Set<TagValue> {
        let reader = TableReader(table, budget: budget)
        try reader.open()
        var rows = RowMask(allOf: reader.rowCount)
        if let filter { rows = try ConditionEvaluator(reader: reader).rows(Condition(filter), within: rows) }
        var found: Set<TagValue> = []
        if rows.isEmpty { return found }
        for field in fields {
            let column = try reader.writtenColumn(field)
            switch column {
            case .coded(let coded):
                // Each value is looked at once, not each row.
                var isSeen = [Bool](repeating: false, count: coded.stored.count + 1)
                rows.forEach { isSeen[Int(coded.codes[$0]) + 1] = true }
                for place in isSeen.indices where isSeen[place] { add(coded.value(Int32(place) - 1), to: &found) }
            default: rows.forEach { row in for value in column.values(row) { add(value, to: &found) } }
            }
        }
        return found
    }

    private func add(_ value: TraceValue, to found: inout Set<TagValue>) {
        for element in value.elements {
            switch element {
            case .string(let text): if !text.isEmpty { found.insert(TagValue(.string, text)) }
            case .int: found.insert(TagValue(.int, element.plainText))
            case .float: found.insert(TagValue(.float, element.plainText))
            case .bool: found.insert(TagValue(.bool, element.plainText))
            case .duration: found.insert(TagValue(.duration, element.plainText))
            case .status, .kind: found.insert(TagValue(.keyword, element.plainText))
            default: break
            }
        }
    }
}
