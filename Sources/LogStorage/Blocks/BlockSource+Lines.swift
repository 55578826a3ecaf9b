internal import ByteCoding
internal import ColumnCoding
internal import TelemetryModel

/// Puts lines together again.
extension BlockSource {
    /// A shape of lines with its columns at hand.
    private struct Assembly {
        var literals: [[UInt8]]
        var numbers: [Int]
        var columns: [DecodedColumn]
        var places: [[Int32]?]
    }

    /// Of the lines of some rows what is needed, by shape; the last is that of lines without a shape.
    private func assemblies(_ shapes: [Int32], _ rows: [Int32]) throws -> [Assembly?] {
        let outline = try outline()
        var assemblies = [Assembly?](repeating: nil, count: outline.shapes.count + 1)
        for row in rows {
            let shape = shapes[Int(row)] < 0 ? outline.shapes.count : Int(shapes[Int(row)])
            if assemblies[shape] == nil { assemblies[shape] = try assembly(shape, outline) }
        }
        return assemblies
    }

    private func assembly(_ shape: Int, _ outline: BlockOutline) throws -> Assembly {
        guard shape < outline.shapes.count else {
            guard let text = outline.columns.firstIndex(where: { $0.owner == .text }) else { throw BlockError("a line without a column") }
            return Assembly(
                literals: [[], []], numbers: [text], columns: [try column(text)], places: [try places(outline.columns[text].rowSet)])
        }
        var assembly = Assembly(
            literals: outline.shapes[shape].literals, numbers: outline.shapes[shape].columns.map { Int($0) }, columns: [], places: [])
        for number in outline.shapes[shape].columns {
            assembly.columns.append(try column(Int(number)))
            assembly.places.append(try places(outline.columns[Int(number)].rowSet))
        }
        return assembly
    }

    func lines(of rows: [Int32]) throws -> PackedTexts {
        // Where most are wanted, columns are taken one after the other.
        if rows.count >= 64, try rows.count * 4 >= block.directory().summary.rows { return try manyLines(of: rows) }
        if rows.count <= 512, try rows.count * 32 <= block.directory().summary.rows, zip(rows, rows.dropFirst()).allSatisfy({ $0 < $1 }) {
            return try fewLines(of: rows)
        }
        let shapes = try rowShapes().lines
        let times = try frame().times
        let assemblies = try assemblies(shapes, rows)
        let summary = try block.directory().summary
        var bytes: [UInt8] = []
        bytes.reserveCapacity(rows.count == summary.rows ? summary.lineBytes : rows.count * (summary.lineBytes / summary.rows + 16))
        var ends: [Int] = []
        ends.reserveCapacity(rows.count)
        for row in rows {
            let row = Int(row)
            guard let assembly = assemblies[shapes[row] < 0 ? assemblies.count - 1 : Int(shapes[row])] else {
                throw BlockError("BUG: no shape")
            }
            try BlockSource.append(row, times[row], assembly, to: &bytes)
            ends.append(bytes.count)
        }
        return PackedTexts(bytes: bytes, ends: ends)
    }

    private static func append(_ row: Int, _ time: Int64, _ assembly: borrowing Assembly, to bytes: inout [UInt8]) throws {
        let count = assembly.columns.count
        for leaf in 0..<count {
            bytes.append(contentsOf: assembly.literals[leaf])
            let place = assembly.places[leaf].map { Int($0[row]) } ?? row
            guard place >= 0, place < assembly.columns[leaf].count else { throw BlockError("a row without a value") }
            assembly.columns[leaf].append(place, time: time, to: &bytes)
        }
        bytes.append(contentsOf: assembly.literals[count])
    }

    /// A shape of lines with the texts of its columns.
    private struct RenderedShape {
        var literals: RenderedTexts
        var literalBytes: Int
        var columns: [RenderedTexts]
        var counts: [Int]
        var places: [[Int32]?]

        /// Whether a line is that of a row.
        func isLine(_ line: Run, ofRow row: Int) throws -> Bool {
            var position = 0
            for leaf in columns.indices {
                let place = places[leaf].map { Int($0[row]) } ?? row
                guard place >= 0, place < counts[leaf] else { throw BlockError("a row without a value") }
                guard literals.text(leaf).isIn(line, at: &position), columns[leaf].text(place).isIn(line, at: &position) else {
                    return false
                }
            }
            return literals.text(columns.count).isIn(line, at: &position) && position == line.count
        }
    }

    private func manyLines(of rows: [Int32]) throws -> PackedTexts {
        let shapes = try rowShapes().lines
        let assemblies = try assemblies(shapes, rows)
        let summary = try block.directory().summary
        let own = try renderedShapes(assemblies, limit: summary.lineBytes)
        var ends: [Int] = []
        ends.reserveCapacity(rows.count)
        var end = 0
        for row in rows {
            guard let shape = own[shapes[Int(row)] < 0 ? own.count - 1 : Int(shapes[Int(row)])] else {
                throw BlockError("a line without a shape")
            }
            end += shape.literalBytes
            for leaf in shape.columns.indices {
                let place = shape.places[leaf].map { Int($0[Int(row)]) } ?? Int(row)
                guard place >= 0, place < shape.counts[leaf] else { throw BlockError("a row without a value") }
                end += shape.columns[leaf].text(place).count
            }
            ends.append(end)
        }
        guard rows.count == summary.rows ? end == summary.lineBytes : end <= summary.lineBytes else {
            throw BlockError("lines of other lengths")
        }
        let writer = LineWriter(capacity: end)
        for row in rows {
            guard let shape = own[shapes[Int(row)] < 0 ? own.count - 1 : Int(shapes[Int(row)])] else { continue }
            let count = shape.columns.count
            for leaf in 0..<count {
                writer.append(shape.literals.text(leaf))
                writer.append(shape.columns[leaf].text(shape.places[leaf].map { Int($0[Int(row)]) } ?? Int(row)))
            }
            writer.append(shape.literals.text(count))
        }
        return PackedTexts(bytes: writer.bytes, ends: ends)
    }

    /// The rows whose line is another than in some rows that are as many.
    func rowsThatDiffer(from rows: LogRows) throws -> [Int] {
        let shapes = try rowShapes().lines
        let all = (0..<Int32(truncatingIfNeeded: shapes.count)).map { $0 }
        let own = try renderedShapes(try assemblies(shapes, all), limit: try block.directory().summary.lineBytes)
        var different: [Int] = []
        for row in shapes.indices {
            guard let shape = own[shapes[row] < 0 ? own.count - 1 : Int(shapes[row])] else { throw BlockError("a line without a shape") }
            if try !shape.isLine(rows.lines[row], ofRow: row) { different.append(row) }
        }
        return different
    }

    private func renderedShapes(_ assemblies: [Assembly?], limit: Int) throws -> [RenderedShape?] {
        var known: [Int: RenderedTexts] = [:]
        let times = try frame().times
        return try assemblies.map { assembly in
            guard let assembly else { return nil }
            var shape = RenderedShape(
                literals: RenderedTexts(PackedTexts(parts: assembly.literals), codes: nil),
                literalBytes: assembly.literals.reduce(0) { $0 + $1.count },
                columns: [], counts: assembly.columns.map(\.count), places: assembly.places)
            for (leaf, number) in assembly.numbers.enumerated() {
                if known[number] == nil {
                    let places = assembly.places[leaf]
                    let own = places.map { places in places.indices.filter { places[$0] >= 0 }.map { times[$0] } } ?? times
                    guard own.count == assembly.columns[leaf].count else { throw BlockError("a column of other rows") }
                    known[number] = try RenderedTexts.column(assembly.columns[leaf], times: own, bytesMax: limit)
                }
                if let texts = known[number] { shape.columns.append(texts) }
            }
            return shape
        }
    }

    func lineLengths() throws -> [Int32] {
        try block.kept(.lengths) {
            let directory = try block.directory()
            let lengths = try directory.entry(PartNumber.lengths) == nil ? countedLengths() : storedLengths(directory.summary)
            return (lengths, lengths.count * 4)
        }
    }

    private func storedLengths(_ summary: BlockSummary) throws -> [Int32] {
        var reader = PartReader(try block.part(PartNumber.lengths))
        let stored = try NumberColumn(&reader, count: summary.rows).all()
        try reader.checkEnd()
        var total: UInt64 = 0
        let lengths = try stored.map { length in
            guard length <= UInt64(summary.lineBytes) else { throw BlockError("a line of \(length) bytes") }
            total += length
            return Int32(truncatingIfNeeded: length)
        }
        guard total == UInt64(summary.lineBytes) else { throw BlockError("lines of \(total) bytes, not \(summary.lineBytes)") }
        return lengths
    }

    /// The lengths of the lines by those of the values that they are made of.
    private func countedLengths() throws -> [Int32] {
        let shapes = try rowShapes().lines
        let assemblies = try assemblies(shapes, (0..<Int32(truncatingIfNeeded: shapes.count)).map { $0 })
        var lengths: [Int32] = []
        lengths.reserveCapacity(shapes.count)
        for row in shapes.indices {
            guard let assembly = assemblies[shapes[row] < 0 ? assemblies.count - 1 : Int(shapes[row])] else {
                throw BlockError("BUG: no shape")
            }
            var length = assembly.literals.reduce(0) { $0 + $1.count }
            for leaf in assembly.columns.indices {
                let place = assembly.places[leaf].map { Int($0[row]) } ?? row
                guard place >= 0, place < assembly.columns[leaf].count else { throw BlockError("a row without a value") }
                length += assembly.columns[leaf].length(place)
            }
            lengths.append(Int32(truncatingIfNeeded: length))
        }
        return lengths
    }

    /// Everything in the block, in memory of its own.
    func allRows() throws -> LogRows {
        let frame = try frame()
        let lines = try lines(of: (0..<Int32(truncatingIfNeeded: frame.times.count)).map { $0 })
        let metadata = try allMetadata(frame.times)
        let arena = LogArena(capacity: lines.bytes.count + metadata.bytes.count)
        let lineRun = lines.bytes.withUnsafeBytes { arena.append($0) }
        let metadataRun = metadata.bytes.withUnsafeBytes { arena.append($0) }
        var rows = LogRows(owners: [arena])
        rows.reserveCapacity(frame.times.count)
        for stream in frame.streams.indices {
            rows.beginStream(frame.streams[stream])
            for row in Int(frame.streamStarts[stream])..<Int(frame.streamStarts[stream + 1]) {
                let (line, labels) = (lines.range(row), metadata.range(row))
                rows.append(
                    time: frame.times[row], line: line.isEmpty ? .empty : lineRun.part(line.lowerBound, line.count),
                    metadata: labels.isEmpty ? .empty : metadataRun.part(labels.lowerBound, labels.count))
            }
        }
        return rows
    }

    /// The metadata of all rows in its canonical form.
    func allMetadata(_ times: [Int64]) throws -> PackedTexts {
        let outline = try outline()
        let shapes = try rowShapes().metadata
        var texts = PackedTexts()
        if outline.metadataShapes.isEmpty { return PackedTexts(bytes: [], ends: [Int](repeating: 0, count: shapes.count)) }
        var columns: [Int32: (column: DecodedColumn, places: [Int32]?)] = [:]
        for number in Set(outline.metadataShapes.joined()) {
            columns[number] = (try column(Int(number)), try places(outline.columns[Int(number)].rowSet))
        }
        let shapeColumns = outline.metadataShapes.map { shape in
            shape.compactMap { number in columns[number].map { (number, $0.column, $0.places) } }
        }
        var value: [UInt8] = []
        for row in shapes.indices {
            guard shapes[row] >= 0 else {
                texts.append(EmptyCollection<UInt8>())
                continue
            }
            var packed: [UInt8] = []
            for (number, column, places) in shapeColumns[Int(shapes[row])] {
                let place = places.map { Int($0[row]) } ?? row
                guard place >= 0, place < column.count else { throw BlockError("a row without a value") }
                value.removeAll(keepingCapacity: true)
                column.append(place, time: times[row], to: &value)
                LabelSet.appendRun(outline.columns[Int(number)].name, to: &packed)
                LabelSet.appendRun(value, to: &packed)
            }
            texts.append(packed)
        }
        return texts
    }
}
