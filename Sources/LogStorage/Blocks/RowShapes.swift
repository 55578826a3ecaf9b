internal import TelemetryModel

/// The shapes of lines and of metadata of some rows, and which columns there are.
struct RowShapes {
    /// Of each row the shape of its line; -1 where it has none.
    private(set) var lineShapes: [Int32] = []
    /// Of each row the list of names of its metadata; -1 where it has none.
    private(set) var metadataShapes: [Int32] = []
    private(set) var outline = BlockOutline()
    /// Where the leaves of a row's line begin in `lines.spans`, and the values of its metadata in `metadataValues`.
    private var lineStarts: [Int32] = []
    private var metadataStarts: [Int32] = []
    private var lines: LineShapes
    private var metadataValues: [Run] = []
    /// The column of the lines without a shape; nil where there are none.
    private(set) var textColumn: Int?

    /// - Parameter isText: rows whose lines are to be kept as text.
    init(_ rows: LogRows, isText: (Int) -> Bool) {
        lines = LineShapes(shapesMax: min(BlockLimits.shapesMax, 16 + rows.count / 16))
        findLineShapes(rows, isText)
        findMetadataShapes(rows)
        addLeafColumns()
    }

    private mutating func findLineShapes(_ rows: LogRows, _ isText: (Int) -> Bool) {
        lineShapes.reserveCapacity(rows.count)
        lineStarts.reserveCapacity(rows.count)
        var guess: Int32 = -1
        var texts = 0
        for row in 0..<rows.count {
            lineStarts.append(Int32(truncatingIfNeeded: lines.spans.count))
            let line = rows.lines[row]
            let shape = isText(row) ? -1 : lines.add(line, guess: guess)
            if shape >= 0 { guess = shape } else { texts += 1 }
            lineShapes.append(shape)
        }
        outline.shapes = lines.shapes
        if texts > 0 {
            textColumn = 0
            outline.columns.append(ColumnOutline(owner: .text, name: [], count: texts, form: .plain(TextBounds())))
        }
    }

    private mutating func findMetadataShapes(_ rows: LogRows) {
        metadataShapes.reserveCapacity(rows.count)
        metadataStarts.reserveCapacity(rows.count)
        var names = RunTable()
        var shapes: [[Int32]: Int32] = [:]
        var columnOfName: [Int32] = []
        var shape: [Int32] = []
        var latest: (shape: [Int32], number: Int32) = ([], -1)
        for row in 0..<rows.count {
            metadataStarts.append(Int32(truncatingIfNeeded: metadataValues.count))
            shape.removeAll(keepingCapacity: true)
            var labels = PackedLabelRuns(rows.metadata[row])
            while let label = labels.next() {
                let name = Int(names.intern(label.name))
                if name == columnOfName.count {
                    columnOfName.append(Int32(truncatingIfNeeded: outline.columns.count))
                    outline.columns.append(
                        ColumnOutline(owner: .metadata, name: [UInt8](label.name.bytes), count: 0, form: .plain(TextBounds())))
                }
                shape.append(columnOfName[name])
                outline.columns[Int(columnOfName[name])].count += 1
                metadataValues.append(label.value)
            }
            if shape != latest.shape {
                let number = shapes[shape] ?? Int32(truncatingIfNeeded: outline.metadataShapes.count)
                if shapes[shape] == nil {
                    shapes[shape] = number
                    outline.metadataShapes.append(shape)
                }
                latest = (shape, number)
            }
            metadataShapes.append(shape.isEmpty ? -1 : latest.number)
        }
    }

    /// Leaves with the same keys and of the same kind share a column, whatever else is in their lines.
    private mutating func addLeafColumns() {
        var counts = [Int](repeating: 0, count: outline.shapes.count)
        for shape in lineShapes where shape >= 0 { counts[Int(shape)] += 1 }
        var known: [[UInt8]: Int32] = [:]
        for number in outline.shapes.indices {
            var occurrences: [[UInt8]: UInt8] = [:]
            let paths = outline.shapes[number].paths() ?? []
            for (leaf, path) in paths.enumerated() {
                var name = path.joined(separator: [0]).map { $0 }
                name += [0, outline.shapes[number].kinds[leaf]]
                let occurrence = occurrences[name, default: 0]
                occurrences[name] = occurrence &+ 1
                if occurrence > 0 { name.append(occurrence) }
                if known[name] == nil {
                    known[name] = Int32(truncatingIfNeeded: outline.columns.count)
                    outline.columns.append(
                        ColumnOutline(owner: .leaf, name: path.joined(separator: [0]).map { $0 }, count: 0, form: .plain(TextBounds())))
                }
                let column = known[name] ?? 0
                outline.shapes[number].columns.append(column)
                outline.columns[Int(column)].count += counts[number]
            }
        }
    }

    /// The rows and the values of a column.
    func values(ofColumn column: Int, _ rows: LogRows) -> (rows: [Int32], values: [Run]) {
        let outline = outline.columns[column]
        var found: (rows: [Int32], values: [Run]) = ([], [])
        found.rows.reserveCapacity(outline.count)
        found.values.reserveCapacity(outline.count)
        switch outline.owner {
        case .text:
            for row in 0..<rows.count where lineShapes[row] < 0 {
                found.rows.append(Int32(truncatingIfNeeded: row))
                found.values.append(rows.lines[row])
            }
        case .leaf:
            let leaves = self.outline.shapes.map { $0.columns.firstIndex(of: Int32(column)) ?? -1 }
            lines.spans.withUnsafeBufferPointer { spans in
                for row in 0..<rows.count where lineShapes[row] >= 0 {
                    let leaf = leaves[Int(lineShapes[row])]
                    if leaf < 0 { continue }
                    let span = spans[Int(lineStarts[row]) &+ leaf]
                    found.rows.append(Int32(truncatingIfNeeded: row))
                    found.values.append(rows.lines[row].part(Int(span.start), Int(span.count)))
                }
            }
        case .metadata:
            let places = self.outline.metadataShapes.map { $0.firstIndex(of: Int32(column)) ?? -1 }
            for row in 0..<rows.count where metadataShapes[row] >= 0 {
                let place = places[Int(metadataShapes[row])]
                if place < 0 { continue }
                found.rows.append(Int32(truncatingIfNeeded: row))
                found.values.append(metadataValues[Int(metadataStarts[row]) + place])
            }
        }
        return found
    }
}
