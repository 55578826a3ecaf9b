import LabelMatching
import PromQL
import QueryModel
import QueryTestLanguage
import Synchronization
import TelemetryModel
import TestSupport
import Testing

/// Answers put together from results of earlier queries are those of an engine that keeps none, bit for bit, whatever changed in between.
@Suite struct ResultReuseTests {
    private static let step: Int64 = 35_000

    @Test(arguments: Array(1...8) as [UInt64])
    func reusedResultsAreThoseOfAnEngineWithoutAny(_ seed: UInt64) throws {
        var generator = QueryGenerator(random: SeededGenerator(seed: seed))
        let source = ChangingSource(generator.source())
        var options = EngineOptions()
        options.features = LanguageFeatures.all.subtracting([.typeAndUnitLabels, .delayedNameRemoval])
        if seed % 3 == 0 { options.features = LanguageFeatures.all }
        let engine = QueryEngine(options: options)
        // Some are so small that they always drop something.
        let results = RecentResults(bytesMax: seed % 4 == 0 ? 20_000 : 10_000_000)
        var reused = 0
        for _ in 0..<60 {
            let query = generator.vector(3)
            guard let expression = try? engine.parse(query) else { continue }
            for round in 0..<6 {
                let times = Self.times(&generator.random, round)
                let whole = Result { try engine.evaluate(expression, times: times, source: source, budget: QueryBudget()) }
                let joined = Result {
                    try engine.evaluate(
                        expression, times: times, source: source, budget: QueryBudget(), reusing: ResultReuse(results, text: query),
                        explainClock: { 0 })
                }
                reused += (try? joined.get().explanation?.reuse?.stepsReused) ?? 0
                let difference = Self.difference(whole, joined)
                #expect(difference == nil, "seed \(seed): \(query) at \(times) in round \(round): \(difference ?? "")")
                if difference != nil { return }
                if Int.random(in: 0..<3, using: &generator.random) == 0 { source.change(&generator.random) }
            }
        }
        #expect(reused > 100, "seed \(seed): next to nothing was reused")
        #expect(results.statistics.bytes <= (seed % 4 == 0 ? 20_000 : 10_000_000))
    }

    @Test func whatHoldsIsNotComputedAgain() throws {
        var generator = QueryGenerator(random: SeededGenerator(seed: 1))
        let source = ChangingSource(generator.source())
        let engine = QueryEngine(options: EngineOptions())
        let results = RecentResults(bytesMax: 1_000_000)
        func reused(_ text: String, _ start: Int64, _ end: Int64) throws -> [Int] {
            let answer = try engine.evaluate(
                engine.parse(text), times: .range(start: start * Self.step, end: end * Self.step, stepMilliseconds: Self.step),
                source: source,
                budget: QueryBudget(), reusing: ResultReuse(results, text: text), explainClock: { 0 })
            let reuse = try #require(answer.explanation?.reuse)
            return [reuse.stepsReused, reuse.stepsEvaluated]
        }
        let sum = "sum(increase(requests_total[1m]))"
        #expect(try reused(sum, 0, 19) == [0, 20])
        #expect(try reused(sum, 0, 19) == [20, 0])
        // The range moves on, and back before its start.
        #expect(try reused(sum, 5, 24) == [15, 5])
        #expect(try reused(sum, -2, 9) == [5, 7])
        // Nothing is known of other texts, and of steps between those that are known.
        #expect(try reused("sum(increase(requests_total[60s]))", 0, 19) == [0, 20])
        // What depends on the range of the query is not kept, nor are histograms.
        #expect(try reused("sum(requests_total @ end())", 0, 19) == [0, 0])
        #expect(try reused("rate({__name__=~\"level|limit\"}[1m])", 0, 19) == [0, 0])
        #expect(try reused("sum(rate(latency[1m]))", 0, 19) == [0, 0])
        // An answer with annotations is known as a whole.
        #expect(try reused("sum(rate(level[1m]))", 0, 19) == [0, 20])
        #expect(try reused("sum(rate(level[1m]))", 0, 19) == [20, 0])
        #expect(try reused("sum(rate(level[1m]))", 1, 20) == [0, 20])
        // A change where the query looks.
        #expect(try reused("sum(level)", 0, 19) == [0, 20])
        source.change(at: 5 * Self.step)
        #expect(try reused("sum(level)", 0, 9) == [0, 10])
        #expect(try reused("sum(level)", 0, 9) == [10, 0])
        source.change(at: 15 * Self.step)
        #expect(try reused("sum(level)", 0, 9) == [10, 0])
        let statistics = results.statistics
        #expect(statistics.hits == 4 && statistics.partialHits == 2)
        #expect(statistics.bytes > 0 && statistics.entries == 4)
    }

    /// Ranges that move on, grow, shrink and jump; most with the same alignment.
    private static func times(_ random: inout SeededGenerator, _ round: Int) -> EvaluationTimes {
        let phase: Int64 = Int.random(in: 0..<8, using: &random) == 0 ? 1000 : 0
        let first = Int64(round) + Int64.random(in: -3...3, using: &random)
        let start = phase + first * step
        return .range(start: start, end: start + Int64.random(in: 0...60, using: &random) * step, stepMilliseconds: step)
    }

    private static func difference(_ whole: Result<QueryAnswer, any Error>, _ joined: Result<QueryAnswer, any Error>) -> String? {
        switch (whole, joined) {
        case (.failure, .failure): return nil
        case (.failure(let error), .success): return "only without reuse it fails: \(error)"
        case (.success, .failure(let error)): return "only with reuse it fails: \(error)"
        case (.success(let whole), .success(let joined)):
            guard case .matrix(let left) = whole.value, case .matrix(let right) = joined.value else { return "no matrix" }
            if left.map(\.labels) != right.map(\.labels) { return "series \(left.map(\.labels)) are \(right.map(\.labels))" }
            for (one, other) in zip(left, right) {
                if one.samples.timestamps != other.samples.timestamps { return "\(one.labels): other times" }
                for (index, (value, given)) in zip(one.samples.values, other.samples.values).enumerated()
                where value.bitPattern != given.bitPattern {
                    return "\(one.labels) at \(one.samples.timestamps[index]): \(value) is \(given)"
                }
                let histograms = zip(one.samples.histograms, other.samples.histograms)
                if one.samples.histograms.count != other.samples.histograms.count
                    || !histograms.allSatisfy({ $0.timestamp == $1.timestamp && $0.histogram.isIdentical(to: $1.histogram) })
                {
                    return "\(one.labels): other histograms"
                }
            }
            let (notes, otherNotes) = (Set(whole.annotations.all), Set(joined.annotations.all))
            return notes == otherNotes ? nil : "annotations \(notes) are \(otherNotes)"
        }
    }
}

/// Series that change while they are queried.
private final class ChangingSource: SeriesSource {
    private struct State: Sendable {
        var memory: MemorySource
        var changes: [TimeRange] = []
    }

    private let state: Mutex<State>

    init(_ memory: MemorySource) { state = Mutex(State(memory: memory)) }

    private var memory: MemorySource { state.withLock { $0.memory } }

    var dataVersion: UInt64? { state.withLock { UInt64($0.changes.count) } }

    func newestChange(in range: TimeRange) -> UInt64 {
        state.withLock { UInt64(($0.changes.lastIndex { $0.overlaps(range) } ?? -1) + 1) }
    }

    /// A sample at any time: in order, late, instead of another, or a new series.
    func change(_ random: inout SeededGenerator) {
        let time = Int64.random(in: 0...QueryGenerator.step * Int64(QueryGenerator.samples), using: &random)
        let labels: LabelSet = [
            "__name__": Bool.random(using: &random) ? "level" : "requests_total", "job": Bool.random(using: &random) ? "a" : "b",
            "instance": "\(Int.random(in: 1...4, using: &random))",
        ]
        let value = Int.random(in: 0..<5, using: &random) == 0 ? StaleMarker.value : Double.random(in: 0...1000, using: &random)
        state.withLock { state in
            state.memory.append(labels, time, .float(value))
            state.changes.append(TimeRange(start: time, end: time))
        }
    }

    func change(at time: Timestamp) {
        state.withLock { state in
            state.memory.append(["__name__": "level", "job": "a", "instance": "1"], time, .float(1))
            state.changes.append(TimeRange(start: time, end: time))
        }
    }

    func select(
        _ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget
    ) throws(QueryError) -> any SelectedSeries {
        try memory.select(matchers, in: range, for: use, budget: budget)
    }
    func labelNames(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        try memory.labelNames(selectors, in: range, limit: limit, budget: budget)
    }
    func labelValues(
        _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[String]> {
        try memory.labelValues(name, selectors, in: range, limit: limit, budget: budget)
    }
    func series(
        _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
    ) throws(QueryError) -> Annotated<[LabelSet]> {
        try memory.series(selectors, in: range, limit: limit, budget: budget)
    }
}
