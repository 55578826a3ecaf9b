internal import QueryModel

/// What is reckoned with of a field: a number for each row that has one.
enum NumberColumn {
    case durations([UInt64], scale: Double)
    /// By code plus one; not a number for none.
    case coded(codes: [Int32], table: [Double])
    case computed((Int) -> Double)

    /// Durations of spans count in seconds, other durations in nanoseconds.
    init(_ field: TraceField, _ reader: TableReader) throws(QueryError) {
        let column = try reader.column(field)
        switch column {
        case .durations(let durations): self = .durations(durations, scale: field == .intrinsic(.duration) ? 1e-9 : 1)
        case .coded(let coded):
            var table = [coded.missing.number ?? .nan]
            for code in coded.stored.indices { table.append(coded.value(Int32(code)).number ?? .nan) }
            self = .coded(codes: coded.codes, table: table)
        default: self = .computed { column.value($0).number ?? .nan }
        }
    }

    @inline(__always)
    func number(_ row: Int) -> Double {
        switch self {
        case .durations(let durations, let scale): scale == 1 ? Double(durations[row]) : Double(durations[row]) / 1e9
        case .coded(let codes, let table): table[Int(codes[row]) + 1]
        case .computed(let compute): compute(row)
        }
    }
}

/// The buckets that the numbers of a field are in.
struct BucketColumn {
    private let column: FieldColumn

    /// Buckets of ints are below their exponent, those of durations above, so that both may be in one field.
    static let codeCount = 256
    private static let durationOffset = 128

    init(_ field: TraceField, _ reader: TableReader) throws(QueryError) { column = try reader.column(field) }

    /// The bucket of a row; nil where there is no number, or one that no bucket takes.
    @inline(__always)
    func code(_ row: Int) -> Int? {
        if case .durations(let durations) = column {
            return PowerHistogram.exponent(durations[row]).map { $0 + BucketColumn.durationOffset }
        }
        switch column.value(row) {
        case .int(let number): return number < 2 ? nil : PowerHistogram.exponent(UInt64(number))
        case .duration(let number):
            return number < 2 ? nil : PowerHistogram.exponent(UInt64(number)).map { $0 + BucketColumn.durationOffset }
        default: return nil
        }
    }

    /// The end of a bucket; durations in seconds.
    static func end(_ code: Int) -> Double {
        code >= durationOffset ? power(2, Double(code - durationOffset)) / 1e9 : power(2, Double(code))
    }
}
