import LabelMatching
import PromQL
import QueryModel
import QueryTestLanguage
import TelemetryModel
import TestSupport
import Testing

/// A range query is defined as instant queries at its steps. The evaluator works on whole columns instead, so the two are compared over
/// random queries and data; so are one thread and several.
@Suite struct StepIndependenceTests {
    private static let start: Int64 = 300_000
    private static let step: Int64 = 35_000
    private static let count = 14

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func rangeQueriesAreInstantQueriesAtTheirSteps(_ seed: UInt64) throws {
        var generator = QueryGenerator(random: SeededGenerator(seed: seed))
        let source = generator.source()
        var options = EngineOptions()
        options.features = LanguageFeatures.all.subtracting([.typeAndUnitLabels, .delayedNameRemoval])
        let engine = QueryEngine(options: options)
        for _ in 0..<250 {
            let query = generator.vector(3)
            let expression: Expression
            do { expression = try engine.parse(query) } catch {
                Issue.record("seed \(seed): \(query) is not understood: \(error)")
                continue
            }
            var steps: [Result<[LabelSet: PointValue], QueryError>] = []
            for index in 0..<Self.count {
                steps.append(instant(engine, expression, Self.start + Int64(index) * Self.step, source))
            }
            let whole: [Result<[LabelSet: PointValue], QueryError>]
            do {
                whole = try range(engine, expression, source).map { .success($0) }
            } catch {
                // A range query fails where any of its steps does; a join of names may also fail though no step does.
                let isExpected =
                    steps.contains { if case .failure = $0 { true } else { false } } || error.message.contains("same labelset")
                #expect(isExpected, "seed \(seed): \(query): only the range query fails: \(error.message)")
                continue
            }
            for index in 0..<Self.count {
                let difference = Self.difference(steps[index], whole[index])
                #expect(difference == nil, "seed \(seed): \(query) at step \(index): \(difference ?? "")")
                if difference != nil { break }
            }
        }
    }

    @Test func threadsDoNotChangeAnswers() throws {
        var source = MemorySource()
        var random = SeededGenerator(seed: 7)
        for number in 0..<700 {
            for index in 0..<30 {
                source.append(
                    LabelSet([("__name__", "m_total"), ("n", "\(number)"), ("g", "\(number % 7)")]), Int64(index) * 15_000,
                    .float(Double.random(in: 0...1000, using: &random)))
            }
        }
        for query in ["sum by (g) (rate(m_total[1m]))", "topk(3, m_total)", "m_total * 2", "avg(m_total)", "timestamp(m_total)"] {
            var answers: [[[UInt64]]] = []
            var annotations: [[QueryAnnotation]] = []
            for threads in [1, 2, 5, 64] {
                var options = EngineOptions()
                options.threadsPerQuery = threads
                let engine = QueryEngine(options: options)
                let answer = try engine.evaluate(
                    try engine.parse(query), times: .range(start: 0, end: 400_000, stepMilliseconds: 20_000), source: source,
                    budget: QueryBudget())
                guard case .matrix(let series) = answer.value else { throw QueryError(.execution, "no matrix") }
                #expect(answer.statistics.samplesRead == 700 * 27)
                answers.append(series.map { $0.samples.values.map(\.bitPattern) })
                annotations.append(answer.annotations.all)
            }
            for other in answers.indices.dropFirst() {
                #expect(answers[0] == answers[other], "\(query)")
                #expect(annotations[0] == annotations[other], "\(query)")
            }
        }
    }

    /// Whatever thread comes upon it, the query ends with the fault of the first series that has one.
    @Test func threadsDoNotChangeErrors() throws {
        struct Source: SeriesSource {
            struct Selected: SelectedSeries {
                var count: Int { 500 }
                var annotations: QueryAnnotations { QueryAnnotations() }
                func labels(at index: Int) -> LabelSet { ["__name__": "m", "n": "\(index)"] }
                func read(_ index: Int, into columns: inout SampleColumns) throws(QueryError) {
                    columns = SampleColumns()
                    for step in 0..<20 { columns.append(Int64(step) * 20_000, Double(index)) }
                    if index >= 333 { throw QueryError(.storage, "series \(index)") }
                }
            }
            func select(_ matchers: [LabelMatcher], in range: TimeRange, for use: SampleUse?, budget: QueryBudget) -> any SelectedSeries {
                Selected()
            }
            func labelNames(_ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget) -> Annotated<[String]> {
                Annotated([])
            }
            func labelValues(
                _ name: String, _ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget
            ) -> Annotated<[String]> { Annotated([]) }
            func series(_ selectors: [LabelSelector], in range: TimeRange, limit: Int, budget: QueryBudget) -> Annotated<[LabelSet]> {
                Annotated([])
            }
        }
        for threads in [1, 2, 7] {
            var options = EngineOptions()
            options.threadsPerQuery = threads
            let engine = QueryEngine(options: options)
            for _ in 0..<20 {
                let error = #expect(throws: QueryError.self) {
                    try engine.evaluate(
                        try engine.parse("sum(m)"), times: .range(start: 0, end: 400_000, stepMilliseconds: 20_000), source: Source(),
                        budget: QueryBudget())
                }
                #expect(error?.message == "series 333", "\(threads) threads")
            }
        }
    }

    private func instant(
        _ engine: QueryEngine, _ expression: Expression, _ time: Int64, _ source: MemorySource
    ) -> Result<[LabelSet: PointValue], QueryError> {
        do {
            let answer = try engine.evaluate(expression, times: .instant(time), source: source, budget: QueryBudget())
            guard case .vector(let samples) = answer.value else { return .success([:]) }
            return .success(Dictionary(samples.map { ($0.labels, $0.value) }) { first, _ in first })
        } catch {
            return .failure(error)
        }
    }

    private func range(
        _ engine: QueryEngine, _ expression: Expression, _ source: MemorySource
    ) throws(QueryError) -> [[LabelSet: PointValue]] {
        let end = Self.start + Int64(Self.count - 1) * Self.step
        let answer = try engine.evaluate(
            expression, times: .range(start: Self.start, end: end, stepMilliseconds: Self.step), source: source, budget: QueryBudget())
        var steps = [[LabelSet: PointValue]](repeating: [:], count: Self.count)
        guard case .matrix(let series) = answer.value else { return steps }
        for element in series {
            for (time, value) in zip(element.samples.timestamps, element.samples.values) {
                steps[Int((time - Self.start) / Self.step)][element.labels] = .float(value)
            }
            for sample in element.samples.histograms {
                steps[Int((sample.timestamp - Self.start) / Self.step)][element.labels] = .histogram(sample.histogram)
            }
        }
        return steps
    }

    private static func difference(
        _ instant: Result<[LabelSet: PointValue], QueryError>, _ whole: Result<[LabelSet: PointValue], QueryError>
    ) -> String? {
        guard case .success(let right) = whole else { return "no step" }
        switch instant {
        case .failure(let error): return "only the instant query fails: \(error.message)"
        case .success(let left):
            for (labels, value) in left {
                guard let other = right[labels] else { return "missing \(labels) \(value)" }
                if !isSame(value, other) { return "\(labels): \(value) as instant query, \(other) as step" }
            }
            return right.keys.first { left[$0] == nil }.map { "unexpected \($0)" }
        }
    }

    /// Any NaN equals any other; and sums may be made in another order, as vectors of steps and of columns are ordered by what appears first.
    private static func isSame(_ left: PointValue, _ right: PointValue) -> Bool {
        switch (left, right) {
        case (.float(let a), .float(let b)): a == b || (a.isNaN && b.isNaN) || abs(a - b) <= 1e-12 * max(abs(a), abs(b))
        case (.histogram(let a), .histogram(let b)): a.isIdentical(to: b)
        default: false
        }
    }
}
