internal import ByteCoding
internal import ColumnCoding

/// What some rows use of the kinds, shapes and columns of a table, numbered anew in the order of first use.
struct LocalRows {
    /// The kinds in the table.
    private(set) var kinds: [UInt32] = []
    /// For each row its kind in the block.
    private var kindOf: [UInt64] = []
    private var shapes: [UInt32] = []
    private var shapeOf: [UInt32: UInt32] = [:]
    /// The columns in the table.
    private(set) var columns: [UInt32] = []
    private var columnOf: [UInt32: UInt32] = [:]
    /// For each kind, by its number in the block, the columns of its shape, by their numbers in the block.
    private var kindColumns: [[UInt32]] = []

    init(_ source: AttributedRows, _ rows: [Int]) {
        var numbers = [UInt32](repeating: .max, count: source.kinds.count)
        kindOf.reserveCapacity(rows.count)
        for row in rows {
            let kind = source.kindOf[row]
            if numbers[Int(kind)] == .max {
                numbers[Int(kind)] = UInt32(kinds.count)
                kinds.append(kind)
                addShape(of: kind, source)
            }
            kindOf.append(UInt64(numbers[Int(kind)]))
        }
    }

    private mutating func addShape(of kind: UInt32, _ source: AttributedRows) {
        let shape = UInt32(truncatingIfNeeded: source.kinds[Int(kind), AttributedRows.shapeField])
        let list = source.shapes.columns(of: shape)
        if shapeOf[shape] == nil {
            shapeOf[shape] = UInt32(shapes.count)
            shapes.append(shape)
        }
        var local: [UInt32] = []
        local.reserveCapacity(list.count)
        for column in list {
            if let known = columnOf[column] {
                local.append(known)
            } else {
                columnOf[column] = UInt32(columns.count)
                local.append(UInt32(columns.count))
                columns.append(column)
            }
        }
        kindColumns.append(local)
    }

    /// Writes the kind of each row, the kinds, the shapes, and what the columns are.
    func encode(
        _ source: AttributedRows, textFields: [Int], scopes: [UInt64]?, _ texts: inout LocalTexts, into part: inout PartWriter
    ) {
        part.soft.appendVarint(count: kinds.count)
        NumberSequence.encode(kindOf, .codes, into: &part)
        for field in 0..<source.kinds.width {
            let values = kinds.map { kind -> UInt64 in
                let value = source.kinds[Int(kind), field]
                if field == AttributedRows.shapeField { return UInt64(shapeOf[UInt32(truncatingIfNeeded: value)] ?? 0) }
                if textFields.contains(field) { return UInt64(texts.number(of: UInt32(truncatingIfNeeded: value))) }
                if let scopes, field == SpanKindField.scope { return scopes[Int(value)] }
                return value
            }
            NumberSequence.encode(values, .amounts, into: &part)
        }
        part.soft.appendVarint(count: shapes.count)
        let lists = shapes.map { source.shapes.columns(of: $0).map { UInt64(columnOf[$0] ?? 0) } }
        NumberSequence.encode(lists.map { UInt64($0.count) }, .amounts, into: &part)
        NumberSequence.encode(lists.flatMap { $0 }, .codes, into: &part)
        part.soft.appendVarint(count: columns.count)
        let described = columns.map { source.shapes.columns[Int($0)] }
        NumberSequence.encode(described.map { UInt64(texts.number(of: $0.key)) }, .codes, into: &part)
        NumberSequence.encode(described.map { UInt64($0.type.rawValue) }, .codes, into: &part)
        NumberSequence.encode(described.map { UInt64($0.occurrence) }, .codes, into: &part)
    }

    /// The values of one column.
    struct Values {
        /// For each kind that has the column, in the order of kinds, whether all its rows have the same value.
        var isConstant: [UInt64] = []
        /// The values of those kinds, then those of all other rows in their order.
        var words: [UInt64] = []
    }

    /// The values of each column.
    func columnValues(_ source: AttributedRows, _ rows: [Int]) -> [Values] {
        var offsets: [Int] = []
        var slots = 0
        for list in kindColumns {
            offsets.append(slots)
            slots += list.count
        }
        // The first value of each column of each kind, and whether all others are like it.
        var firsts = [UInt64](repeating: 0, count: slots)
        var states = [UInt8](repeating: 0, count: slots)
        for (place, row) in rows.enumerated() {
            let kind = Int(kindOf[place])
            let start = Int(source.wordStarts[row])
            let offset = offsets[kind]
            for index in 0..<kindColumns[kind].count {
                let word = source.words[start &+ index]
                if states[offset &+ index] == 0 {
                    states[offset &+ index] = 1
                    firsts[offset &+ index] = word
                } else if firsts[offset &+ index] != word {
                    states[offset &+ index] = 2
                }
            }
        }
        var values = [Values](repeating: Values(), count: columns.count)
        for (kind, list) in kindColumns.enumerated() {
            for (index, column) in list.enumerated() {
                let slot = offsets[kind] + index
                values[Int(column)].isConstant.append(states[slot] == 1 ? 1 : 0)
                if states[slot] == 1 { values[Int(column)].words.append(firsts[slot]) }
            }
        }
        // What varies of each kind.
        let varying = kindColumns.indices.map { kind in
            kindColumns[kind].indices.filter { states[offsets[kind] + $0] == 2 }.map { (index: $0, column: Int(kindColumns[kind][$0])) }
        }
        for (place, row) in rows.enumerated() {
            let start = Int(source.wordStarts[row])
            for (index, column) in varying[Int(kindOf[place])] { values[column].words.append(source.words[start &+ index]) }
        }
        return values
    }
}
