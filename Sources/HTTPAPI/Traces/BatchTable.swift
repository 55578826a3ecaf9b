internal import QueryModel
internal import TelemetryModel
internal import TraceQL

/// Spans that are in memory already, for the engine.
struct BatchSource: SpanSource {
    private let all: [any SpanTable]

    init(_ tables: [any SpanTable]) { all = tables }

    func tables(in range: NanosecondRange, budget: QueryBudget) throws(QueryError) -> [any SpanTable] { all }
}

/// A table of the spans of a batch. Columns are made each time they are asked for: it is for one query over few spans.
final class BatchTable: SpanTable {
    /// The spans, those of a trace next to each other.
    let batch: SpanBatch
    /// The row of each span's parent; -1 for a root, -2 where the parent is not there.
    let parentRows: [Int32]
    private let traceIDs: [TraceID]
    private let traceStarts: [Int32]

    init(_ batch: SpanBatch) {
        var batch = batch
        batch.spans.sort { $0.traceID < $1.traceID }
        self.batch = batch
        var ids: [TraceID] = []
        var starts: [Int32] = []
        var rows: [SpanPlace: Int32] = [:]
        for (row, span) in batch.spans.enumerated() {
            if ids.last != span.traceID {
                ids.append(span.traceID)
                starts.append(Int32(row))
            }
            rows[SpanPlace(trace: span.traceID, span: span.spanID)] = Int32(row)
        }
        starts.append(Int32(batch.spans.count))
        traceIDs = ids
        traceStarts = starts
        parentRows = batch.spans.enumerated().map { row, span in
            guard span.parentSpanID.isValid else { return -1 }
            guard let parent = rows[SpanPlace(trace: span.traceID, span: span.parentSpanID)], parent != row else { return -2 }
            return parent
        }
    }

    private struct SpanPlace: Hashable {
        var trace: TraceID
        var span: SpanID
    }

    var storedBytes: Int { batch.spans.count * MemoryLayout<SpanRecord>.stride }

    func frame(budget: QueryBudget) throws(QueryError) -> SpanFrame {
        var frame = SpanFrame(
            traceIDs: traceIDs, traceStarts: traceStarts, spanIDs: batch.spans.map(\.spanID), parentRows: parentRows,
            starts: batch.spans.map(\.start), durations: batch.spans.map(\.duration))
        for (row, parent) in parentRows.enumerated() where parent == -2 {
            frame.missingParentIDs[Int32(row)] = batch.spans[row].parentSpanID
        }
        return frame
    }

    func column(_ field: SpanField, budget: QueryBudget) throws(QueryError) -> SpanColumn {
        switch field {
        case .name: single { .string($0.name) }
        case .kind: single { .int(Int64($0.kind.rawValue)) }
        case .statusCode: single { .int(Int64($0.statusCode.rawValue)) }
        case .statusMessage: single { $0.statusMessage.isEmpty ? nil : .string($0.statusMessage) }
        case .traceState: single { $0.traceState.isEmpty ? nil : .string($0.traceState) }
        case .scopeName: single { self.batch.scopes[$0.scope].name.isEmpty ? nil : .string(self.batch.scopes[$0.scope].name) }
        case .scopeVersion: single { self.batch.scopes[$0.scope].version.isEmpty ? nil : .string(self.batch.scopes[$0.scope].version) }
        case .attribute(.span, let key): single { $0.attributes[key: key] }
        case .attribute(.resource, let key): single { self.batch.resources[$0.resource].attributes[key: key] }
        case .attribute(.scope, let key): single { self.batch.scopes[$0.scope].attributes[key: key] }
        case .attribute(.event, let key): multiple { $0.events.compactMap { $0.attributes[key: key] } }
        case .attribute(.link, let key): multiple { $0.links.compactMap { $0.attributes[key: key] } }
        case .eventName: multiple { $0.events.map { .string($0.name) } }
        case .eventTimeSinceStart:
            multiple { span in span.events.map { .int(Int64(truncatingIfNeeded: $0.time &- span.start)) } }
        case .linkTraceID: multiple { $0.links.map { .string($0.traceID.hexadecimal) } }
        case .linkSpanID: multiple { $0.links.map { .string($0.spanID.hexadecimal) } }
        }
    }

    func attributeNames(of owner: AttributeOwner, budget: QueryBudget) throws(QueryError) -> [String] {
        var names: Set<String> = []
        for span in batch.spans {
            switch owner {
            case .span: names.formUnion(span.attributes.lazy.map(\.key))
            case .resource: names.formUnion(batch.resources[span.resource].attributes.lazy.map(\.key))
            case .scope: names.formUnion(batch.scopes[span.scope].attributes.lazy.map(\.key))
            case .event: for event in span.events { names.formUnion(event.attributes.lazy.map(\.key)) }
            case .link: for link in span.links { names.formUnion(link.attributes.lazy.map(\.key)) }
            }
        }
        return Array(names)
    }

    private func single(_ value: (SpanRecord) -> AttributeValue?) -> SpanColumn {
        var dictionary = ValueCodes()
        let codes = batch.spans.map { value($0).map { dictionary.code($0) } ?? -1 }
        return dictionary.values.isEmpty ? .absent : .single(codes: codes, values: dictionary.values)
    }

    private func multiple(_ values: (SpanRecord) -> [AttributeValue]) -> SpanColumn {
        var dictionary = ValueCodes()
        var starts: [Int32] = [0]
        var codes: [Int32] = []
        for span in batch.spans {
            for value in values(span) { codes.append(dictionary.code(value)) }
            starts.append(Int32(codes.count))
        }
        return codes.isEmpty ? .absent : .multiple(starts: starts, codes: codes, values: dictionary.values)
    }
}

/// Distinct values in order of first appearance.
private struct ValueCodes {
    private(set) var values: [AttributeValue] = []
    private var codes: [AttributeValue: Int32] = [:]

    mutating func code(_ value: AttributeValue) -> Int32 {
        if let code = codes[value] { return code }
        let code = Int32(values.count)
        values.append(value)
        codes[value] = code
        return code
    }
}
