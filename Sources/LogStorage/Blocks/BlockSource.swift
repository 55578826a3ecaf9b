internal import ByteCoding
internal import ColumnCoding
internal import ShardStorage
internal import TelemetryModel

/// Reads a block.
struct BlockSource: Sendable {
    let block: any BlockParts

    init(_ block: any BlockParts) { self.block = block }

    func outline() throws -> BlockOutline {
        try block.kept(.outline) {
            let outline = try BlockOutline(block.part(PartNumber.outline), rows: block.directory().summary.rows)
            return (outline, outline.memoryBytes)
        }
    }

    func streams() throws -> StreamSpans {
        try block.kept(.streams) {
            let spans = try readStreams(block.directory().summary, block.part(PartNumber.streams))
            return (spans, spans.memoryBytes)
        }
    }

    private func readStreams(_ summary: BlockSummary, _ part: DecodedPart) throws -> StreamSpans {
        var reader = PartReader(part)
        var spans = StreamSpans()
        for _ in 0..<summary.streams {
            let range = try reader.soft.readLengthPrefixed()
            do { spans.labels.append(try LabelSet(validating: Array(part.soft[range]))) } catch { throw BlockError("\(error)") }
        }
        guard zip(spans.labels, spans.labels.dropFirst()).allSatisfy({ $0 < $1 }) else { throw BlockError("streams are out of order") }
        let counts = try NumberColumn(&reader, count: summary.streams).all()
        let firsts = try NumberColumn(&reader, count: summary.streams).all()
        let lasts = try NumberColumn(&reader, count: summary.streams).all()
        try reader.checkEnd()
        var row: UInt64 = 0
        for stream in 0..<summary.streams {
            guard counts[stream] > 0, counts[stream] <= UInt64(summary.rows) else { throw BlockError("a stream without rows") }
            row += counts[stream]
            spans.starts.append(Int32(truncatingIfNeeded: row))
            let first = summary.minTime &+ Int64(bitPattern: firsts[stream])
            let last = first &+ Int64(bitPattern: lasts[stream])
            guard first <= last, first >= summary.minTime, last <= summary.maxTime else { throw BlockError("a stream's times") }
            spans.times.append(first...last)
        }
        guard row == UInt64(summary.rows) else { throw BlockError("the streams have \(row) rows, not \(summary.rows)") }
        return spans
    }

    func frame() throws -> StoredLogFrame {
        try block.kept(.frame) {
            let spans = try streams()
            let rows = try block.directory().summary.rows
            var reader = PartReader(try block.part(PartNumber.times))
            let steps = try NumberColumn(&reader, count: rows - spans.labels.count).all()
            try reader.checkEnd()
            var times: [Int64] = []
            times.reserveCapacity(rows)
            var next = 0
            for stream in spans.labels.indices {
                var time = spans.times[stream].lowerBound
                times.append(time)
                for _ in spans.starts[stream] + 1..<spans.starts[stream + 1] {
                    let later = time &+ Int64(bitPattern: steps[next])
                    guard later >= time else { throw BlockError("times fall") }
                    time = later
                    times.append(time)
                    next += 1
                }
                guard time == spans.times[stream].upperBound else { throw BlockError("a stream ends at another time") }
            }
            return (StoredLogFrame(streams: spans.labels, streamStarts: spans.starts, times: times), rows * 8)
        }
    }

    /// Of each row the shape of its line and of its metadata; -1 for none.
    func rowShapes() throws -> (lines: [Int32], metadata: [Int32]) {
        let shapes: RowShapeNumbers = try block.kept(.rowShapes) {
            let rows = try block.directory().summary.rows
            let outline = try outline()
            var reader = PartReader(try block.part(PartNumber.shapes))
            let lines = try BlockSource.shapes(&reader, rows, limit: outline.shapes.count)
            let metadata = try BlockSource.shapes(&reader, rows, limit: outline.metadataShapes.count)
            try reader.checkEnd()
            return (RowShapeNumbers(lines: lines, metadata: metadata), rows * 8)
        }
        return (shapes.lines, shapes.metadata)
    }

    private struct RowShapeNumbers: Sendable {
        var lines: [Int32]
        var metadata: [Int32]
    }

    private static func shapes(_ reader: inout PartReader, _ rows: Int, limit: Int) throws -> [Int32] {
        try NumberColumn(&reader, count: rows).all().map { shape in
            guard shape <= UInt64(limit) else { throw BlockError("a shape that is not there") }
            return Int32(truncatingIfNeeded: shape) - 1
        }
    }

    /// Of each row its place in the columns of a set of rows, -1 where it has none; nil for the set of all rows.
    func places(_ rowSet: Int) throws -> [Int32]? {
        if rowSet == 0 { return nil }
        return try block.kept(.places(rowSet)) {
            let set = try outline().rowSets[rowSet]
            let shapes = try rowShapes()
            let own = set.isMetadata ? shapes.metadata : shapes.lines
            var isIn = [Bool](repeating: false, count: (own.max() ?? -1) + 2 > 0 ? Int((own.max() ?? -1) + 2) : 1)
            for shape in set.shapes where Int(shape + 1) < isIn.count { isIn[Int(shape + 1)] = true }
            var places: [Int32] = []
            places.reserveCapacity(own.count)
            var next: Int32 = 0
            for shape in own {
                if isIn[Int(shape + 1)] {
                    places.append(next)
                    next += 1
                } else {
                    places.append(-1)
                }
            }
            return (places, places.count * 4)
        }
    }

    /// The rows of a column, in order.
    func rows(ofSet rowSet: Int) throws -> [Int32] {
        guard let places = try places(rowSet) else { return (0..<Int32(truncatingIfNeeded: try block.directory().summary.rows)).map { $0 } }
        return places.indices.filter { places[$0] >= 0 }.map { Int32(truncatingIfNeeded: $0) }
    }

    func column(_ number: Int) throws -> DecodedColumn {
        try block.kept(.column(number)) {
            let outline = try outline()
            let column = try ColumnReader(self, outline, number).column()
            let rows = try places(outline.columns[number].rowSet).map { $0.count { $0 >= 0 } } ?? block.directory().summary.rows
            guard rows == column.count else { throw BlockError("a column of \(column.count) values for \(rows) rows") }
            return (column, column.memoryBytes)
        }
    }

    /// Rows in the order of time.
    func timeOrder() throws -> [Int32] {
        try block.kept(.timeOrder) {
            let order = TimeOrder.rows(try frame().times)
            return (order, order.count * 4)
        }
    }

    /// The times of all rows by short spans.
    func timeBuckets() throws -> TimeBuckets {
        try block.kept(.timeBuckets) {
            let summary = try block.directory().summary
            let buckets = TimeBuckets(try frame().times, within: summary.minTime...summary.maxTime)
            return (buckets, buckets.starts.count * 8)
        }
    }
}

// MARK: Queries

extension BlockSource: LogColumnSource {
    var serial: Int { block.serial }
    var storedBytes: Int { block.bytes }
    var path: String { block.path }
    func noted(_ error: any Error) -> LogStorageError { block.noted(error) }

    var times: ClosedRange<Int64> {
        guard let stored = block as? StoredBlock else {
            let summary = try? block.directory().summary
            return (summary?.minTime ?? 0)...(summary?.maxTime ?? 0)
        }
        return stored.page.minTime...max(stored.page.minTime, stored.page.maxTime)
    }

    var rowCount: Int { (block as? StoredBlock)?.page.items ?? (try? block.directory().summary.rows) ?? 0 }

    func metadataNames() throws -> [String] {
        Array(Set(try outline().columns.filter { $0.owner == .metadata }.map { String(decoding: $0.name, as: UTF8.self) }))
    }

    func metadata(_ name: String) throws -> LogColumn? {
        let outline = try outline()
        guard let number = outline.columns.firstIndex(where: { $0.owner == .metadata && $0.isNamed(name) }) else {
            return nil
        }
        return try block.kept(.metadata(number)) {
            let column = try logColumn(number, isUnescaped: false) { _ in true }
            return (column, column.codes.count * 4 + column.values.bytes.count + column.values.count * 8)
        }
    }

    func documents() throws -> LogDocuments? {
        let outline = try outline()
        if outline.shapes.isEmpty { return nil }
        return try block.kept(.documents) {
            var shapes: [DocumentShape] = []
            for shape in outline.shapes {
                guard let paths = shape.paths(), paths.count == shape.leafCount else { throw BlockError("a shape is no JSON object") }
                shapes.append(
                    DocumentShape(
                        leaves: zip(paths, shape.kinds).map { path, kind in
                            DocumentLeaf(path: path.map(JSONText.unescaped), kind: BlockSource.kind(kind))
                        }))
            }
            let rows = try rowShapes().lines
            return (LogDocuments(rowShapes: rows, shapes: shapes), rows.count * 4)
        }
    }

    private static func kind(_ kind: UInt8) -> DocumentLeaf.Kind {
        switch LineScanner.Kind(rawValue: kind) {
        case .string, nil: .string
        case .number: .number
        case .boolean: .boolean
        case .null: .null
        case .array: .array
        }
    }

    func leaf(_ leaf: Int, ofShape shape: Int) throws -> LogColumn {
        let outline = try outline()
        guard outline.shapes.indices.contains(shape), outline.shapes[shape].kinds.indices.contains(leaf) else {
            throw BlockError("there is no leaf \(leaf) of shape \(shape)")
        }
        return try block.kept(.leaf(shape: shape, leaf: leaf)) {
            let shapes = try rowShapes().lines
            let isString = outline.shapes[shape].kinds[leaf] == LineScanner.Kind.string.rawValue
            let column = try logColumn(Int(outline.shapes[shape].columns[leaf]), isUnescaped: isString) {
                shapes[$0] == Int32(truncatingIfNeeded: shape)
            }
            return (column, column.codes.count * 4 + column.values.bytes.count + column.values.count * 8)
        }
    }

    /// A column as queries read it: each value once.
    private func logColumn(_ number: Int, isUnescaped: Bool, _ isWanted: (Int) -> Bool) throws -> LogColumn {
        let outline = try outline()
        let column = try column(number)
        let places = try places(outline.columns[number].rowSet)
        let rows = try block.directory().summary.rows
        var codes = [Int32](repeating: -1, count: rows)
        if case .dictionary(let own, let values) = column.form, !isUnescaped || !values.bytes.contains(0x5c) {
            for row in 0..<rows where isWanted(row) {
                let place = places.map { Int($0[row]) } ?? row
                if place >= 0 { codes[row] = own[place] }
            }
            return LogColumn(codes: codes, values: values)
        }
        let times = try frame().times
        var table = RunTable(capacity: column.count)
        var text: [UInt8] = []
        for row in 0..<rows where isWanted(row) {
            let place = places.map { Int($0[row]) } ?? row
            if place < 0 { continue }
            text.removeAll(keepingCapacity: true)
            column.append(place, time: times[row], to: &text)
            if isUnescaped, text.contains(0x5c) { text = JSONText.unescapedBytes(text) }
            codes[row] = text.withUnsafeBytes { table.intern(Run(base: $0.baseAddress ?? Run.nowhere, count: $0.count)) }
        }
        return LogColumn(codes: codes, values: table.texts)
    }
}
