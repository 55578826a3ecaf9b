internal import QueryModel
internal import TelemetryModel

/// The samples that a part of a query holds, reckoned as Prometheus does, whatever is held here: `--query.max-samples` and `peakSamples` mean
/// the same in both.
///
/// Prometheus evaluates one part after the other and keeps what each gave, so the numbers are relative: to what was held when the part began.
struct SampleCost: Sendable, Equatable {
    /// What is held when the part is done.
    var held = 0
    /// The most that is held at any moment of it.
    var peak = 0

    /// Evaluates another part on top of what is held.
    mutating func then(_ next: SampleCost) {
        peak = Swift.max(peak, held + next.peak)
        held += next.held
    }

    /// Takes further samples.
    mutating func take(_ samples: Int) {
        held += samples
        peak = Swift.max(peak, held)
    }

    /// Holds so much for a moment.
    mutating func pass(_ samples: Int) { peak = Swift.max(peak, held + samples) }

    /// Gives all back but the result.
    mutating func settle(at samples: Int) {
        held = samples
        peak = Swift.max(peak, held)
    }
}

/// How many elements the series of a part have at each step.
struct StepCounts: Sendable, Equatable {
    let steps: Int
    /// What they weigh together, histograms by their size.
    private(set) var weight = 0
    /// Series with a float at every step, which is what most are.
    private var full = 0
    /// Elements of other series by step; empty where there are none.
    private var others: [Int] = []
    /// What their histograms weigh beyond 1 by step; empty where there are none.
    private var surplus: [Int] = []

    init(steps: Int) { self.steps = steps }

    /// A scalar, which has a value at every step.
    static func scalar(steps: Int) -> StepCounts {
        var counts = StepCounts(steps: steps)
        counts.full = 1
        counts.weight = steps
        return counts
    }

    init(_ series: [StepSeries], steps: Int) {
        self.init(steps: steps)
        for element in series { add(element.column) }
    }

    /// Whether every series has a float at every step.
    var isEven: Bool { others.isEmpty }

    /// The elements of one step.
    func elements(_ step: Int) -> Int { full + (others.isEmpty ? 0 : others[step]) }

    /// What the elements of one step weigh as a vector.
    func vectorWeight(_ step: Int) -> Int { elements(step) + (surplus.isEmpty ? 0 : surplus[step]) }

    /// Adds a series, and gives what it weighs.
    @discardableResult
    mutating func add(_ column: StepColumn) -> Int {
        if !column.hasHistograms { return add(column.values, floats: column.presentCount) }
        if others.isEmpty { others = [Int](repeating: 0, count: steps) }
        if surplus.isEmpty { surplus = [Int](repeating: 0, count: steps) }
        let before = weight
        for step in 0..<steps {
            switch column[step] {
            case nil: break
            case .float:
                others[step] += 1
                weight += 1
            case .histogram(let histogram):
                others[step] += 1
                surplus[step] += histogram.vectorWeight - 1
                weight += histogram.sampleWeight
            }
        }
        return weight - before
    }

    /// Adds a series without histograms of which it is known how many steps have a float.
    @discardableResult
    mutating func add(_ values: [Double], floats: Int) -> Int {
        if floats == steps {
            full += 1
        } else if floats > 0 {
            if others.isEmpty { others = [Int](repeating: 0, count: steps) }
            for step in 0..<steps where !StepColumn.isAbsent(values[step]) { others[step] += 1 }
        }
        weight += floats
        return floats
    }

    mutating func add(_ other: StepCounts) {
        weight += other.weight
        full += other.full
        StepCounts.add(other.others, to: &others)
        StepCounts.add(other.surplus, to: &surplus)
    }

    private static func add(_ counts: [Int], to sum: inout [Int]) {
        if counts.isEmpty { return }
        if sum.isEmpty {
            sum = counts
        } else {
            for step in counts.indices { sum[step] += counts[step] }
        }
    }

    /// The counts of one step, the same at as many steps as given.
    func repeated(_ count: Int) -> StepCounts {
        var result = StepCounts(steps: count)
        result.weight = weight * count
        result.full = elements(0)
        if let surplus = surplus.first {
            result.others = [Int](repeating: 0, count: count)
            result.surplus = [Int](repeating: surplus, count: count)
        }
        return result
    }
}

/// What came of a part as far as samples are counted.
struct PartCount: Sendable {
    var cost = SampleCost()
    var counts: StepCounts

    /// Series that are read and kept.
    init(kept counts: StepCounts) {
        self.counts = counts
        cost.take(counts.weight)
    }

    /// Nothing yet.
    init(steps: Int) { counts = StepCounts(steps: steps) }

    init(cost: SampleCost, counts: StepCounts) {
        self.cost = cost
        self.counts = counts
    }

    /// A part that is evaluated step by step from other parts: beside their results it holds the elements of one step, and its own results
    /// up to there.
    init(stepwise inputs: [PartCount], _ output: StepCounts) {
        counts = output
        for input in inputs { cost.then(input.cost) }
        let steps = output.steps
        if output.isEven && inputs.allSatisfy(\.counts.isEven) {
            // Each step adds its results, so the last one holds most.
            let gathered = inputs.reduce(0) { $0 + $1.counts.elements(0) }
            cost.pass(gathered + output.weight)
        } else {
            var given = 0
            for step in 0..<steps {
                given += output.vectorWeight(step)
                cost.pass(inputs.reduce(given) { $0 + $1.counts.elements(step) })
            }
        }
        cost.settle(at: output.weight)
    }
}

/// The cost of going through the windows of one series after another: a window is held until the next one, and all results are kept.
extension SampleCost {
    /// - Parameters:
    ///   - windows: what the windows of a series weigh.
    ///   - results: what its results weigh.
    mutating func take(_ windows: WindowWeights, results: Int) {
        pass(windows.most)
        held += results
        pass(windows.last)
    }
}

/// What the windows over one series weigh.
struct WindowWeights: Sendable {
    /// The heaviest one.
    var most = 0
    /// That of the last step, where it has one.
    var last = 0
}

extension NativeHistogram {
    private var bytesHeld: Int {
        let elements =
            positiveSpans.count + negativeSpans.count + positiveBuckets.count + negativeBuckets.count + customBounds.count
        return 168 + 8 * elements
    }

    /// For how many float samples a histogram counts, as Prometheus reckons it: its size in memory by units of 16 bytes.
    var sampleWeight: Int { (bytesHeld + 8) / 16 }

    /// The same within the vector of one step.
    var vectorWeight: Int { 1 + bytesHeld / 16 }
}
