internal import QueryModel
internal import TelemetryModel

/// Counts the spans of one table for one part of a metrics query.
struct PartCounter {
    let part: MetricsQueryPart
    let grid: IntervalGrid
    let reader: TableReader
    /// The rows that the pipeline found.
    let rows: RowMask

    /// - Throws: where the groups take more memory than the query may have; what they take is given back by whoever merges them.
    func tally(_ measure: MetricsQueryPart.Measure, exemplarsMax: Int) throws(QueryError) -> PartTally {
        let coder = try GroupCoder(part.aggregate.by, rows, reader)
        var cells = Cells(grid.count, hasNumbers: measure.hasNumbers, budget: reader.budget)
        switch measure {
        case .count: try count(coder, &cells)
        case .buckets(let field): try countBuckets(coder, try BucketColumn(field, reader), &cells)
        case .least(let field), .greatest(let field), .sum(let field), .average(let field):
            try reckon(measure, coder, try NumberColumn(field, reader), &cells)
        }
        var exemplars: [[ComputedSeries.Exemplar]] = [[ComputedSeries.Exemplar]](repeating: [], count: cells.codes.count)
        if exemplarsMax > 0 { try collectExemplars(measure, coder, cells, exemplarsMax, &exemplars) }
        var tally = PartTally(exemplarSlots: ExemplarSlots(max: exemplarsMax, grid))
        for (place, code) in cells.codes.enumerated() {
            let isBucket = if case .buckets = measure { true } else { false }
            let groupCode = isBucket ? code / BucketColumn.codeCount : code
            let key = PartTally.Key(values: coder.values(groupCode), bucket: isBucket ? code % BucketColumn.codeCount : nil)
            let range = place * grid.count..<(place + 1) * grid.count
            let numbers = measure.hasNumbers ? Array(cells.numbers[range]) : []
            tally.add(PartTally.Group(key: key, counts: Array(cells.counts[range]), numbers: numbers, exemplars: exemplars[place]), part)
        }
        reader.budget.release(samples: cells.reserved)
        return tally
    }

    /// Cells by group and interval; groups get theirs when they are first met.
    private struct Cells {
        var counts: [Double] = []
        var numbers: [Double] = []
        /// The codes of the groups that have cells, in the order in which they were met.
        var codes: [Int] = []
        var reserved = 0
        private var places: [Int32] = []
        private let width: Int
        private let hasNumbers: Bool
        private let budget: QueryBudget

        init(_ width: Int, hasNumbers: Bool, budget: QueryBudget) {
            self.width = width
            self.hasNumbers = hasNumbers
            self.budget = budget
        }

        mutating func prepare(codeCount: Int) { places = [Int32](repeating: -1, count: codeCount) }

        /// Where the cells of a group begin.
        @inline(__always)
        mutating func first(_ code: Int) throws(QueryError) -> Int {
            let place = places[code]
            if place >= 0 { return Int(place) * width }
            return try make(code)
        }

        func place(_ code: Int) -> Int? { code < places.count && places[code] >= 0 ? Int(places[code]) : nil }

        private mutating func make(_ code: Int) throws(QueryError) -> Int {
            try budget.reserve(samples: width)
            reserved += width
            let place = codes.count
            codes.append(code)
            places[code] = Int32(place)
            counts.append(contentsOf: repeatElement(0, count: width))
            if hasNumbers { numbers.append(contentsOf: repeatElement(.nan, count: width)) }
            return place * width
        }
    }

    // MARK: Loops over rows

    private func forEachSpan(_ body: (_ row: Int, _ interval: Int) throws(QueryError) -> Void) throws(QueryError) {
        let starts = reader.frame.starts
        // Neighbours are of one trace and mostly fall into one interval.
        var (interval, after, upTo) = (0, UInt64.max, UInt64(0))
        for word in rows.words.indices {
            var rest = rows.words[word]
            while rest != 0 {
                let row = word * 64 + rest.trailingZeroBitCount
                rest &= rest - 1
                let time = starts[row]
                if time <= after || time > upTo {
                    guard let found = grid.interval(time) else { continue }
                    interval = found
                    after = grid.start + UInt64(found) * grid.step
                    upTo = after + grid.step
                }
                try body(row, interval)
            }
        }
    }

    private func count(_ coder: GroupCoder, _ cells: inout Cells) throws(QueryError) {
        cells.prepare(codeCount: coder.codeCount)
        let codes = coder.codes
        try forEachSpan { row, interval throws(QueryError) in
            let first = try cells.first(Int(codes[row]))
            cells.counts[first + interval] += 1
        }
    }

    private func countBuckets(_ coder: GroupCoder, _ buckets: BucketColumn, _ cells: inout Cells) throws(QueryError) {
        cells.prepare(codeCount: coder.codeCount * BucketColumn.codeCount)
        let codes = coder.codes
        try forEachSpan { row, interval throws(QueryError) in
            guard let bucket = buckets.code(row) else { return }
            let first = try cells.first(Int(codes[row]) * BucketColumn.codeCount + bucket)
            cells.counts[first + interval] += 1
        }
    }

    private func reckon(
        _ measure: MetricsQueryPart.Measure, _ coder: GroupCoder, _ numbers: NumberColumn, _ cells: inout Cells
    ) throws(QueryError) {
        cells.prepare(codeCount: coder.codeCount)
        let codes = coder.codes
        try forEachSpan { row, interval throws(QueryError) in
            let number = numbers.number(row)
            if number.isNaN { return }
            let cell = try cells.first(Int(codes[row])) + interval
            cells.counts[cell] += 1
            let known = cells.numbers[cell]
            if known.isNaN {
                cells.numbers[cell] = number
            } else {
                switch measure {
                case .least: if number < known { cells.numbers[cell] = number }
                case .greatest: if number > known { cells.numbers[cell] = number }
                default: cells.numbers[cell] = known + number
                }
            }
        }
    }

    // MARK: Exemplars

    private func collectExemplars(
        _ measure: MetricsQueryPart.Measure, _ coder: GroupCoder, _ cells: Cells, _ exemplarsMax: Int,
        _ exemplars: inout [[ComputedSeries.Exemplar]]
    ) throws(QueryError) {
        var slots = ExemplarSlots(max: exemplarsMax, grid)
        let fields = try exemplarFields()
        let numbers = try measure.field.map { field throws(QueryError) in try NumberColumn(field, reader) }
        let buckets: BucketColumn? = if case .buckets(let field) = measure { try BucketColumn(field, reader) } else { nil }
        let traces = reader.tracesOfRows()
        var lastTrace: Int32 = -1
        for word in rows.words.indices where rows.words[word] != 0 {
            if slots.isFull { break }
            var rest = rows.words[word]
            while rest != 0 {
                let row = word * 64 + rest.trailingZeroBitCount
                rest &= rest - 1
                // One of each trace is enough.
                guard traces[row] != lastTrace, let interval = grid.interval(reader.frame.starts[row]) else { continue }
                var code = Int(coder.codes[row])
                if let buckets {
                    guard let bucket = buckets.code(row) else { continue }
                    code = code * BucketColumn.codeCount + bucket
                }
                let timestamp = Timestamp(reader.frame.starts[row] / 1_000_000)
                guard let place = cells.place(code), slots.take(timestamp) else { continue }
                lastTrace = traces[row]
                let value = numbers?.number(row) ?? .nan
                exemplars[place].append(
                    ComputedSeries.Exemplar(
                        labels: labels(row, fields), interval: interval, timestamp: timestamp, value: value))
            }
        }
    }

    private func exemplarFields() throws(QueryError) -> [(name: String, column: FieldColumn)] {
        var named = NamedFields(part.stages)
        for field in part.aggregate.by { named.add(field) }
        named.add(.intrinsic(.traceID))
        named.add(.intrinsic(.spanID))
        var fields: [(name: String, column: FieldColumn)] = []
        for field in named.all { fields.append((QueryPrinter.field(field), try reader.column(field))) }
        return fields
    }

    private func labels(_ row: Int, _ fields: [(name: String, column: FieldColumn)]) -> [SeriesLabel] {
        fields.compactMap { field in
            let value = field.column.value(row)
            return value.isNone ? nil : SeriesLabel(name: field.name, value: value)
        }
    }
}

extension MetricsQueryPart.Measure {
    /// Whether numbers are kept beside counts.
    var hasNumbers: Bool {
        switch self {
        case .count, .buckets: false
        default: true
        }
    }
}
