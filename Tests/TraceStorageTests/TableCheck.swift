internal import TelemetryModel
internal import Testing
internal import TraceStorage

/// Compares everything that tables say with records of the same spans.
struct TableCheck {
    private struct Identity: Hashable {
        var trace: TraceID
        var span: SpanID
        var kind: Int32
    }

    private var expected: [Identity: (span: SpanRecord, resource: ResourceRecord, scope: ScopeRecord)] = [:]
    private let comment: String

    /// - Parameter batches: all spans that are to be in the tables; of a span that comes twice the first counts.
    init(_ batches: [SpanBatch], _ comment: String) {
        self.comment = comment
        for batch in batches {
            for span in batch.spans {
                let identity = Identity(trace: span.traceID, span: span.spanID, kind: span.kind.rawValue)
                if expected[identity] == nil { expected[identity] = (span, batch.resources[span.resource], batch.scopes[span.scope]) }
            }
        }
    }

    func check(_ tables: [any TraceTable]) throws {
        var seen: Set<Identity> = []
        var traces: Set<TraceID> = []
        for table in tables {
            let frame = try table.frame()
            #expect(frame.traceIDs.count + 1 == frame.traceStarts.count, "\(comment)")
            let kinds = try column(.kind, table)
            var rows: [(span: SpanRecord, resource: ResourceRecord, scope: ScopeRecord)] = []
            for (trace, id) in frame.traceIDs.enumerated() {
                #expect(traces.insert(id).inserted, "\(comment): trace \(id.hexadecimal) is in two tables")
                for row in Int(frame.traceStarts[trace])..<Int(frame.traceStarts[trace + 1]) {
                    guard case .int(let kind)? = kinds[row].first else {
                        Issue.record("\(comment): no kind")
                        return
                    }
                    let identity = Identity(trace: id, span: frame.spanIDs[row], kind: Int32(truncatingIfNeeded: kind))
                    #expect(seen.insert(identity).inserted, "\(comment): a span is there twice")
                    rows.append(try #require(expected[identity], "\(comment): nobody sent \(identity)"))
                }
            }
            check(frame, rows)
            try checkColumns(table, rows)
        }
        #expect(seen.count == expected.count, "\(comment): spans")
    }

    private func check(_ frame: TraceFrame, _ rows: [(span: SpanRecord, resource: ResourceRecord, scope: ScopeRecord)]) {
        for (row, expected) in rows.enumerated() {
            let span = expected.span
            #expect(frame.starts[row] == span.start && frame.durations[row] == span.duration, "\(comment)")
            switch frame.parentRows[row] {
            case -1: #expect(!span.parentSpanID.isValid, "\(comment): root")
            case -2: #expect(frame.missingParentIDs[Int32(row)] == span.parentSpanID, "\(comment): missing parent")
            case let parent:
                #expect(rows[Int(parent)].span.traceID == span.traceID && rows[Int(parent)].span.spanID == span.parentSpanID, "\(comment)")
            }
            if frame.parentRows[row] == -2 {
                let isThere = rows.contains { $0.span.traceID == span.traceID && $0.span.spanID == span.parentSpanID && $0.span != span }
                #expect(!isThere, "\(comment): the parent is there")
            }
        }
    }

    private func checkColumns(
        _ table: any TraceTable, _ rows: [(span: SpanRecord, resource: ResourceRecord, scope: ScopeRecord)]
    ) throws {
        func single(_ field: SpanField, _ value: (Int) -> AttributeValue?) throws {
            let found = try column(field, table)
            for row in rows.indices { #expect(found[row] == value(row).map { [$0] } ?? [], "\(comment): \(field)") }
        }
        func many(_ field: SpanField, _ values: (Int) -> [AttributeValue]) throws {
            let found = try column(field, table)
            for row in rows.indices { #expect(found[row] == values(row), "\(comment): \(field)") }
        }
        func text(_ text: String) -> AttributeValue? { text.isEmpty ? nil : .string(text) }
        try single(.name) { .string(rows[$0].span.name) }
        try single(.statusCode) { .int(Int64(rows[$0].span.statusCode.rawValue)) }
        try single(.statusMessage) { text(rows[$0].span.statusMessage) }
        try single(.traceState) { text(rows[$0].span.traceState) }
        try single(.scopeName) { text(rows[$0].scope.name) }
        try single(.scopeVersion) { text(rows[$0].scope.version) }
        try many(.eventName) { rows[$0].span.events.map { .string($0.name) } }
        try many(.eventTimeSinceStart) { row in rows[row].span.events.map { .int(Int64(bitPattern: $0.time &- rows[row].span.start)) } }
        try many(.linkTraceID) { rows[$0].span.links.map { .string($0.traceID.hexadecimal) } }
        try many(.linkSpanID) { rows[$0].span.links.map { .string($0.spanID.hexadecimal) } }
        for key in ["http.route", "user.id", "db.rows", "flag", "", "service.name", "nobody.has.this"] {
            try single(.attribute(.span, key)) { rows[$0].span.attributes[key: key] }
            try single(.attribute(.resource, key)) { rows[$0].resource.attributes[key: key] }
            try single(.attribute(.scope, key)) { rows[$0].scope.attributes[key: key] }
            try many(.attribute(.event, key)) { rows[$0].span.events.compactMap { $0.attributes[key: key] } }
            try many(.attribute(.link, key)) { rows[$0].span.links.compactMap { $0.attributes[key: key] } }
        }
        let names = Set(try table.attributeNames(of: .span))
        #expect(rows.allSatisfy { $0.span.attributes.allSatisfy { names.contains($0.key) } }, "\(comment): names")
    }

    /// The values of a field for each row.
    private func column(_ field: SpanField, _ table: any TraceTable) throws -> [[AttributeValue]] {
        let count = try table.frame().spanIDs.count
        switch try table.column(field) {
        case .absent: return [[AttributeValue]](repeating: [], count: count)
        case .single(let codes, let values):
            #expect(codes.count == count, "\(comment): \(field)")
            return codes.map { $0 < 0 ? [] : [values[Int($0)]] }
        case .multiple(let starts, let codes, let values):
            #expect(starts.count == count + 1, "\(comment): \(field)")
            return (0..<count).map { row in codes[Int(starts[row])..<Int(starts[row + 1])].map { values[Int($0)] } }
        }
    }
}
