internal import QueryModel
internal import TelemetryModel

/// Makes samples of the rows that passed a filter, without looking at their lines.
struct ColumnSamples {
    let plan: RangePlan
    let reader: TableReader

    /// What all rows of a stream with lines of one shape have in common.
    private struct Part {
        var finder: RowGroups.Finder
        var values: RowValues
    }

    /// Rows whose lines have to be looked at nevertheless are handed back to the filter.
    ///
    /// - Returns: the number of these.
    func collect(_ filter: inout ColumnFilter, _ collector: inout SampleCollector) throws(QueryError) -> Int {
        let openBefore = filter.open.count
        let lengths = plan.countsBytes ? try reader.table.lineLengths(budget: reader.budget) : []
        for run in reader.runs where !filter.passed.isEmpty(in: run.rows) {
            try reader.budget.check()
            guard let parts = try parts(run, lengths, &filter, &collector) else {
                filter.open(run.rows)
                continue
            }
            if parts.count == 1 {
                collect(run, parts[0], &filter, &collector)
            } else {
                collect(run, parts, &filter, &collector)
            }
        }
        return filter.open.count - openBefore
    }

    /// By shapes; nil where columns do not say enough.
    private func parts(
        _ run: TableReader.Run, _ lengths: [Int32], _ filter: inout ColumnFilter, _ collector: inout SampleCollector
    ) throws(QueryError) -> [Part]? {
        var parts: [Part] = []
        for shape in 0..<filter.shapeCount {
            guard let finder = try collector.groups.finder(&filter, stream: run.stream, shape: shape) else { return nil }
            var values = plan.countsBytes ? RowValues.lengths(lengths) : .ones
            if let unwrap = plan.unwrap {
                let source = try filter.source(unwrap.label, stream: run.stream, shape: shape)
                guard let unwrapped = RowValues.unwrapped(unwrap, source, filter.labels, stream: run.stream) else { return nil }
                values = unwrapped
            }
            parts.append(Part(finder: finder, values: values))
        }
        return parts
    }

    // MARK: One shape

    private func collect(_ run: TableReader.Run, _ part: Part, _ filter: inout ColumnFilter, _ collector: inout SampleCollector) {
        if case .constant(nil) = part.values { return }
        var part = part
        let times = reader.frame.times
        let series = collector.groups.commonNumber(&part.finder, filter.labels)
        var value: Double?
        switch part.values {
        case .ones: value = 1
        case .constant(let constant): value = constant
        case .lengths, .column: break
        }
        var open: [Int] = []
        let passed = filter.passed
        let labels = filter.labels
        ColumnSamples.forEachSpan(run.rows, times, collector.buckets) { end, rows in
            if let series, let value, let end {
                let count = passed.count(in: rows)
                if count > 0 { collector.addTotal(series, end: end, collector.reduction.repeated(value, count)) }
                return
            }
            passed.forEach(in: rows) { row in
                guard let sample = ColumnSamples.sample(part.values, row, labels, &open) else { return }
                let number = series ?? collector.groups.number(&part.finder, row: row, labels)
                if let end {
                    collector.addTotal(number, end: end, sample)
                } else {
                    collector.add(number, time: times[row], sample)
                }
            }
        }
        for row in open { filter.open(row..<row + 1) }
    }

    /// Calls the closure with the rows of each span of time, with all at once where spans do not matter.
    private static func forEachSpan(
        _ rows: Range<Int>, _ times: [Int64], _ buckets: TimeBuckets?, _ body: (_ end: Int64?, Range<Int>) -> Void
    ) {
        if let buckets { buckets.forEach(rows, times) { body($0, $1) } } else { body(nil, rows) }
    }

    /// The sample of a row; nil where it has none, or its line has to be looked at.
    @inline(__always)
    private static func sample(_ values: RowValues, _ row: Int, _ labels: LabelColumns, _ open: inout [Int]) -> Double? {
        switch values {
        case .ones: return 1
        case .lengths(let lengths): return Double(lengths[row])
        case .constant(let value): return value
        case .column(let column, let values):
            let code = Int(labels.columns[column].codes[row])
            if code < 0 { return nil }
            switch values[code] {
            case .sample(let sample): return sample
            case .none: return nil
            case .open:
                open.append(row)
                return nil
            }
        }
    }

    // MARK: Several shapes

    private func collect(_ run: TableReader.Run, _ parts: [Part], _ filter: inout ColumnFilter, _ collector: inout SampleCollector) {
        guard let shapes = filter.labels.documents?.rowShapes else { return filter.open(run.rows) }
        var parts = parts
        let times = reader.frame.times
        let passed = filter.passed
        let labels = filter.labels
        var numbers = parts.indices.map { collector.groups.commonNumber(&parts[$0].finder, labels) }
        // Shapes that give the same are one.
        if let first = numbers[0], numbers.allSatisfy({ $0 == first }),
            parts.allSatisfy({ if case .ones = $0.values { true } else { false } })
        {
            return collect(run, parts[0], &filter, &collector)
        }
        var open: [Int] = []
        ColumnSamples.forEachSpan(run.rows, times, collector.buckets) { end, rows in
            passed.forEach(in: rows) { row in
                let shape = Int(shapes[row])
                guard let sample = ColumnSamples.sample(parts[shape].values, row, labels, &open) else { return }
                let number = numbers[shape] ?? collector.groups.number(&parts[shape].finder, row: row, labels)
                if let end {
                    collector.addTotal(number, end: end, sample)
                } else {
                    collector.add(number, time: times[row], sample)
                }
            }
        }
        numbers.removeAll()
        for row in open { filter.open(row..<row + 1) }
    }
}
