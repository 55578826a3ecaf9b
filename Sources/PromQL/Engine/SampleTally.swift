internal import QueryModel
internal import TelemetryModel

/// Counts the samples that an evaluation considers, as Prometheus counts them: at each step those that a selector or a window sees there,
/// also where the next step sees them again; histograms by their weight.
struct SampleTally: Sendable {
    private(set) var total = 0
    /// The same by steps, where it was asked for.
    private(set) var perStep: [Int]?

    init(steps: Int? = nil) { perStep = steps.map { [Int](repeating: 0, count: $0) } }

    /// An empty tally that counts by steps where this one does.
    var emptied: SampleTally { SampleTally(steps: perStep?.count) }

    mutating func add(_ samples: Int, at step: Int) {
        total += samples
        perStep?[step] += samples
    }

    /// Adds the values of a column, whose weight is known already.
    mutating func add(_ column: StepColumn, weight: Int) {
        total += weight
        guard perStep != nil else { return }
        for step in 0..<column.count where column.isPresent(step) {
            if case .histogram(let histogram)? = column[step] {
                perStep?[step] += histogram.sampleWeight
            } else {
                perStep?[step] += 1
            }
        }
    }

    mutating func add(_ windows: RangeWindows) {
        windows.forEach { window in add(windows.weight(of: window), at: window.step) }
    }

    mutating func add(_ other: SampleTally) {
        total += other.total
        guard let added = other.perStep, perStep != nil else { return }
        for step in added.indices { perStep?[step] += added[step] }
    }

    /// Adds the same samples to every step.
    mutating func add(_ samples: Int, atEachOf steps: Int) {
        total += samples * steps
        guard perStep != nil else { return }
        for step in 0..<steps { perStep?[step] += samples }
    }
}

extension RangeWindows {
    /// The samples in a window, histograms weighed.
    fileprivate func weight(of window: RangeWindow) -> Int {
        window.histograms.reduce(window.floats.count) { $0 + columns.histograms[$1].histogram.sampleWeight }
    }
}
