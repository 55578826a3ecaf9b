internal import QueryModel
internal import TelemetryModel

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

extension StepColumn {
    /// What it takes in memory: one number a step, whether or not there is a value, and the histograms.
    var memoryBytes: Int {
        var bytes = 64 + values.count * 8
        if hasHistograms { bytes += histograms.reduce(histograms.count * 168) { $0 + 16 * ($1?.sampleWeight ?? 0) } }
        return bytes
    }
}

extension [StepSeries] {
    var memoryBytes: Int { reduce(0) { $0 + $1.column.memoryBytes } }
}
