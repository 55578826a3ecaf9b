/// Takes rows over from other columns. What many rows share is looked up once.
struct RowCopier {
    private let source: SpanColumns
    private var texts: [UInt32]
    private var resources: [UInt32]
    private var scopes: [UInt32]
    private var traces: [UInt32]
    private var spanShapes = ShapeCopier()
    private var eventShapes = ShapeCopier()
    private var linkShapes = ShapeCopier()
    private static let unknown = UInt32.max

    init(from source: SpanColumns) {
        self.source = source
        texts = [UInt32](repeating: RowCopier.unknown, count: source.texts.count)
        resources = [UInt32](repeating: RowCopier.unknown, count: source.resources.count)
        scopes = [UInt32](repeating: RowCopier.unknown, count: source.scopes.count)
        traces = [UInt32](repeating: RowCopier.unknown, count: source.traces.count)
    }

    /// Adds a row of the source.
    mutating func copy(_ row: Int, into target: inout SpanColumns) {
        let eventStart = target.events.count
        let linkStart = target.links.count
        for event in source.eventRange(row) {
            target.eventTimes.append(source.eventTimes[event])
            RowCopier.copy(
                event, source.events, &eventShapes, &texts, source.texts, texts: EventKindField.texts, into: &target.events, &target.texts)
        }
        for link in source.linkRange(row) {
            target.linkTraceIDs.append(source.linkTraceIDs[link])
            target.linkSpanIDs.append(source.linkSpanIDs[link])
            RowCopier.copy(
                link, source.links, &linkShapes, &texts, source.texts, texts: LinkKindField.texts, into: &target.links, &target.texts)
        }
        let scope = RowCopier.mapped(source.spans.field(SpanKindField.scope, row), &scopes, source.scopes, &target.scopes)
        RowCopier.copy(
            row, source.spans, &spanShapes, &texts, source.texts, texts: SpanKindField.texts, scope: scope, into: &target.spans,
            &target.texts)
        let trace = Int(source.traceOf[row])
        if traces[trace] == RowCopier.unknown { traces[trace] = target.traces.intern(source.traces.ids[trace]) }
        target.traceOf.append(traces[trace])
        target.spanIDs.append(source.spanIDs[row])
        target.parentIDs.append(source.parentIDs[row])
        target.starts.append(source.starts[row])
        target.ends.append(source.ends[row])
        target.resourceOf.append(
            UInt32(RowCopier.mapped(UInt64(source.resourceOf[row]), &resources, source.resources, &target.resources)))
        target.eventStarts.append(UInt32(eventStart))
        target.linkStarts.append(UInt32(linkStart))
    }

    private static func copy(
        _ row: Int, _ rows: AttributedRows, _ shapes: inout ShapeCopier, _ texts: inout [UInt32], _ sourceTexts: TextTable,
        texts textFields: [Int], scope: UInt64? = nil,
        into target: inout AttributedRows, _ targetTexts: inout TextTable
    ) {
        let wordStart = target.words.count
        let sourceShape = rows.shape(row)
        let shape = shapes.shape(sourceShape, rows, sourceTexts, &target, &targetTexts)
        var word = Int(rows.wordStarts[row])
        for type in shapes.types[Int(sourceShape)] {
            let value = rows.words[word]
            target.words.append(type.isText ? mapped(value, &texts, sourceTexts, &targetTexts) : value)
            word += 1
        }
        let kind = Int(rows.kindOf[row]) * rows.kinds.width
        let mappedTexts = textFields.map { mapped(rows.kinds.words[kind + $0], &texts, sourceTexts, &targetTexts) }
        target.finishRow(wordStart: wordStart) { tuple in
            for field in tuple.indices { tuple[field] = rows.kinds.words[kind + field] }
            tuple[AttributedRows.shapeField] = UInt64(shape)
            for (field, text) in zip(textFields, mappedTexts) { tuple[field] = text }
            if let scope { tuple[SpanKindField.scope] = scope }
        }
    }

    private static func mapped(_ code: UInt64, _ known: inout [UInt32], _ from: TextTable, _ to: inout TextTable) -> UInt64 {
        let index = Int(code)
        if known[index] == RowCopier.unknown { known[index] = from.withBytes(UInt32(code)) { to.intern($0) } }
        return UInt64(known[index])
    }
}

/// Finds for shapes of one table those of another that say the same.
private struct ShapeCopier {
    private var shapes: [UInt32] = []
    private(set) var types: [[AttributeType]] = []

    mutating func shape(
        _ shape: UInt32, _ rows: AttributedRows, _ texts: TextTable, _ target: inout AttributedRows, _ targetTexts: inout TextTable
    ) -> UInt32 {
        if shapes.isEmpty {
            shapes = [UInt32](repeating: .max, count: rows.shapes.count)
            types = [[AttributeType]](repeating: [], count: rows.shapes.count)
        }
        if shapes[Int(shape)] != .max { return shapes[Int(shape)] }
        var copy: UInt32 = 0
        for number in rows.shapes.columns(of: shape) {
            let column = rows.shapes.columns[Int(number)]
            types[Int(shape)].append(column.type)
            let key = texts.withBytes(column.key) { targetTexts.intern($0) }
            let own = target.shapes.addColumn(AttributeColumn(key: key, type: column.type, occurrence: column.occurrence))
            copy = target.shapes.child(of: copy, column: own)
        }
        shapes[Int(shape)] = copy
        return copy
    }
}
