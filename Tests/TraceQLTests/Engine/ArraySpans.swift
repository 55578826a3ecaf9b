internal import QueryModel
internal import TelemetryModel
internal import TraceQL

/// Spans in arrays, as the engine wants them of storage.
final class ArraySpanTable: SpanTable {
    let batch: SpanBatch
    private let madeFrame: SpanFrame
    /// The spans in the order of the rows.
    let rows: [SpanRecord]

    init(_ batch: SpanBatch) {
        self.batch = batch
        var order: [TraceID] = []
        var byTrace: [TraceID: [SpanRecord]] = [:]
        for span in batch.spans {
            if byTrace[span.traceID] == nil { order.append(span.traceID) }
            byTrace[span.traceID, default: []].append(span)
        }
        var frame = SpanFrame(traceIDs: order, traceStarts: [0], spanIDs: [], parentRows: [], starts: [], durations: [])
        var rows: [SpanRecord] = []
        for trace in order {
            let spans = byTrace[trace] ?? []
            let first = rows.count
            for span in spans {
                let row = Int32(frame.spanIDs.count)
                frame.spanIDs.append(span.spanID)
                frame.starts.append(span.start)
                frame.durations.append(span.duration)
                if !span.parentSpanID.isValid {
                    frame.parentRows.append(-1)
                } else if let parent = spans.firstIndex(where: { $0.spanID == span.parentSpanID }) {
                    frame.parentRows.append(Int32(first + parent))
                } else {
                    frame.parentRows.append(-2)
                    frame.missingParentIDs[row] = span.parentSpanID
                }
            }
            rows += spans
            frame.traceStarts.append(Int32(rows.count))
        }
        madeFrame = frame
        self.rows = rows
    }

    var storedBytes: Int { rows.count * 100 }

    func frame(budget: QueryBudget) throws(QueryError) -> SpanFrame { madeFrame }

    func column(_ field: SpanField, budget: QueryBudget) throws(QueryError) -> SpanColumn {
        switch field {
        case .name: return single { .string($0.name) }
        case .kind: return single { .int(Int64($0.kind.rawValue)) }
        case .statusCode: return single { .int(Int64($0.statusCode.rawValue)) }
        case .statusMessage: return single { $0.statusMessage.isEmpty ? nil : .string($0.statusMessage) }
        case .traceState: return single { $0.traceState.isEmpty ? nil : .string($0.traceState) }
        case .scopeName: return single { [batch] in batch.scopes[$0.scope].name.isEmpty ? nil : .string(batch.scopes[$0.scope].name) }
        case .scopeVersion:
            return single { [batch] in batch.scopes[$0.scope].version.isEmpty ? nil : .string(batch.scopes[$0.scope].version) }
        case .attribute(.span, let key): return single { $0.attributes[key: key] }
        case .attribute(.resource, let key): return single { [batch] in batch.resources[$0.resource].attributes[key: key] }
        case .attribute(.scope, let key): return single { [batch] in batch.scopes[$0.scope].attributes[key: key] }
        case .attribute(.event, let key): return multiple { $0.events.compactMap { $0.attributes[key: key] } }
        case .attribute(.link, let key): return multiple { $0.links.compactMap { $0.attributes[key: key] } }
        case .eventName: return multiple { $0.events.map { .string($0.name) } }
        case .eventTimeSinceStart:
            return multiple { span in span.events.map { .int(Int64(bitPattern: $0.time) &- Int64(bitPattern: span.start)) } }
        case .linkTraceID: return multiple { $0.links.map { .string($0.traceID.hexadecimal) } }
        case .linkSpanID: return multiple { $0.links.map { .string($0.spanID.hexadecimal) } }
        }
    }

    func attributeNames(of owner: AttributeOwner, budget: QueryBudget) throws(QueryError) -> [String] {
        var names: Set<String> = []
        for span in rows {
            let attributes: [Attribute] =
                switch owner {
                case .span: span.attributes
                case .resource: batch.resources[span.resource].attributes
                case .scope: batch.scopes[span.scope].attributes
                case .event: span.events.flatMap(\.attributes)
                case .link: span.links.flatMap(\.attributes)
                }
            for attribute in attributes { names.insert(attribute.key) }
        }
        return Array(names)
    }

    private struct Dictionary {
        var places: [AttributeValue: Int32] = [:]
        var values: [AttributeValue] = []

        mutating func code(_ value: AttributeValue) -> Int32 {
            if let place = places[value] { return place }
            places[value] = Int32(values.count)
            values.append(value)
            return Int32(values.count - 1)
        }
    }

    private func single(_ value: (SpanRecord) -> AttributeValue?) -> SpanColumn {
        var dictionary = Dictionary()
        let codes = rows.map { value($0).map { dictionary.code($0) } ?? -1 }
        return dictionary.values.isEmpty ? .absent : .single(codes: codes, values: dictionary.values)
    }

    private func multiple(_ values: (SpanRecord) -> [AttributeValue]) -> SpanColumn {
        var dictionary = Dictionary()
        var starts: [Int32] = [0]
        var codes: [Int32] = []
        for span in rows {
            codes += values(span).map { dictionary.code($0) }
            starts.append(Int32(codes.count))
        }
        return dictionary.values.isEmpty ? .absent : .multiple(starts: starts, codes: codes, values: dictionary.values)
    }
}

/// Tables in an array.
struct ArraySpanSource: SpanSource {
    var all: [ArraySpanTable]

    func tables(in range: NanosecondRange, budget: QueryBudget) throws(QueryError) -> [any SpanTable] { all }
}
