internal import ByteCoding
internal import ColumnCoding
internal import TelemetryModel

/// The kinds, shapes and columns of an entity of a block.
struct EntitySchema: Sendable {
    /// For each row its kind.
    let kindOf: NumberColumn
    /// For each field its numbers, by kind.
    let fields: [[UInt64]]
    let kindCount: Int
    /// For each kind the columns of its shape.
    let kindColumns: [[UInt32]]
    let columns: [Column]
    /// Stands behind the schema in its part.
    let rest: PartReader

    struct Column: Sendable, Hashable {
        /// The number of the name in the block's texts.
        var key: Int
        var type: AttributeType
        var occurrence: UInt16
    }

    init(_ part: DecodedPart, rows: Int, fieldCount: Int) throws(ByteCodingError) {
        var reader = PartReader(part)
        kindCount = try reader.soft.readCount(limit: rows)
        kindOf = try NumberColumn(&reader, count: rows)
        let kindLimit = UInt64(kindCount)
        guard try kindOf.all().allSatisfy({ $0 < kindLimit }) else { throw ByteCodingError(.invalidValue, at: reader.soft.position) }
        var fields: [[UInt64]] = []
        for _ in 0..<fieldCount { fields.append(try NumberColumn(&reader, count: kindCount).all()) }
        let shapes = try EntitySchema.readShapes(&reader, kindCount)
        let columnCount = try reader.soft.readCount(limit: BlockLimits.columnsMax)
        let keys = try NumberColumn(&reader, count: columnCount).all()
        let types = try NumberColumn(&reader, count: columnCount).all()
        let occurrences = try NumberColumn(&reader, count: columnCount).all()
        var columns: [Column] = []
        for index in 0..<columnCount {
            guard let type = AttributeType(rawValue: UInt8(truncatingIfNeeded: types[index])), types[index] < 256, keys[index] < 1 << 32
            else {
                throw ByteCodingError(.invalidValue, at: reader.soft.position)
            }
            columns.append(Column(key: Int(keys[index]), type: type, occurrence: UInt16(truncatingIfNeeded: occurrences[index])))
        }
        guard shapes.allSatisfy({ $0.allSatisfy { $0 < UInt32(columnCount) } }),
            fields[AttributedRows.shapeField].allSatisfy({ $0 < UInt64(shapes.count) })
        else { throw ByteCodingError(.invalidValue, at: reader.soft.position) }
        kindColumns = fields[AttributedRows.shapeField].map { shapes[Int($0)] }
        self.columns = columns
        self.fields = fields
        rest = reader
    }

    private static func readShapes(_ reader: inout PartReader, _ kindCount: Int) throws(ByteCodingError) -> [[UInt32]] {
        let count = try reader.soft.readCount(limit: kindCount)
        let lengths = try NumberColumn(&reader, count: count).all()
        var sum = 0
        for length in lengths {
            guard length <= UInt64(BlockLimits.shapeMax) else { throw ByteCodingError(.lengthTooLarge, at: reader.soft.position) }
            sum += Int(length)
            guard sum <= BlockLimits.rowsMax else { throw ByteCodingError(.lengthTooLarge, at: reader.soft.position) }
        }
        let all = try NumberColumn(&reader, count: sum).all()
        var shapes: [[UInt32]] = []
        var next = 0
        for length in lengths {
            shapes.append(all[next..<next + Int(length)].map { UInt32(clamping: $0) })
            next += Int(length)
        }
        return shapes
    }

    var memoryBytes: Int {
        kindCount * (fields.count * 8 + 32) + kindColumns.reduce(0) { $0 + $1.count * 4 } + columns.count * 24 + rest.part.memoryBytes
    }
}

/// One column of attributes of a block.
struct AttributeColumnReader {
    let type: AttributeType
    /// For each kind the number of its value where all its rows have the same; -1 where it varies, -2 where it has none.
    let states: [Int32]
    /// How many of the values are such of kinds.
    let constants: Int
    let valueCount: Int
    private let values: Values

    private enum Values {
        case none
        case numbers(NumberColumn)
        case texts(TextColumn)
    }

    /// - Parameter rowsOfKind: how many rows each kind has.
    init(_ part: DecodedPart, _ number: UInt32, _ schema: EntitySchema, rowsOfKind: [Int]) throws(ByteCodingError) {
        type = schema.columns[Int(number)].type
        var reader = PartReader(part)
        let kinds = schema.kindColumns.indices.filter { schema.kindColumns[$0].contains(number) }
        let isConstant = try NumberColumn(&reader, count: kinds.count).all()
        var states = [Int32](repeating: -2, count: schema.kindCount)
        var constants = 0
        var varying = 0
        for (index, kind) in kinds.enumerated() {
            if isConstant[index] != 0 {
                states[kind] = Int32(constants)
                constants += 1
            } else {
                states[kind] = -1
                varying += rowsOfKind[kind]
            }
        }
        self.states = states
        self.constants = constants
        valueCount = try reader.soft.readCount(limit: BlockLimits.rowsMax)
        guard valueCount == constants + varying else { throw ByteCodingError(.invalidValue, at: reader.soft.position) }
        switch type {
        case .empty: values = .none
        case .bool, .int, .double: values = .numbers(try NumberColumn(&reader, count: valueCount))
        case .string, .bytes, .array, .map, .other: values = .texts(try TextColumn(&reader, count: valueCount))
        }
        try reader.checkEnd()
    }

    /// For each value of a range its code in a list of values that the call appends to.
    func codes(_ range: Range<Int>, into list: inout [AttributeValue]) throws(ByteCodingError) -> [Int32] {
        switch values {
        case .none:
            guard !range.isEmpty else { return [] }
            list.append(.empty)
            return [Int32](repeating: Int32(list.count - 1), count: range.count)
        case .numbers(let numbers):
            var known: [UInt64: Int32] = [:]
            var latest: (word: UInt64, code: Int32)?
            var codes: [Int32] = []
            codes.reserveCapacity(range.count)
            for word in try numbers.values(range) {
                if let latest, latest.word == word {
                    codes.append(latest.code)
                    continue
                }
                let code: Int32
                if let found = known[word] {
                    code = found
                } else {
                    code = Int32(list.count)
                    known[word] = code
                    list.append(
                        type == .int
                            ? .int(Int64(bitPattern: word)) : type == .bool ? .bool(word != 0) : .double(Double(bitPattern: word)))
                }
                latest = (word, code)
                codes.append(code)
            }
            return codes
        case .texts(let texts):
            let base = Int32(list.count)
            let (bytes, ends) = try texts.list.all()
            var start = 0
            for end in ends {
                list.append(try StoredValue.value(bytes, start..<end, type))
                start = end
            }
            return try texts.numbers(range).map { $0 + base }
        }
    }

    /// For each value of some places, which rise, its word in columns whose texts are these.
    func words(_ places: [Int], _ texts: inout TextTable) throws(ByteCodingError) -> [UInt64] {
        switch values {
        case .none: return [UInt64](repeating: 0, count: places.count)
        case .numbers(let numbers):
            return try AttributeColumnReader.pick(places) { (range) throws(ByteCodingError) in try numbers.values(range) }
        case .texts(let column):
            let numbers = try AttributeColumnReader.pick(places) { (range) throws(ByteCodingError) in
                try column.numbers(range).map { UInt64($0) }
            }
            var codes: [UInt64: UInt64] = [:]
            try column.list.forEach(Set(numbers).sorted().map { Int($0) }) { index, text in
                codes[UInt64(index)] = UInt64(text.withUnsafeBytes { texts.intern($0) })
            }
            return numbers.map { codes[$0] ?? 0 }
        }
    }

    /// Reads what stands at some places, which rise: runs of neighbours together.
    private static func pick(
        _ places: [Int], _ read: (Range<Int>) throws(ByteCodingError) -> [UInt64]
    ) throws(ByteCodingError) -> [UInt64] {
        var picked: [UInt64] = []
        picked.reserveCapacity(places.count)
        var index = 0
        while index < places.count {
            var end = index + 1
            while end < places.count, places[end] == places[end - 1] + 1 { end += 1 }
            picked += try read(places[index]..<places[end - 1] + 1)
            index = end
        }
        return picked
    }
}
