internal import ByteCoding
internal import TelemetryModel

/// Spans in memory, as a source of columns.
struct MemorySource: ColumnSource {
    let columns: SpanColumns
    let order: RowOrder
    /// The rows of the columns of each entity, in the order of the table.
    private let events: [Int]
    private let links: [Int]

    init(_ columns: SpanColumns, _ order: RowOrder) {
        self.columns = columns
        self.order = order
        events = columns.events.count == 0 ? [] : order.rows.flatMap { columns.eventRange(Int($0)) }
        links = columns.links.count == 0 ? [] : order.rows.flatMap { columns.linkRange(Int($0)) }
    }

    var storedBytes: Int { order.count * 128 }

    private func rows(_ entity: Entity) -> AttributedRows {
        switch entity {
        case .span: columns.spans
        case .event: columns.events
        case .link: columns.links
        }
    }

    private func forEachRow(_ entity: Entity, _ body: (Int) throws -> Void) rethrows {
        switch entity {
        case .span: for row in order.rows { try body(Int(row)) }
        case .event: for row in events { try body(row) }
        case .link: for row in links { try body(row) }
        }
    }

    func frame() -> TraceFrame {
        var frame = TraceFrame()
        frame.traceIDs = order.traceIDs
        frame.traceStarts = order.traceStarts
        frame.parentRows = order.parents(columns)
        frame.spanIDs.reserveCapacity(order.count)
        frame.starts.reserveCapacity(order.count)
        frame.durations.reserveCapacity(order.count)
        for (place, row) in order.rows.enumerated() {
            if frame.parentRows[place] == -2 { frame.missingParentIDs[Int32(place)] = SpanID(columns.parentIDs[Int(row)]) }
            let (start, end) = (columns.starts[Int(row)], columns.ends[Int(row)])
            frame.spanIDs.append(SpanID(columns.spanIDs[Int(row)]))
            frame.starts.append(start)
            frame.durations.append(end > start ? end - start : 0)
        }
        return frame
    }

    func kinds(_ entity: Entity) -> EntityKinds {
        let rows = rows(entity)
        var kinds = EntityKinds(kindOf: [], count: rows.kinds.count, fields: [])
        for field in 0..<rows.kinds.width { kinds.fields.append((0..<rows.kinds.count).map { rows.kinds[$0, field] }) }
        forEachRow(entity) { kinds.kindOf.append(rows.kindOf[$0]) }
        return kinds
    }

    func text(_ number: UInt64) -> String { columns.texts.text(UInt32(truncatingIfNeeded: number)) }

    func attributeCodes(_ entity: Entity, _ key: String) throws -> AttributeCodes? {
        let rows = rows(entity)
        let code = columns.texts.code(of: key)
        let known = rows.shapes.columns.indices.filter { rows.shapes.columns[$0].key == code && rows.shapes.columns[$0].type != .other }
        let others = rows.shapes.columns.indices.filter { rows.shapes.columns[$0].type == .other }
        guard !known.isEmpty || !others.isEmpty else { return nil }
        var isKnown = [Bool](repeating: false, count: rows.shapes.columns.count)
        for column in known { isKnown[column] = true }
        // For each shape the place of the first value of the name, and the columns in which it may be without saying so.
        var places = [(place: Int, type: AttributeType)?](repeating: nil, count: rows.shapes.count)
        var hidden = [[Int]](repeating: [], count: rows.shapes.count)
        for shape in 0..<rows.shapes.count {
            let list = rows.shapes.columns(of: UInt32(shape))
            if let place = list.firstIndex(where: { isKnown[Int($0)] }) {
                places[shape] = (place, rows.shapes.columns[Int(list[place])].type)
            }
            if !others.isEmpty { hidden[shape] = list.indices.filter { rows.shapes.columns[Int(list[$0])].type == .other } }
        }
        var result = AttributeCodes(codes: [], values: [])
        var numbers = ValueCodes()
        try forEachRow(entity) { row in
            let shape = Int(rows.shape(row))
            let start = Int(rows.wordStarts[row])
            if let (place, type) = places[shape] {
                let word = rows.words[start + place]
                result.codes.append(
                    try numbers.code(word, type, &result.values) { try StoredValue.value(word, type, columns.texts) })
                return
            }
            for place in hidden[shape] {
                let attribute = try StoredValue.attribute(rows.words[start + place], columns.texts)
                guard attribute.key == key else { continue }
                result.codes.append(numbers.code(rows.words[start + place], .other, &result.values) { attribute.value })
                return
            }
            result.codes.append(-1)
        }
        return result.values.isEmpty ? nil : result
    }

    func attributeKeys(_ entity: Entity) throws -> [String] {
        let rows = rows(entity)
        var keys = Set<UInt32>()
        for column in rows.shapes.columns where column.type != .other { keys.insert(column.key) }
        var names = Set(keys.map { columns.texts.text($0) })
        guard rows.shapes.columns.contains(where: { $0.type == .other }) else { return Array(names) }
        try forEachRow(entity) { row in
            for (place, column) in rows.shapes.columns(of: rows.shape(row)).enumerated()
            where rows.shapes.columns[Int(column)].type == .other {
                names.insert(try StoredValue.attribute(rows.words[Int(rows.wordStarts[row]) + place], columns.texts).key)
            }
        }
        return Array(names)
    }

    func origins() throws -> TableOrigins {
        var resources: [ResourceRecord] = []
        for number in 0..<columns.resources.count { resources.append(try StoredValue.resource(UInt32(number), columns.resources)) }
        var scopes: [ScopeRecord] = []
        for number in 0..<columns.scopes.count { scopes.append(try StoredValue.scope(UInt32(number), columns.scopes)) }
        return TableOrigins(resourceOf: order.rows.map { columns.resourceOf[Int($0)] }, resources: resources, scopes: scopes)
    }

    func eventTimes() -> [Int64] {
        order.rows.flatMap { row in
            columns.eventRange(Int(row)).map { Int64(bitPattern: columns.eventTimes[$0] &- columns.starts[Int(row)]) }
        }
    }

    func linkIDs() -> (traces: [TraceID], spans: [UInt64]) {
        (links.map { columns.linkTraceIDs[$0] }, links.map { columns.linkSpanIDs[$0] })
    }
}

/// Numbers for values that are known by their words.
struct ValueCodes {
    private struct Word: Hashable {
        var word: UInt64
        var type: AttributeType
    }

    private var codes: [Word: Int32] = [:]

    init() {}

    mutating func code(
        _ word: UInt64, _ type: AttributeType, _ values: inout [AttributeValue], _ make: () throws -> AttributeValue
    ) rethrows -> Int32 {
        let key = Word(word: word, type: type)
        if let known = codes[key] { return known }
        let code = Int32(values.count)
        values.append(try make())
        codes[key] = code
        return code
    }
}
