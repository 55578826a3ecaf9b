internal import QueryModel
internal import TelemetryModel

/// Takes down what each part of a plan costs while it is evaluated, for queries that ask to be explained.
///
/// Time belongs to one part at any moment: whoever hands work on says so by ``enter(_:)``, so that the times of all parts add up to the
/// whole. That is done once a series at most. One recorder serves one evaluator, on its thread.
final class PlanRecorder {
    /// The part that stands for all that is outside of the plan.
    static let outside = -1

    /// Nanoseconds from any moment on.
    let clock: @Sendable () -> Int64
    private let parts: [PlanTracer.Part]
    private var costs: [Cost]
    private var outsideNanoseconds: Int64 = 0
    private(set) var current = PlanRecorder.outside
    private var since: Int64

    private struct Cost {
        var nanoseconds: Int64 = 0
        var isEvaluated = false
        var seriesOut: Int?
        var samplesRead = 0
        var selection: (any SelectedSeries)?
        var sharesSelection = false
        var range: TimeRange?
    }

    /// - Parameter since: when the evaluation began, by the clock.
    init(_ parts: [PlanTracer.Part], since: Int64, clock: @escaping @Sendable () -> Int64) {
        self.parts = parts
        self.clock = clock
        costs = [Cost](repeating: Cost(), count: parts.count)
        self.since = since
    }

    /// Time from now on belongs to a part.
    ///
    /// - Returns: the part that it belonged to before.
    @discardableResult
    func enter(_ part: Int) -> Int {
        let now = clock()
        if current >= 0 { costs[current].nanoseconds += now - since } else { outsideNanoseconds += now - since }
        since = now
        let before = current
        current = part
        if part >= 0 { costs[part].isEvaluated = true }
        return before
    }

    /// Time that went to the current part so far.
    var spent: Int64 {
        enter(current)
        return current >= 0 ? costs[current].nanoseconds : outsideNanoseconds
    }

    /// Gives time of the current part to another one.
    func move(_ nanoseconds: Int64, to part: Int) {
        guard current >= 0 else { return }
        costs[current].nanoseconds -= nanoseconds
        costs[part].nanoseconds += nanoseconds
        costs[part].isEvaluated = true
    }

    /// A part hands a series on to who asked for it, and time with it.
    func handOver(from part: Int, to outer: Int) {
        count(series: 1, of: part)
        enter(outer)
    }

    /// A part has given all its series, perhaps none.
    func finish(_ part: Int, returningTo outer: Int) {
        count(series: 0, of: part)
        enter(outer)
    }

    /// Adds to the series that a part gave.
    func count(series: Int, of part: Int) { costs[part].seriesOut = (costs[part].seriesOut ?? 0) + series }

    func count(samplesRead: Int, of part: Int?) {
        if let part { costs[part].samplesRead += samplesRead }
    }

    /// Notes what a selector found. `isShared` where another selector had found it before.
    func note(_ selection: any SelectedSeries, in range: TimeRange, isShared: Bool, of part: Int) {
        costs[part].selection = selection
        costs[part].sharesSelection = isShared
        costs[part].range = range
    }

    /// The account of the whole query.
    func explanation(stepCount: Int) -> QueryExplanation? {
        enter(PlanRecorder.outside)
        guard !parts.isEmpty else { return nil }
        return QueryExplanation(root: explained(0), stepCount: stepCount, otherSeconds: Double(outsideNanoseconds) / 1e9)
    }

    private func explained(_ index: Int) -> QueryExplanation.Part {
        let (part, cost) = (parts[index], costs[index])
        var result = QueryExplanation.Part(part.kind, part.title)
        result.notes = part.notes
        result.children = part.children.map { explained($0) }
        result.selfSeconds = Double(cost.nanoseconds) / 1e9
        result.isEvaluated = cost.isEvaluated
        result.samplesRead = cost.samplesRead
        result.range = cost.range
        if let selection = cost.selection {
            result.seriesIn = selection.count
            result.seriesOut = cost.seriesOut ?? selection.count
            if cost.sharesSelection {
                result.notes.append("same series and times as another selector, looked up once")
            } else {
                result.reading = selection.reading
            }
        } else {
            let given = result.children.compactMap(\.seriesOut)
            result.seriesIn = given.isEmpty ? nil : given.reduce(0, +)
            result.seriesOut = cost.seriesOut
        }
        return result
    }
}
