internal import ByteCoding
internal import ColumnCoding
internal import TelemetryModel

extension BlockSource {
    /// The spans of some traces, by their places, as columns. Of the block's columns only what concerns these is decoded.
    func columns(traces range: Range<Int>) throws -> SpanColumns {
        var columns = SpanColumns()
        if range.isEmpty { return columns }
        guard let schema = try schema(.span) else { return columns }
        let times = try times()
        let firstRow = times.counts[..<range.lowerBound].reduce(0) { $0 + Int($1) }
        let rows = firstRow..<times.counts[range].reduce(firstRow) { $0 + Int($1) }
        try appendFixed(rows, range, times, to: &columns)
        let origins = try appendResources(rows, to: &columns)

        let span = try EntityRows(schema, rows)
        let eventRows = try span.sum(of: SpanKindField.events, limit: summary.events)
        let linkRows = try span.sum(of: SpanKindField.links, limit: summary.links)
        var eventStart = 0
        var linkStart = 0
        for kind in span.kinds {
            columns.eventStarts.append(UInt32(eventStart))
            columns.linkStarts.append(UInt32(linkStart))
            eventStart += Int(schema.fields[SpanKindField.events][Int(kind)])
            linkStart += Int(schema.fields[SpanKindField.links][Int(kind)])
        }
        try append(.span, span, scopes: origins, to: &columns.spans, &columns.texts)
        if !eventRows.isEmpty, let schema = try self.schema(.event) {
            try append(.event, EntityRows(schema, eventRows), scopes: nil, to: &columns.events, &columns.texts)
            try appendEventTimes(eventRows, schema, &columns)
        }
        if !linkRows.isEmpty, let schema = try self.schema(.link) {
            try append(.link, EntityRows(schema, linkRows), scopes: nil, to: &columns.links, &columns.texts)
            (columns.linkTraceIDs, columns.linkSpanIDs) = try linkIDs(linkRows, schema)
        }
        return columns
    }

    private func appendFixed(_ rows: Range<Int>, _ range: Range<Int>, _ times: Times, to columns: inout SpanColumns) throws {
        let ids = try block.part(PartNumber.traces).hard
        guard ids.count == summary.traces * 16 else { throw BlockError("part \(PartNumber.traces) has another length") }
        let firsts = try times.firsts.values(range)
        // Each trace before a row has one step less than it has spans.
        let steps = try times.steps.values(rows.lowerBound - range.lowerBound..<rows.upperBound - range.upperBound)
        let durations = try times.durations.values(rows)
        columns.spanIDs = try spanIDs(rows)
        var step = 0
        for trace in range {
            let id = ids.withUnsafeBytes { bytes in
                TraceID(
                    high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: trace * 16, as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: trace * 16 + 8, as: UInt64.self)))
            }
            let number = columns.traces.intern(id)
            var start = summary.minStart &+ firsts[trace - range.lowerBound]
            for index in 0..<Int(times.counts[trace]) {
                if index > 0 {
                    start &+= steps[step]
                    step += 1
                }
                columns.ends.append(start &+ durations[columns.starts.count])
                columns.starts.append(start)
                columns.traceOf.append(number)
            }
        }
        let parents = try parents(rows)
        var missing = parents.missing.makeIterator()
        for parent in parents.rows {
            switch parent {
            case -1: columns.parentIDs.append(0)
            case -2: columns.parentIDs.append(missing.next() ?? 0)
            default:
                guard rows.contains(Int(parent)) else { throw BlockError("part \(PartNumber.parents): a parent in another trace") }
                columns.parentIDs.append(columns.spanIDs[Int(parent) - rows.lowerBound])
            }
        }
    }

    /// - Returns: for each scope of the block its number in the columns.
    private func appendResources(_ rows: Range<Int>, to columns: inout SpanColumns) throws -> [UInt64] {
        let stored = try storedOrigins()
        var numbers: [UInt32?] = Array(repeating: nil, count: stored.resources.count)
        for resource in try stored.rows.values(rows) {
            guard resource < UInt64(numbers.count) else { throw BlockError("part \(PartNumber.resources): a resource is missing") }
            if let known = numbers[Int(resource)] {
                columns.resourceOf.append(known)
                continue
            }
            let number = stored.resources[Int(resource)].withUnsafeBytes { columns.resources.intern($0) }
            numbers[Int(resource)] = number
            columns.resourceOf.append(number)
        }
        return stored.scopes.map { bytes in UInt64(bytes.withUnsafeBytes { columns.scopes.intern($0) }) }
    }

    private func appendEventTimes(_ rows: Range<Int>, _ schema: EntitySchema, _ columns: inout SpanColumns) throws {
        var reader = schema.rest
        let times = try NumberColumn(&reader, count: summary.events).values(rows)
        columns.eventTimes.reserveCapacity(rows.count)
        for span in columns.spanIDs.indices {
            for event in columns.eventRange(span) { columns.eventTimes.append(times[event] &+ columns.starts[span]) }
        }
    }

    /// Some rows of an entity, and how many of each kind stand before them.
    private struct EntityRows {
        let schema: EntitySchema
        let rows: Range<Int>
        /// The kinds of the rows.
        let kinds: [UInt64]
        let before: [Int]
        let all: [Int]

        init(_ schema: EntitySchema, _ rows: Range<Int>) throws {
            self.schema = schema
            self.rows = rows
            let every = try schema.kindOf.all()
            guard rows.lowerBound >= 0, rows.upperBound <= every.count else { throw BlockError("rows beyond the end") }
            var counts = [Int](repeating: 0, count: schema.kindCount)
            for kind in every[..<rows.lowerBound] { counts[Int(kind)] += 1 }
            before = counts
            for kind in every[rows.lowerBound...] { counts[Int(kind)] += 1 }
            all = counts
            kinds = Array(every[rows])
        }

        /// The range of things of which each row has as many as a field says.
        func sum(of field: Int, limit: Int) throws -> Range<Int> {
            var start = 0
            for (kind, count) in before.enumerated() where count > 0 {
                let (product, overflow) = count.multipliedReportingOverflow(by: Int(clamping: schema.fields[field][kind]))
                guard !overflow, product <= limit - start else { throw BlockError("more events or links than there are") }
                start += product
            }
            var end = start
            for kind in kinds {
                let count = schema.fields[field][Int(kind)]
                guard count <= UInt64(limit - end) else { throw BlockError("more events or links than there are") }
                end += Int(count)
            }
            return start..<end
        }
    }

    private func append(
        _ entity: Entity, _ source: EntityRows, scopes: [UInt64]?, to target: inout AttributedRows, _ texts: inout TextTable
    ) throws {
        let schema = source.schema
        let kinds = try KindMapping(source.schema, entity, Set(source.kinds), try self.texts(), scopes, &target, &texts)
        var decoded: [UInt32: DecodedColumn] = [:]
        for number in kinds.columns.sorted() {
            let reader = try column(number, entity, schema, rowsOfKind: source.all)
            let first = reader.constants + source.before.indices.reduce(0) { $0 + (reader.states[$1] == -1 ? source.before[$1] : 0) }
            let varying = source.kinds.count { reader.states[Int($0)] == -1 }
            // Values of whole kinds stand first, in the order of kinds.
            let constantKinds = kinds.used.filter { reader.states[$0] >= 0 }
            let values = try reader.words(constantKinds.map { Int(reader.states[$0]) } + Array(first..<first + varying), &texts)
            var column = DecodedColumn(ofKind: [UInt64?](repeating: nil, count: schema.kindCount), varying: values[constantKinds.count...])
            for (index, kind) in constantKinds.enumerated() { column.ofKind[kind] = values[index] }
            decoded[number] = column
        }
        for kind in source.kinds {
            target.wordStarts.append(UInt32(target.words.count))
            for number in schema.kindColumns[Int(kind)] {
                target.words.append(decoded[number]?.ofKind[Int(kind)] ?? decoded[number]?.varying.popFirst() ?? 0)
            }
            target.kindOf.append(kinds.numbers[Int(kind)])
        }
    }

    /// The words of a column for some rows.
    private struct DecodedColumn {
        /// For each kind all of whose rows have the same word, that.
        var ofKind: [UInt64?]
        /// The words of the other rows, in order.
        var varying: ArraySlice<UInt64>
    }
}

/// What kinds of a block are in columns that they are decoded into.
private struct KindMapping {
    /// The kinds that are used.
    let used: [Int]
    /// For each kind of the block its number in the columns.
    var numbers: [UInt32]
    /// The columns of the block that these have.
    var columns: Set<UInt32> = []

    init(
        _ schema: EntitySchema, _ entity: Entity, _ kinds: Set<UInt64>, _ blockTexts: [[UInt8]], _ scopes: [UInt64]?,
        _ target: inout AttributedRows, _ texts: inout TextTable
    ) throws {
        used = kinds.map { Int($0) }.sorted()
        numbers = [UInt32](repeating: 0, count: schema.kindCount)
        func text(_ number: UInt64) throws -> UInt64 {
            guard number < UInt64(blockTexts.count) else { throw BlockError("part \(PartNumber.texts): there is no text \(number)") }
            return UInt64(blockTexts[Int(number)].withUnsafeBytes { texts.intern($0) })
        }
        for kind in used {
            var tuple = schema.fields.map { $0[kind] }
            var shape: UInt32 = 0
            for number in schema.kindColumns[kind] {
                columns.insert(number)
                let column = schema.columns[Int(number)]
                let own = target.shapes.addColumn(
                    AttributeColumn(
                        key: UInt32(truncatingIfNeeded: try text(UInt64(column.key))), type: column.type, occurrence: column.occurrence))
                shape = target.shapes.child(of: shape, column: own)
            }
            tuple[AttributedRows.shapeField] = UInt64(shape)
            for field in entity.textFields { tuple[field] = try text(tuple[field]) }
            if let scopes {
                let scope = tuple[SpanKindField.scope]
                guard scope < UInt64(scopes.count) else { throw BlockError("part \(PartNumber.resources): a scope is missing") }
                tuple[SpanKindField.scope] = scopes[Int(scope)]
            }
            numbers[kind] = target.kinds.intern(tuple)
        }
    }
}
