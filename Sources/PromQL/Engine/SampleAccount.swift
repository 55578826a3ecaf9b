internal import QueryModel
internal import TelemetryModel

/// The samples that one evaluation holds at a time, kept level with the query's budget.
struct SampleAccount {
    let budget: QueryBudget
    private(set) var held = 0

    init(budget: QueryBudget) { self.budget = budget }

    /// Takes room for further samples.
    mutating func take(_ samples: Int) throws(QueryError) {
        if samples == 0 { return }
        held += samples
        try budget.reserve(samples: samples)
    }

    /// Says how many samples are held from now on: what a node held on the way to its result is gone once it is done.
    mutating func settle(at samples: Int) throws(QueryError) {
        if samples > held {
            try take(samples - held)
        } else if samples < held {
            budget.release(samples: held - samples)
            held = samples
        }
    }

    /// Gives everything back.
    mutating func close() {
        budget.release(samples: held)
        held = 0
    }
}

/// The memory that the intermediate results of one evaluation take at a time, kept level with the query's budget.
struct MemoryAccount {
    let budget: QueryBudget
    private(set) var held = 0

    init(budget: QueryBudget) { self.budget = budget }

    /// Takes memory.
    mutating func take(_ bytes: Int) throws(QueryError) {
        held += bytes
        try budget.reserve(bytes: bytes)
    }

    /// Says how much is held from now on: what a node held on the way to its result is gone once it is done.
    mutating func settle(at bytes: Int) throws(QueryError) {
        if bytes > held {
            try take(bytes - held)
        } else if bytes < held {
            budget.release(bytes: held - bytes)
            held = bytes
        }
    }

    /// Gives everything back.
    mutating func close() {
        budget.release(bytes: held)
        held = 0
    }
}

extension NativeHistogram {
    /// For how many float samples a histogram counts, as Prometheus reckons it: its size in memory by units of 16 bytes.
    var sampleWeight: Int {
        let elements =
            positiveSpans.count + negativeSpans.count + positiveBuckets.count + negativeBuckets.count + customBounds.count
        return (168 + 8 * elements + 8) / 16
    }
}

extension StepColumn {
    /// The samples it stands for, histograms weighed.
    var sampleWeight: Int {
        var weight = 0
        for value in values where !StepColumn.isAbsent(value) { weight += 1 }
        for case .some(let histogram) in histograms { weight += histogram.sampleWeight }
        return weight
    }
}

extension StepColumn {
    /// What it takes in memory: one number a step, whether or not there is a value, and the histograms.
    var memoryBytes: Int {
        var bytes = 64 + values.count * 8
        if hasHistograms { bytes += histograms.reduce(histograms.count * 168) { $0 + 16 * ($1?.sampleWeight ?? 0) } }
        return bytes
    }
}

extension [StepSeries] {
    var sampleWeight: Int { reduce(0) { $0 + $1.column.sampleWeight } }
    var memoryBytes: Int { reduce(0) { $0 + $1.column.memoryBytes } }
}
