internal import QueryModel
internal import TelemetryModel

/// The times at which an expression is evaluated: `start`, `start + step`, … (`count` of them).
struct StepGrid: Sendable, Hashable {
    var start: Timestamp
    /// Milliseconds between two steps, at least 1.
    var step: Int64
    var count: Int

    /// The time of one step.
    @inline(__always)
    func time(_ index: Int) -> Timestamp { start + Int64(index) * step }

    /// The time of the last step.
    var end: Timestamp { time(count - 1) }

    /// Whether this may be an instant query, where the order of a vector counts.
    var isInstant: Bool { count == 1 }
}

/// The values of one series over a ``StepGrid``: one number a step, and a histogram where there is one.
///
/// A step without a float holds ``absent`` in ``values``, told by its bits. That pattern is Prometheus' stale marker, which never reaches
/// an evaluated column: selectors leave stale samples out, and no arithmetic gives a signalling NaN. So a column needs no second
/// array to say what is there, and NaN stays an ordinary value. Code that computes on a column has to test ``isAbsent(_:)`` first.
struct StepColumn: Sendable {
    /// What ``values`` holds where there is no float.
    static var absent: Double { StaleMarker.value }

    /// Whether an element of ``values`` says that there is no float.
    @inline(__always)
    static func isAbsent(_ value: Double) -> Bool { value.bitPattern == StaleMarker.bits }

    /// One element a step.
    var values: [Double]
    /// Empty where the series has no histogram at all, else one element a step; nil where the step has none.
    /// A step has a float or a histogram, never both.
    var histograms: [NativeHistogram?] = []

    /// A column without any value.
    init(count: Int) { values = [Double](repeating: StepColumn.absent, count: count) }

    /// A column of floats; absent ones marked.
    init(values: [Double]) { self.values = values }

    /// The number of steps.
    var count: Int { values.count }

    /// Whether any step has a histogram.
    var hasHistograms: Bool { !histograms.isEmpty }

    /// The value of one step.
    subscript(step: Int) -> PointValue? {
        get {
            let value = values[step]
            if !StepColumn.isAbsent(value) { return .float(value) }
            guard hasHistograms, let histogram = histograms[step] else { return nil }
            return .histogram(histogram)
        }
        set {
            switch newValue {
            case nil: clear(step)
            case .float(let value): setFloat(step, value)
            case .histogram(let histogram): setHistogram(step, histogram)
            }
        }
    }

    /// Whether a step has a value of either kind.
    @inline(__always)
    func isPresent(_ step: Int) -> Bool {
        !StepColumn.isAbsent(values[step]) || (hasHistograms && histograms[step] != nil)
    }

    mutating func setFloat(_ step: Int, _ value: Double) {
        values[step] = value
        if hasHistograms { histograms[step] = nil }
    }

    mutating func setHistogram(_ step: Int, _ histogram: NativeHistogram) {
        if !hasHistograms { histograms = [NativeHistogram?](repeating: nil, count: values.count) }
        values[step] = StepColumn.absent
        histograms[step] = histogram
    }

    mutating func clear(_ step: Int) {
        values[step] = StepColumn.absent
        if hasHistograms { histograms[step] = nil }
    }

    /// Empties the column and keeps its memory.
    mutating func removeAll() {
        for index in values.indices { values[index] = StepColumn.absent }
        histograms.removeAll(keepingCapacity: true)
    }

    /// Whether no step has a value.
    var isEmpty: Bool { values.allSatisfy(StepColumn.isAbsent) && histograms.allSatisfy { $0 == nil } }

    /// The number of steps that have a value.
    var presentCount: Int {
        var count = 0
        for value in values where !StepColumn.isAbsent(value) { count += 1 }
        for histogram in histograms where histogram != nil { count += 1 }
        return count
    }
}

/// One evaluated series.
struct StepSeries: Sendable {
    var labels: LabelSet
    /// Whether the metric name (and type and unit) is to be dropped at the end of the evaluation. Only with the feature
    /// `promql-delayed-name-removal`; without it names are dropped from ``labels`` at once.
    var dropsName: Bool
    var column: StepColumn

    init(labels: LabelSet, dropsName: Bool = false, column: StepColumn) {
        self.labels = labels
        self.dropsName = dropsName
        self.column = column
    }
}

/// A scalar over a ``StepGrid``.
enum ScalarColumn: Sendable {
    /// The same at every step.
    case constant(Double)
    /// One element a step, all present.
    case varying([Double])

    @inline(__always)
    subscript(step: Int) -> Double {
        switch self {
        case .constant(let value): value
        case .varying(let values): values[step]
        }
    }

    /// The value if it is the same at every step.
    var constantValue: Double? {
        if case .constant(let value) = self { return value }
        return nil
    }
}
