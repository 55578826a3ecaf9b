/// The type of an attribute's value, and what its word in ``AttributedRows/words`` says.
enum AttributeType: UInt8, Sendable, CaseIterable {
    /// 0.
    case empty = 0
    /// The number of the text.
    case string = 1
    case bool = 2
    case int = 3
    /// The bits.
    case double = 4
    /// The number of the bytes, in the table of texts.
    case bytes = 5
    /// The number of the bytes of an OTLP `ArrayValue`.
    case array = 6
    /// The number of the bytes of an OTLP `KeyValueList`.
    case map = 7
    /// The number of the bytes of a whole OTLP `KeyValue`: what has no column of its own, because there are too many.
    case other = 8

    /// Whether the word is the number of a text.
    var isText: Bool {
        switch self {
        case .string, .bytes, .array, .map, .other: true
        case .empty, .bool, .int, .double: false
        }
    }
}

/// Values of one name and type. Where a name occurs again in the same list of attributes with the same type, that is another column.
struct AttributeColumn: Sendable, Hashable {
    /// The number of the name.
    var key: UInt32
    var type: AttributeType
    var occurrence: UInt16
}

/// The lists of columns that rows have values in, in the order of the sender: a tree of which a node stands for the way to it from the root.
struct ShapeTable: Sendable {
    /// What has this many columns gets no more; see ``AttributeType/other``.
    static let columnsMax = 4096

    private struct Node: Sendable {
        var parent: UInt32
        var column: UInt32
        var depth: UInt32
        /// The children that were asked for last; 0 for none.
        var recent: (UInt32, UInt32) = (0, 0)
    }

    private(set) var columns: [AttributeColumn] = []
    private var columnNumbers: [AttributeColumn: UInt32] = [:]
    private var nodes = [Node(parent: 0, column: 0, depth: 0)]
    private var children: [UInt64: UInt32] = [:]

    /// The number of shapes; 0 is the empty one.
    var count: Int { nodes.count }

    /// How many columns a shape has.
    @inline(__always)
    func depth(_ shape: UInt32) -> Int { Int(nodes[Int(shape)].depth) }

    /// The columns of a shape, in order.
    func columns(of shape: UInt32) -> [UInt32] {
        var list = [UInt32](repeating: 0, count: depth(shape))
        var node = nodes[Int(shape)]
        while node.depth > 0 {
            list[Int(node.depth) - 1] = node.column
            node = nodes[Int(node.parent)]
        }
        return list
    }

    /// The shape with one more column at its end, by the bytes of the name; nil where only a look at the table of texts tells.
    @inline(__always)
    mutating func recentStep(_ shape: UInt32, key: UnsafeRawBufferPointer, type: AttributeType, _ texts: TextTable) -> UInt32? {
        let recent = nodes[Int(shape)].recent
        if recent.0 != 0 {
            // A second one of the same name and type under this node can only be the same occurrence.
            let column = columns[Int(nodes[Int(recent.0)].column)]
            if column.type == type, texts.isEqual(column.key, key) { return recent.0 }
        }
        if recent.1 != 0 {
            let column = columns[Int(nodes[Int(recent.1)].column)]
            if column.type == type, texts.isEqual(column.key, key) {
                nodes[Int(shape)].recent = (recent.1, recent.0)
                return recent.1
            }
        }
        return nil
    }

    /// The shape with one more column at its end; nil where there are too many columns to make one.
    mutating func step(_ shape: UInt32, key: UInt32, type: AttributeType) -> UInt32? {
        var occurrence: UInt16 = 0
        var node = nodes[Int(shape)]
        while node.depth > 0 {
            let column = columns[Int(node.column)]
            if column.key == key, column.type == type {
                occurrence = column.occurrence &+ 1
                break
            }
            node = nodes[Int(node.parent)]
        }
        let column = AttributeColumn(key: key, type: type, occurrence: occurrence)
        let number: UInt32
        if let known = columnNumbers[column] {
            number = known
        } else {
            guard columns.count < ShapeTable.columnsMax || type == .other else { return nil }
            number = UInt32(columns.count)
            columns.append(column)
            columnNumbers[column] = number
        }
        return child(of: shape, column: number)
    }

    /// The shape with one of the columns at its end.
    mutating func child(of shape: UInt32, column: UInt32) -> UInt32 {
        let edge = UInt64(shape) << 32 | UInt64(column)
        let child: UInt32
        if let known = children[edge] {
            child = known
        } else {
            child = UInt32(nodes.count)
            nodes.append(Node(parent: shape, column: column, depth: nodes[Int(shape)].depth + 1))
            children[edge] = child
        }
        if nodes[Int(shape)].recent.0 != child { nodes[Int(shape)].recent = (child, nodes[Int(shape)].recent.0) }
        return child
    }

    /// Adds a column as it is, for tables that are read back.
    mutating func addColumn(_ column: AttributeColumn) -> UInt32 {
        if let known = columnNumbers[column] { return known }
        columns.append(column)
        columnNumbers[column] = UInt32(columns.count - 1)
        return UInt32(columns.count - 1)
    }

    var memoryBytes: Int { columns.capacity * 48 + nodes.capacity * MemoryLayout<Node>.stride + children.capacity * 24 }
}
