internal import QueryModel
internal import TelemetryModel

extension Evaluator {
    /// The answer to an instant query.
    func instantValue(_ plan: PlanNode, at time: Timestamp) throws(QueryError) -> QueryValue {
        if case .matrix(let source) = plan {
            if let part = source.part { recorder?.enter(part) }
            defer { recorder?.enter(PlanRecorder.outside) }
            let series = try matrixValue(source, at: time)
            if case .subquery(let plan) = source, let part = plan.part { recorder?.count(series: series.count, of: part) }
            return .matrix(series)
        }
        switch try evaluate(plan, StepGrid(start: time, step: 1, count: 1)) {
        case .string(let text): return .string(timestamp: time, value: text)
        case .scalar(let column): return .scalar(Sample(timestamp: time, value: column[0]))
        case .vector(var series):
            try dropMarkedNames(&series)
            var samples: [VectorSample] = []
            samples.reserveCapacity(series.count)
            for element in series {
                if let value = element.column[0] { samples.append(VectorSample(labels: element.labels, timestamp: time, value: value)) }
            }
            if !plan.isOrdered { samples.sort { $0.labels < $1.labels } }
            return .vector(samples)
        }
    }

    /// The answer to a range query: series sorted by their labels, those without any sample left out.
    func rangeValue(_ plan: PlanNode, _ grid: StepGrid) throws(QueryError) -> [MatrixSeries] {
        switch try evaluate(plan, grid) {
        case .string: preconditionFailure("BUG: a range query of a string")
        case .scalar(let column):
            var samples = SampleColumns()
            samples.timestamps = (0..<grid.count).map { grid.time($0) }
            samples.values = (0..<grid.count).map { column[$0] }
            return [MatrixSeries(labels: LabelSet(), samples: samples)]
        case .vector(var series):
            try dropMarkedNames(&series)
            return matrix(series, grid)
        }
    }

    private func matrix(_ series: [StepSeries], _ grid: StepGrid) -> [MatrixSeries] {
        let times = (0..<grid.count).map { grid.time($0) }
        var result: [MatrixSeries] = []
        result.reserveCapacity(series.count)
        for element in series {
            let samples = SampleColumns(present: element.column, times)
            if !samples.isEmpty { result.append(MatrixSeries(labels: element.labels, samples: samples)) }
        }
        result.sort { $0.labels < $1.labels }
        return result
    }

    /// Takes the names off that were marked to go (feature `promql-delayed-name-removal`).
    private func dropMarkedNames(_ series: inout [StepSeries]) throws(QueryError) {
        guard delaysNameRemoval else { return }
        for index in series.indices where series[index].dropsName {
            series[index].labels = series[index].labels.droppingMetadata()
            series[index].dropsName = false
        }
        try Evaluator.joinDuplicates(&series)
    }

    /// The answer to an instant query of a range vector: the samples themselves.
    private func matrixValue(_ source: RangeSource, at time: Timestamp) throws(QueryError) -> [MatrixSeries] {
        let grid = StepGrid(start: time, step: 1, count: 1)
        switch source {
        case .subquery(let plan):
            let inner = grid.inner(of: plan)
            try inner.checkLength(budget)
            let outer = tally
            tally = SampleTally()
            var series = try vector(plan.node, inner)
            let considered = tally
            tally = outer
            tally.add(whole: considered)
            try dropMarkedNames(&series)
            return matrix(series, inner)
        case .selector(let plan, _, _):
            var result: [MatrixSeries] = []
            var cost = SampleCost()
            try forEachRange(source, grid, for: .other) { (labels: LabelSet, _: Bool, columns: SampleColumns) throws(QueryError) in
                let windows = source.windows(columns, grid, lookback: self.lookback)
                var samples: SampleColumns?
                try windows.forEach { (window: RangeWindow) throws(QueryError) in samples = try windows.samples(in: window, plan.boundary) }
                windows.forEach { cost.take(windows.weight(of: $0)) }
                try self.budget.admit(samples: cost.peak)
                guard let samples, !samples.isEmpty else { return }
                self.tally.add(samples.weight, at: 0)
                result.append(MatrixSeries(labels: labels, samples: samples))
            }
            result.sort { $0.labels < $1.labels }
            counted = PartCount(cost: cost, counts: StepCounts(steps: 1))
            return result
        }
    }
}

extension SampleColumns {
    /// For how many samples they count, histograms weighed.
    fileprivate var weight: Int { histograms.reduce(timestamps.count) { $0 + $1.histogram.sampleWeight } }
}

extension RangeWindows {
    /// The samples of one window; with `anchored` and `smoothed` completed at the borders of the range.
    fileprivate func samples(in window: RangeWindow, _ boundary: RangeBoundary) throws(QueryError) -> SampleColumns {
        var samples = SampleColumns()
        if boundary == .plain {
            samples.timestamps = Array(columns.timestamps[window.floats])
            samples.values = Array(columns.values[window.floats])
            samples.histograms = Array(columns.histograms[window.histograms])
            return samples
        }
        if !window.histograms.isEmpty {
            throw QueryError(.execution, "\(boundary == .anchored ? "anchored" : "smoothed") modifier is not supported with histograms")
        }
        let (times, values) = (columns.timestamps, columns.values)
        // The last sample at or before the start of the range, or else the first one.
        var first = window.floats.lowerBound
        while first + 1 < window.floats.upperBound, times[first + 1] <= window.rangeStart { first += 1 }
        var last = window.floats.upperBound - 1
        if boundary == .smoothed {
            // The first sample at or after the end of the range, or else the last one.
            last = window.floats.lowerBound
            while last + 1 < window.floats.upperBound, times[last] < window.rangeEnd { last += 1 }
        }
        if times[last] <= window.rangeStart { return samples }
        var left = values[first]
        if boundary == .smoothed, times[first] < window.rangeStart { left = interpolated(first, first + 1, at: window.rangeStart) }
        var right = values[last]
        if boundary == .smoothed, last > window.floats.lowerBound, times[last] > window.rangeEnd {
            right = interpolated(last - 1, last, at: window.rangeEnd)
        }
        samples.append(window.rangeStart, left)
        for index in first...Swift.max(first, last) where times[index] > window.rangeStart && times[index] < window.rangeEnd {
            samples.append(times[index], values[index])
        }
        samples.append(window.rangeEnd, right)
        return samples
    }

    /// The value on the line between two float samples.
    func interpolated(_ first: Int, _ second: Int, at time: Timestamp) -> Double {
        let (times, values) = (columns.timestamps, columns.values)
        return values[first] + (values[second] - values[first]) * Double(time - times[first]) / Double(times[second] - times[first])
    }
}

extension SampleColumns {
    /// The present values of a column.
    init(present column: StepColumn, _ times: [Timestamp]) {
        self.init()
        let present = column.presentCount
        if present == column.count && !column.hasHistograms {
            timestamps = times
            values = column.values
            return
        }
        timestamps.reserveCapacity(present)
        values.reserveCapacity(present)
        for step in 0..<column.count where !StepColumn.isAbsent(column.values[step]) { append(times[step], column.values[step]) }
        for step in column.histograms.indices {
            if let histogram = column.histograms[step] { histograms.append(HistogramSample(timestamp: times[step], histogram: histogram)) }
        }
    }
}

extension PlanNode {
    /// Whether the order of the elements of an instant vector has a meaning, so that it must not be sorted by labels.
    var isOrdered: Bool {
        switch self {
        case .vectorFunction(let function, let arguments, _):
            switch function {
            case .sort, .sortDescending, .sortByLabel, .sortByLabelDescending: true
            default: arguments.contains { $0.isOrdered }
            }
        case .aggregation(let plan): plan.operator == .topk || plan.operator == .bottomk
        case .elementFunction(_, let vector, _, _): vector?.isOrdered ?? false
        case .negation(let node), .stepInvariant(let node), .traced(_, let node): node.isOrdered
        case .vectorScalar(let plan): plan.vector.isOrdered
        case .vectorBinary(let plan): plan.left.isOrdered || plan.right.isOrdered
        case .info(let plan): plan.vector.isOrdered
        default: false
        }
    }
}
