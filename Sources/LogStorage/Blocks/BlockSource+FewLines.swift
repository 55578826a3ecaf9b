internal import ColumnCoding
internal import TelemetryModel

/// Puts few lines together, of which no more is read than they need.
extension BlockSource {
    /// The values of a column for some of the rows.
    private struct Leaf {
        /// The places in the list of rows that have a value.
        var members: [Int] = []
        var values = SomeValues(column: DecodedColumn(count: 0, form: .plain(PackedTexts())), places: [])
        /// How many of them are taken.
        var next = 0
    }

    /// - Parameter rows: in ascending order, each once.
    func fewLines(of rows: [Int32]) throws -> PackedTexts {
        let outline = try outline()
        let shapes = try rowShapes().lines
        let times = try frame().times
        let text = outline.columns.firstIndex { $0.owner == .text }
        var leaves: [Int: Leaf] = [:]
        for (index, row) in rows.enumerated() {
            let shape = Int(shapes[Int(row)])
            if shape >= 0 {
                for column in outline.shapes[shape].columns { leaves[Int(column), default: Leaf()].members.append(index) }
            } else {
                guard let text else { throw BlockError("a line without a column") }
                leaves[text, default: Leaf()].members.append(index)
            }
        }
        let known = SomeCodes()
        for (column, leaf) in leaves {
            let places = try self.places(outline.columns[column].rowSet)
            let own = leaf.members.map { index in places.map { Int($0[Int(rows[index])]) } ?? Int(rows[index]) }
            leaves[column]?.values = try ColumnReader(self, outline, column).values(at: own, known)
        }
        var texts = PackedTexts()
        var line: [UInt8] = []
        for row in rows {
            line.removeAll(keepingCapacity: true)
            let shape = Int(shapes[Int(row)])
            let columns = shape >= 0 ? outline.shapes[shape].columns : text.map { [Int32(truncatingIfNeeded: $0)] } ?? []
            for (place, column) in columns.enumerated() {
                if shape >= 0 { line.append(contentsOf: outline.shapes[shape].literals[place]) }
                guard let leaf = leaves[Int(column)] else { continue }
                leaf.values.column.append(leaf.values.places[leaf.next], time: times[Int(row)], to: &line)
                leaves[Int(column)]?.next += 1
            }
            if shape >= 0 { line.append(contentsOf: outline.shapes[shape].literals[columns.count]) }
            texts.append(line)
        }
        return texts
    }
}
