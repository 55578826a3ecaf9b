internal import ByteCoding
internal import ColumnCoding
internal import TelemetryModel

/// A block as a source of columns.
struct BlockSource: ColumnSource {
    let block: any BlockParts
    let directory: BlockDirectory

    init(_ block: StoredBlock) throws { self.init(block, directory: try block.directory()) }

    init(_ block: any BlockParts, directory: BlockDirectory) {
        self.block = block
        self.directory = directory
    }

    var storedBytes: Int { block.bytes }
    var summary: BlockSummary { directory.summary }

    // MARK: Fixed columns

    /// The trace ids, sorted.
    func traceIDs() throws -> [TraceID] {
        let part = try block.part(PartNumber.traces)
        guard part.hard.count == summary.traces * 16 else { throw BlockError("part \(PartNumber.traces) has another length") }
        return part.hard.withUnsafeBytes { bytes in (0..<summary.traces).map { BlockSource.traceID(bytes, $0) } }
    }

    /// Whether the trace ids can be read.
    func checkTraceIDs() throws {
        guard try block.part(PartNumber.traces).hard.count == summary.traces * 16 else {
            throw BlockError("part \(PartNumber.traces) has another length")
        }
    }

    /// The place of a trace among the block's; nil where it has no span in it.
    func place(of id: TraceID) throws -> Int? {
        guard try TraceFilter.mayHold(id, block.part(PartNumber.traceFilter).hard) else { return nil }
        let part = try block.part(PartNumber.traces)
        guard part.hard.count == summary.traces * 16 else { throw BlockError("part \(PartNumber.traces) has another length") }
        return part.hard.withUnsafeBytes { bytes in
            var low = 0
            var high = summary.traces
            while low < high {
                let middle = (low + high) / 2
                if BlockSource.traceID(bytes, middle) < id { low = middle + 1 } else { high = middle }
            }
            return low < summary.traces && BlockSource.traceID(bytes, low) == id ? low : nil
        }
    }

    private static func traceID(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> TraceID {
        TraceID(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 16, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 16 + 8, as: UInt64.self)))
    }

    /// Times of the block, of which any part can be read.
    struct Times {
        let counts: [UInt64]
        let firsts: NumberColumn
        let steps: NumberColumn
        let durations: NumberColumn
    }

    func times() throws -> Times {
        let part = try block.part(PartNumber.times)
        var reader = PartReader(part)
        let counts = try NumberColumn(&reader, count: summary.traces).all()
        var sum = 0
        for count in counts {
            guard count >= 1, count <= UInt64(summary.spans) else {
                throw BlockError("part \(PartNumber.times): a trace of \(count) spans")
            }
            sum += Int(count)
        }
        guard sum == summary.spans else { throw BlockError("part \(PartNumber.times): traces have \(sum) spans") }
        let firsts = try NumberColumn(&reader, count: summary.traces)
        let steps = try NumberColumn(&reader, count: summary.spans - summary.traces)
        let durations = try NumberColumn(&reader, count: summary.spans)
        try reader.checkEnd()
        return Times(counts: counts, firsts: firsts, steps: steps, durations: durations)
    }

    func spanIDs(_ rows: Range<Int>) throws -> [UInt64] {
        let part = try block.part(PartNumber.spanIDs)
        guard part.hard.count == summary.spans * 8 else { throw BlockError("part \(PartNumber.spanIDs) has another length") }
        return part.hard.withUnsafeBytes { bytes in
            rows.map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
        }
    }

    /// For each row of a range the row of its parent, -1 or -2; and the ids of parents that are not there, in order.
    func parents(_ rows: Range<Int>) throws -> (rows: [Int32], missing: [UInt64]) {
        let part = try block.part(PartNumber.parents)
        var reader = PartReader(part)
        let column = try NumberColumn(&reader, count: summary.spans)
        guard reader.soft.isAtEnd else { throw BlockError("part \(PartNumber.parents) has more") }
        let before = part.hard.isEmpty ? 0 : try column.values(0..<rows.lowerBound).count { $0 == ParentCode.missing }
        let ids = reader.takeRestOfHard()
        guard ids.count % 8 == 0 else { throw BlockError("part \(PartNumber.parents) has another length") }
        var parents: [Int32] = []
        parents.reserveCapacity(rows.count)
        var missing: [UInt64] = []
        var row = rows.lowerBound
        for code in try column.values(rows) {
            switch code {
            case ParentCode.root: parents.append(-1)
            case ParentCode.missing:
                parents.append(-2)
                let place = ids.lowerBound + (before + missing.count) * 8
                guard place + 8 <= ids.upperBound else { throw BlockError("part \(PartNumber.parents) ends early") }
                missing.append(
                    part.hard.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)) })
            default:
                let (parent, overflow) = row.subtractingReportingOverflow(ParentCode.distance(code))
                guard !overflow, parent >= 0, parent < summary.spans else { throw BlockError("part \(PartNumber.parents): no such row") }
                parents.append(Int32(parent))
            }
            row += 1
        }
        return (parents, missing)
    }

    func frame() throws -> TraceFrame {
        var frame = TraceFrame()
        frame.traceIDs = try traceIDs()
        let times = try times()
        let firsts = try times.firsts.all()
        let steps = try times.steps.all()
        let durations = try times.durations.all()
        frame.traceStarts.reserveCapacity(summary.traces + 1)
        frame.starts.reserveCapacity(summary.spans)
        var step = 0
        for (trace, count) in times.counts.enumerated() {
            var start = summary.minStart &+ firsts[trace]
            frame.starts.append(start)
            for _ in 1..<max(1, Int(count)) {
                start &+= steps[step]
                step += 1
                frame.starts.append(start)
            }
            frame.traceStarts.append(Int32(frame.starts.count))
        }
        frame.durations = zip(frame.starts, durations).map { start, duration in
            // As ``SpanRecord/duration``: 0 where the end lies before the start.
            start &+ duration > start ? duration : 0
        }
        frame.spanIDs = try spanIDs(0..<summary.spans).map { SpanID($0) }
        let parents = try parents(0..<summary.spans)
        frame.parentRows = parents.rows
        var missing = parents.missing.makeIterator()
        for (row, parent) in parents.rows.enumerated() where parent == -2 {
            frame.missingParentIDs[Int32(row)] = missing.next().map { SpanID($0) }
        }
        return frame
    }

    // MARK: Kinds and texts

    func rowCount(_ entity: Entity) -> Int {
        switch entity {
        case .span: summary.spans
        case .event: summary.events
        case .link: summary.links
        }
    }

    private static func number(_ entity: Entity) -> Int {
        switch entity {
        case .span: PartNumber.spanKinds
        case .event: PartNumber.events
        case .link: PartNumber.links
        }
    }

    /// Nil where the block has no row of the entity.
    func schema(_ entity: Entity) throws -> EntitySchema? {
        let rows = rowCount(entity)
        if rows == 0 { return nil }
        let schema: EntitySchema = try block.kept(.schema(entity.rawValue)) {
            let schema = try EntitySchema(block.part(BlockSource.number(entity)), rows: rows, fieldCount: entity.fieldCount)
            return (schema, schema.memoryBytes)
        }
        return schema
    }

    func kinds(_ entity: Entity) throws -> EntityKinds {
        guard let schema = try schema(entity) else { return EntityKinds(kindOf: [], count: 0, fields: []) }
        return EntityKinds(
            kindOf: try schema.kindOf.all().map { UInt32(truncatingIfNeeded: $0) }, count: schema.kindCount, fields: schema.fields)
    }

    /// The block's texts, each as bytes.
    func texts() throws -> [[UInt8]] {
        try block.kept(.texts) {
            var reader = PartReader(try block.part(PartNumber.texts))
            let texts = try BlockSource.readList(&reader)
            try reader.checkEnd()
            return (texts, texts.reduce(0) { $0 + $1.count + 48 })
        }
    }

    /// A list with its length in front.
    static func readList(_ reader: inout PartReader) throws -> [[UInt8]] {
        let count = try reader.soft.readCount(limit: BlockLimits.rowsMax)
        let (bytes, ends) = try TextListColumn(&reader, count: count).all()
        var list: [[UInt8]] = []
        var start = 0
        for end in ends {
            list.append(Array(bytes[start..<end]))
            start = end
        }
        return list
    }

    func text(_ number: UInt64) throws -> String {
        let texts = try texts()
        guard number < UInt64(texts.count) else { throw BlockError("part \(PartNumber.texts): there is no text \(number)") }
        return String(decoding: texts[Int(number)], as: UTF8.self)
    }

    /// The resource of each row, and the stored forms of resources and scopes.
    func storedOrigins() throws -> (rows: NumberColumn, resources: [[UInt8]], scopes: [[UInt8]]) {
        var reader = PartReader(try block.part(PartNumber.resources))
        let rows = try NumberColumn(&reader, count: summary.spans)
        let resources = try BlockSource.readList(&reader)
        let scopes = try BlockSource.readList(&reader)
        try reader.checkEnd()
        return (rows, resources, scopes)
    }

    func origins() throws -> TableOrigins {
        try block.kept(.origins) {
            let stored = try storedOrigins()
            var resources = TextTable()
            var scopes = TextTable()
            var origins = TableOrigins(resourceOf: [], resources: [], scopes: [])
            for bytes in stored.resources {
                origins.resources.append(try StoredValue.resource(bytes.withUnsafeBytes { resources.intern($0) }, resources))
            }
            for bytes in stored.scopes {
                origins.scopes.append(try StoredValue.scope(bytes.withUnsafeBytes { scopes.intern($0) }, scopes))
            }
            origins.resourceOf = try stored.rows.all().map { UInt32(clamping: $0) }
            guard origins.resourceOf.allSatisfy({ $0 < UInt32(origins.resources.count) }),
                try schema(.span)?.fields[SpanKindField.scope].allSatisfy({ $0 < UInt64(origins.scopes.count) }) ?? true
            else { throw BlockError("part \(PartNumber.resources): a resource or scope is missing") }
            return (origins, origins.resourceOf.count * 4 + origins.resources.count * 2048)
        }
    }

    // MARK: Attributes

    /// The number of the part of an entity's first column.
    func firstColumn(_ entity: Entity) throws -> Int {
        var number = PartNumber.firstColumn
        for before in Entity.allCases where before.rawValue < entity.rawValue { number += try schema(before)?.columns.count ?? 0 }
        return number
    }

    func column(_ number: UInt32, _ entity: Entity, _ schema: EntitySchema, rowsOfKind: [Int]) throws -> AttributeColumnReader {
        let part = try firstColumn(entity) + Int(number)
        do {
            return try AttributeColumnReader(try block.part(part), number, schema, rowsOfKind: rowsOfKind)
        } catch let error as ByteCodingError {
            throw BlockError("part \(part): \(error)")
        }
    }

    func attributeKeys(_ entity: Entity) throws -> [String] {
        guard let schema = try schema(entity) else { return [] }
        var names: Set<String> = []
        for (number, column) in schema.columns.enumerated() {
            if column.type == .other {
                let rowsOfKind = BlockSource.rowsOfKind(try schema.kindOf.all(), schema)
                let reader = try self.column(UInt32(number), entity, schema, rowsOfKind: rowsOfKind)
                var texts = TextTable()
                for word in Set(try reader.words(Array(0..<reader.valueCount), &texts)) {
                    names.insert(try StoredValue.attribute(word, texts).key)
                }
            } else {
                names.insert(try text(UInt64(column.key)))
            }
        }
        return Array(names)
    }

    static func rowsOfKind(_ kinds: [UInt64], _ schema: EntitySchema) -> [Int] {
        var counts = [Int](repeating: 0, count: schema.kindCount)
        for kind in kinds { counts[Int(kind)] += 1 }
        return counts
    }

    func eventTimes() throws -> [Int64] {
        guard let schema = try schema(.event) else { return [] }
        var reader = schema.rest
        let times = try NumberColumn(&reader, count: summary.events)
        try reader.checkEnd()
        return try times.all().map { Int64(bitPattern: $0) }
    }

    func linkIDs() throws -> (traces: [TraceID], spans: [UInt64]) {
        guard let schema = try schema(.link) else { return ([], []) }
        return try linkIDs(0..<summary.links, schema)
    }

    func linkIDs(_ rows: Range<Int>, _ schema: EntitySchema) throws -> (traces: [TraceID], spans: [UInt64]) {
        var reader = schema.rest
        let place = try reader.takeHard(summary.links * 24)
        try reader.checkEnd()
        return schema.rest.part.hard.withUnsafeBytes { bytes in
            func word(_ row: Int, _ index: Int) -> UInt64 {
                bytes.loadUnaligned(fromByteOffset: place.lowerBound + row * 24 + index * 8, as: UInt64.self)
            }
            return (
                rows.map { TraceID(high: UInt64(bigEndian: word($0, 0)), low: UInt64(bigEndian: word($0, 1))) },
                rows.map { UInt64(littleEndian: word($0, 2)) }
            )
        }
    }
}
