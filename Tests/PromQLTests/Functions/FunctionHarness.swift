internal import LabelMatching
internal import QueryModel
internal import TelemetryModel
internal import TestSupport

@testable internal import PromQL

/// Runs single functions over columns made by hand, without parser or evaluator.
struct FunctionHarness {
    var grid: StepGrid
    var range: Int64 = 60_000
    var boundary = RangeBoundary.plain
    var lookback: Int64 = 300_000
    var offset: Int64 = 0
    var delaysNameRemoval = false
    /// When the samples began to be counted.
    var startRuns: [StartRun] = []
    /// Whether the windows are found beforehand, as where series are evaluated one after the other.
    var findsBounds = false

    /// One step at a time in milliseconds.
    static func instant(_ time: Timestamp, range: Int64 = 60_000, boundary: RangeBoundary = .plain) -> FunctionHarness {
        FunctionHarness(grid: StepGrid(start: time, step: 1, count: 1), range: range, boundary: boundary)
    }

    func context(_ labels: LabelSet = ["__name__": "m"]) -> FunctionContext {
        FunctionContext(
            grid: grid, delaysNameRemoval: delaysNameRemoval, features: .all, call: nil, position: SourceRange(0, 1), labels: labels,
            annotations: QueryAnnotations(), budget: QueryBudget())
    }

    /// What a range function gives, and the annotations it leaves.
    func run(
        _ function: RangeFunction, _ columns: SampleColumns, _ arguments: [Double] = []
    ) throws -> (column: StepColumn, notes: [String]) {
        var windows = RangeWindows(
            columns: columns, grid: grid, range: range, offset: offset, fixedEnd: nil, boundary: boundary, lookback: lookback)
        windows.starts = StartTimes(startRuns, columns)
        if findsBounds {
            var bounds = FloatBounds()
            windows.findFloats(for: function, &bounds)
        }
        var column = StepColumn(count: grid.count)
        var context = context()
        try function.evaluate(windows, arguments.map(ScalarColumn.constant), into: &column, &context)
        return (column, context.annotations.all.map(\.message))
    }

    /// The floats that a range function gives; nil for steps without.
    func floats(_ function: RangeFunction, _ columns: SampleColumns, _ arguments: [Double] = []) throws -> [Double?] {
        try run(function, columns, arguments).column.values.map { StepColumn.isAbsent($0) ? nil : $0 }
    }

    /// The only value of an instant.
    func value(_ function: RangeFunction, _ columns: SampleColumns, _ arguments: [Double] = []) throws -> Double? {
        try floats(function, columns, arguments)[0]
    }

    func element(_ function: ElementFunction, _ value: PointValue, _ arguments: [Double] = []) throws -> PointValue? {
        var series = StepSeries(labels: LabelSet(), column: StepColumn(count: 1))
        series.column[0] = value
        var context = context()
        try function.evaluate(&series, arguments.map(ScalarColumn.constant), &context)
        return series.column[0]
    }

    func element(_ function: ElementFunction, _ value: Double, _ arguments: [Double] = []) throws -> Double? {
        guard case .float(let result)? = try element(function, .float(value), arguments) else { return nil }
        return result
    }

    func vector(_ function: VectorFunction, _ arguments: [ArgumentValue]) throws -> (series: [StepSeries], notes: [String]) {
        var context = context()
        let series = try function.evaluate(arguments, &context)
        return (series, context.annotations.all.map(\.message))
    }
}

extension SampleColumns {
    /// Samples every `interval` milliseconds from `start` on.
    init(_ values: [Double], from start: Timestamp = 0, every interval: Int64 = 10_000) {
        self.init()
        for (index, value) in values.enumerated() { append(start + Int64(index) * interval, value) }
    }

    init(_ histograms: [NativeHistogram], from start: Timestamp = 0, every interval: Int64 = 10_000) {
        self.init()
        for (index, histogram) in histograms.enumerated() {
            self.histograms.append(HistogramSample(timestamp: start + Int64(index) * interval, histogram: histogram))
        }
    }

    /// The samples up to a time, and after another one.
    func cut(after start: Timestamp, through end: Timestamp) -> SampleColumns {
        var result = SampleColumns()
        for (time, value) in zip(timestamps, values) where time > start && time <= end { result.append(time, value) }
        result.histograms = histograms.filter { $0.timestamp > start && $0.timestamp <= end }
        return result
    }
}

extension StepSeries {
    /// One float at one step.
    init(_ labels: LabelSet, _ values: Double...) { self.init(labels: labels, column: StepColumn(values: values)) }

    init(_ labels: LabelSet, _ histogram: NativeHistogram) {
        var column = StepColumn(count: 1)
        column.setHistogram(0, histogram)
        self.init(labels: labels, column: column)
    }
}

extension NativeHistogram {
    /// Buckets of schema 0 from (0.5, 1] on.
    static func simple(_ counts: [Double], sum: Double = 0, hint: ResetHint = .unknown) -> NativeHistogram {
        NativeHistogram(
            resetHint: hint, count: counts.reduce(0, +), sum: sum, positiveSpans: [.init(offset: 0, length: UInt32(counts.count))],
            positiveBuckets: counts)
    }

    /// Buckets between custom bounds, from the lowest on.
    static func custom(_ bounds: [Double], _ counts: [Double], sum: Double = 0) -> NativeHistogram {
        NativeHistogram(
            schema: -53, count: counts.reduce(0, +), sum: sum, positiveSpans: [.init(offset: 0, length: UInt32(counts.count))],
            positiveBuckets: counts, customBounds: bounds)
    }
}

extension SeededGenerator {
    /// Numbers of the kinds that functions meet: counters with resets, gauges, whole numbers, and some with NaN, zeros and infinities.
    mutating func columnValues(_ count: Int) -> [Double] {
        let kind = Int.random(in: 0...4, using: &self)
        var last = 0.0
        return (0..<count).map { _ in
            switch kind {
            case 0:
                last = Int.random(in: 0...15, using: &self) == 0 ? 0 : last + Double(Int.random(in: 0...9, using: &self))
                return last
            case 1: return Double.random(in: -1e6...1e6, using: &self)
            case 2: return Double(Int.random(in: -5...5, using: &self))
            case 3: return [0, -0.0, .nan, 1, -1, .infinity, 1e300, 2.5][Int.random(in: 0...7, using: &self)]
            default: return [0, -0.0, .nan, 7][Int.random(in: 0...3, using: &self)]
            }
        }
    }

    /// Floats at irregular times within the first ten minutes.
    mutating func columns() -> SampleColumns {
        var columns = SampleColumns()
        var time: Timestamp = 0
        for value in columnValues(Int.random(in: 1...80, using: &self)) {
            time += Int64.random(in: 1...15_000, using: &self)
            columns.append(time, value)
        }
        return columns
    }
}
