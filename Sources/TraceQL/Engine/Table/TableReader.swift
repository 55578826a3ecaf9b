internal import QueryModel
internal import TelemetryModel

/// The fields of one table, read and worked out when they are first asked for. For one thread at a time.
///
/// Until ``open()`` was called only ``storedColumn(_:)`` may be.
final class TableReader {
    let table: any SpanTable
    let budget: QueryBudget
    private(set) var frame = SpanFrame(traceIDs: [], traceStarts: [0], spanIDs: [], parentRows: [], starts: [], durations: [])
    private var storedColumns: [SpanField: SpanColumn] = [:]
    private var columns: [TraceField: FieldColumn] = [:]
    private var writtenColumns: [TraceField: FieldColumn] = [:]
    private var tree: TraceTree?
    private var traceOfRow: [Int32]?

    var rowCount: Int { frame.spanIDs.count }
    var traceCount: Int { frame.traceIDs.count }

    init(_ table: any SpanTable, budget: QueryBudget) {
        self.table = table
        self.budget = budget
    }

    /// Reads what every table knows of its spans.
    func open() throws(QueryError) { frame = try table.frame(budget: budget) }

    /// A column as it is stored; read once.
    func storedColumn(_ field: SpanField) throws(QueryError) -> SpanColumn {
        if let column = storedColumns[field] { return column }
        try budget.check()
        let column = try table.column(field, budget: budget)
        storedColumns[field] = column
        return column
    }

    func rows(ofTrace trace: Int) -> Range<Int> { Int(frame.traceStarts[trace])..<Int(frame.traceStarts[trace + 1]) }

    func column(_ field: TraceField) throws(QueryError) -> FieldColumn {
        if let column = columns[field] { return column }
        let column = try read(field)
        columns[field] = column
        return column
    }

    /// The values of a field whatever their types, for comparisons with literals (``ConventionalType``).
    func writtenColumn(_ field: TraceField) throws(QueryError) -> FieldColumn {
        guard case .attribute(let scope, let name) = field, ConventionalType.covers(name) else { return try column(field) }
        if let column = writtenColumns[field] { return column }
        let column: FieldColumn
        switch scope {
        case .span?: column = try stored(.attribute(.span, name))
        case .resource?: column = try stored(.attribute(.resource, name))
        case nil:
            column = TableReader.either(
                try writtenColumn(.attribute(.span, name)), try writtenColumn(.attribute(.resource, name)))
        default: column = try self.column(field)
        }
        writtenColumns[field] = column
        return column
    }

    /// Where the spans stand in their traces.
    func traceTree() -> TraceTree {
        if let tree { return tree }
        let made = TraceTree(frame)
        tree = made
        return made
    }

    /// The trace of each row.
    func tracesOfRows() -> [Int32] {
        if let traceOfRow { return traceOfRow }
        var traces = [Int32](repeating: 0, count: rowCount)
        for trace in 0..<traceCount { for row in rows(ofTrace: trace) { traces[row] = Int32(trace) } }
        traceOfRow = traces
        return traces
    }

    /// The row of the root span of each trace, below 0 where it is not there.
    func rootRow(ofTrace trace: Int) -> Int {
        for row in rows(ofTrace: trace) where frame.parentRows[row] == -1 { return row }
        return -1
    }

    /// Whether a parent, or the root, of a trace is not there.
    func isIncomplete(_ trace: Int) -> Bool {
        var hasRoot = false
        for row in rows(ofTrace: trace) {
            if frame.parentRows[row] == -2 { return true }
            if frame.parentRows[row] == -1 { hasRoot = true }
        }
        return !hasRoot
    }

    /// From the first start to the last end of the spans of a trace.
    func extent(ofTrace trace: Int) -> (start: UInt64, end: UInt64) {
        var (start, end) = (UInt64.max, UInt64(0))
        for row in rows(ofTrace: trace) {
            start = min(start, frame.starts[row])
            let (stop, overflow) = frame.starts[row].addingReportingOverflow(frame.durations[row])
            end = max(end, overflow ? .max : stop)
        }
        return (start, end)
    }

    // MARK: Reading

    private func read(_ field: TraceField) throws(QueryError) -> FieldColumn {
        switch field {
        case .intrinsic(let intrinsic): return try read(intrinsic)
        case .parentAttribute: return .absent
        case .attribute(.resource, "service.name"): return try services()
        case .attribute(.resource?, let name):
            return ConventionalType.restrict(try writtenOrStored(.resource, .resource, name), .resource, name)
        case .attribute(.span?, let name): return ConventionalType.restrict(try writtenOrStored(.span, .span, name), .span, name)
        case .attribute(.event?, let name): return try stored(.attribute(.event, name))
        case .attribute(.link?, let name): return try stored(.attribute(.link, name))
        case .attribute(.instrumentation?, let name): return try stored(.attribute(.scope, name))
        case .attribute(nil, let name):
            return TableReader.either(try column(.attribute(.span, name)), try column(.attribute(.resource, name)))
        }
    }

    private func writtenOrStored(_ scope: AttributeScope, _ owner: AttributeOwner, _ name: String) throws(QueryError) -> FieldColumn {
        if ConventionalType.covers(name) { return try writtenColumn(.attribute(scope, name)) }
        return try stored(.attribute(owner, name))
    }

    /// Of an attribute without a scope: the span's value, else that of its resource.
    private static func either(_ span: FieldColumn, _ resource: FieldColumn) -> FieldColumn {
        switch (span, resource) {
        case (.coded(let first), .coded(let second)): .either(first, second)
        case (.absent, _): resource
        default: span
        }
    }

    /// The service's name is always there; it may be empty.
    private func services() throws(QueryError) -> FieldColumn {
        guard case .coded(var column) = try stored(.attribute(.resource, "service.name")) else { return constant("") }
        column.missing = .string("")
        return .coded(column)
    }

    private func constant(_ text: String) -> FieldColumn {
        .coded(CodedColumn(codes: [Int32](repeating: 0, count: rowCount), stored: [.string(text)]))
    }

    private func stored(
        _ field: SpanField, _ reading: CodedColumn.Reading = .plain, missing: TraceValue = .none
    ) throws(QueryError) -> FieldColumn {
        switch try storedColumn(field) {
        case .absent:
            if missing.isNone { return .absent }
            let codes = [Int32](repeating: -1, count: rowCount)
            return .coded(CodedColumn(codes: codes, stored: [], reading: reading, missing: missing))
        case .single(let codes, let values):
            return .coded(CodedColumn(codes: codes, stored: values, reading: reading, missing: missing))
        case .multiple(let starts, let codes, let values):
            return .multiple(starts: starts, CodedColumn(codes: codes, stored: values, reading: reading))
        }
    }

    private func read(_ intrinsic: Intrinsic) throws(QueryError) -> FieldColumn {
        switch intrinsic {
        case .parent: return .absent
        case .duration: return .durations(frame.durations)
        case .name: return try stored(.name, missing: .string(""))
        case .status: return try stored(.statusCode, .status, missing: .status(.unset))
        case .statusMessage: return try stored(.statusMessage, missing: .string(""))
        case .kind: return try stored(.kind, .kind, missing: .kind(.unspecified))
        case .instrumentationName: return try stored(.scopeName, missing: .string(""))
        case .instrumentationVersion: return try stored(.scopeVersion, missing: .string(""))
        case .eventName: return try stored(.eventName)
        case .eventTimeSinceStart: return try stored(.eventTimeSinceStart, .duration)
        case .linkTraceID: return trimmed(try stored(.linkTraceID))
        case .linkSpanID: return try stored(.linkSpanID)
        case .rootName: return try ofRoots(column(.intrinsic(.name)))
        case .rootServiceName: return try ofRoots(column(.attribute(.resource, "service.name")))
        case .traceDuration:
            var durations = [UInt64](repeating: 0, count: rowCount)
            for trace in 0..<traceCount {
                let extent = extent(ofTrace: trace)
                for row in rows(ofTrace: trace) { durations[row] = extent.end - extent.start }
            }
            return .durations(durations)
        case .traceID:
            let (ids, traces) = (frame.traceIDs, tracesOfRows())
            return .computed { row in .string(ids[Int(traces[row])].trimmedHexadecimal) }
        case .spanID:
            let ids = frame.spanIDs
            return .computed { row in .string(ids[row].hexadecimal) }
        case .parentID: return parentIDs()
        case .childCount:
            let counts = traceTree().childCounts
            return .computed { row in .int(Int64(counts[row])) }
        case .nestedSetLeft:
            let lefts = traceTree().nestedSets().lefts
            return .computed { row in .int(Int64(lefts[row])) }
        case .nestedSetRight:
            let rights = traceTree().nestedSets().rights
            return .computed { row in .int(Int64(rights[row])) }
        case .nestedSetParent:
            let parents = traceTree().nestedSets().parents
            return .computed { row in .int(Int64(parents[row])) }
        }
    }

    /// Ids of traces show without the zeros in front of them.
    private func trimmed(_ column: FieldColumn) -> FieldColumn {
        guard case .multiple(let starts, var coded) = column else { return column }
        coded.stored = coded.stored.map {
            if case .string(let text) = $0 { return .string(String(text.drop { $0 == "0" })) }
            return $0
        }
        return .multiple(starts: starts, coded)
    }

    /// For each row the value of its trace's root; an empty text where that is not there.
    private func ofRoots(_ column: FieldColumn) throws(QueryError) -> FieldColumn {
        guard case .coded(var coded) = column else { return column }
        let none = Int32(coded.stored.count)
        coded.stored.append(.string(""))
        var codes = [Int32](repeating: none, count: rowCount)
        for trace in 0..<traceCount {
            let root = rootRow(ofTrace: trace)
            if root < 0 { continue }
            for row in rows(ofTrace: trace) { codes[row] = coded.codes[root] }
        }
        coded.codes = codes
        return .coded(coded)
    }

    private func parentIDs() -> FieldColumn {
        let (ids, parents, missing) = (frame.spanIDs, frame.parentRows, frame.missingParentIDs)
        return .computed { row in
            let parent = parents[row]
            if parent >= 0 { return .string(ids[Int(parent)].hexadecimal) }
            if parent == -1 { return .string(SpanID.none.hexadecimal) }
            return .string(missing[Int32(row)]?.hexadecimal ?? "")
        }
    }
}

extension TraceID {
    /// Hexadecimal digits without zeros in front.
    var trimmedHexadecimal: String { String(hexadecimal.drop { $0 == "0" }) }
}
