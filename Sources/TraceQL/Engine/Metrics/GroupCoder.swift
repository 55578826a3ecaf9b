internal import QueryModel

/// Numbers the groups that the rows of a table fall into, by the values of fields.
struct GroupCoder {
    /// The group of each row; rows that nobody asked about may have any.
    private(set) var codes: [Int32]
    /// One more than the greatest code.
    private(set) var codeCount: Int
    private let columns: [FieldColumn]
    /// Any row of each group.
    private var examples: [Int32]

    init(_ fields: [TraceField], _ rows: RowMask, _ reader: TableReader) throws(QueryError) {
        var columns: [FieldColumn] = []
        for field in fields { columns.append(try reader.column(field)) }
        self.columns = columns
        codes = []
        (codeCount, examples) = (1, [])
        for (index, column) in columns.enumerated() {
            let (digits, digitCount) = GroupCoder.digits(column, rows)
            if index == 0 {
                (codes, codeCount) = (digits, digitCount)
            } else {
                combine(digits, digitCount, rows)
            }
        }
        if columns.isEmpty { codes = [Int32](repeating: 0, count: rows.rowCount) }
        examples = [Int32](repeating: -1, count: codeCount)
        rows.forEach { if examples[Int(codes[$0])] < 0 { examples[Int(codes[$0])] = Int32($0) } }
    }

    /// The values of the fields in a group that has rows, as labels have them.
    func values(_ code: Int) -> [TraceValue] { columns.map { $0.value(Int(examples[code])).asLabel } }

    /// For each code the value of the one field, and the least code that has the same; none for codes without rows.
    func distinctValues() -> (values: [TraceValue], first: [Int32]) {
        var values = [TraceValue](repeating: .none, count: codeCount)
        var first = [Int32](repeating: 0, count: codeCount)
        var places: [TraceValue: Int32] = [:]
        for code in 0..<codeCount where examples[code] >= 0 {
            let value = columns[0].value(Int(examples[code]))
            let place = places[value] ?? Int32(code)
            places[value] = place
            (values[code], first[code]) = (value, place)
        }
        return (values, first)
    }

    /// Small numbers that differ where values do.
    private static func digits(_ column: FieldColumn, _ rows: RowMask) -> ([Int32], Int) {
        switch column {
        case .absent: return ([Int32](repeating: 0, count: rows.rowCount), 1)
        case .coded(let column): return (column.codes.map { $0 + 1 }, column.stored.count + 1)
        case .either(let first, let second):
            let offset = Int32(first.stored.count) + 1
            let isNone = first.stored.map { TraceValue($0, first.reading).isNone }
            let digits = zip(first.codes, second.codes).map { $0 >= 0 && !isNone[Int($0)] ? $0 : offset + $1 }
            return (digits, first.stored.count + second.stored.count + 1)
        case .durations, .computed, .multiple:
            var places: [TraceValue: Int32] = [:]
            var digits = [Int32](repeating: 0, count: rows.rowCount)
            rows.forEach { row in
                let value = column.value(row)
                let place = places[value] ?? Int32(places.count)
                places[value] = place
                digits[row] = place
            }
            return (digits, Swift.max(places.count, 1))
        }
    }

    /// Makes one group of every pair that occurs.
    private mutating func combine(_ digits: [Int32], _ digitCount: Int, _ rows: RowMask) {
        let pairCount = codeCount * digitCount
        var next: Int32 = 0
        if pairCount <= 1 << 20 {
            var groups = [Int32](repeating: -1, count: pairCount)
            rows.forEach { row in
                let pair = Int(codes[row]) * digitCount + Int(digits[row])
                if groups[pair] < 0 {
                    groups[pair] = next
                    next += 1
                }
                codes[row] = groups[pair]
            }
        } else {
            var groups: [Int: Int32] = [:]
            rows.forEach { row in
                let pair = Int(codes[row]) * digitCount + Int(digits[row])
                if let group = groups[pair] {
                    codes[row] = group
                } else {
                    groups[pair] = next
                    codes[row] = next
                    next += 1
                }
            }
        }
        codeCount = Swift.max(Int(next), 1)
    }
}

extension TraceValue {
    /// The value as the label of a series: words and durations are texts; arrays are nothing.
    var asLabel: TraceValue {
        switch self {
        case .duration, .status, .kind: .string(plainText)
        case .intArray, .floatArray, .stringArray, .boolArray: .none
        default: self
        }
    }
}
