internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import QueryTestLanguage
internal import Synchronization
internal import TelemetryModel
internal import Testing

@Suite struct ExplanationTests {
    @Test func `an aggregated rate shows what was read for what`() throws {
        let explanation = try explain("sum by (job) (rate(requests_total{code=~\"5..\"}[5m]))", range: true)
        #expect(
            text(explanation) == """
                aggregation sum by (job): 3 -> 2 series
                  one result per job
                function rate(…): 3 -> 3 series
                  growth per second, resets of the counter taken out, extrapolated to the ends of the range
                selector requests_total{code=~"5.."}[5m]: 3 -> 3 series, 180 samples
                  all samples of the last 5m before each step
                  1...3600

                """)
        #expect(explanation.stepCount == 56)
        // A clock that ticks once a look: every part looked, and nothing is counted twice.
        #expect(explanation.root.totalSeconds > explanation.root.selfSeconds)
        #expect(explanation.root.children[0].children[0].selfSeconds > 0)
    }

    @Test func `a division pairs its sides, and finds equal selectors once`() throws {
        let explanation = try explain(
            "topk(2, requests_total offset 1m) / on (job, code) group_left () (requests_total offset 1m) > bool 0.5 * time()")
        #expect(
            text(explanation) == """
                binary … > bool …: 2 -> 2 series
                  1 where it holds, else 0
                binary … / on (job, code) group_left () …: 6 -> 2 series
                  many series on the left share one on the right, with equal job, code
                aggregation topk(2, …): 4 -> 2 series
                  keeps some series as they are, over all series
                selector requests_total offset 1m: 4 -> 4 series, 20 samples
                  newest sample at most 5m old
                  looks back by 1m
                  3241...3540
                selector requests_total offset 1m: 4 -> 4 series, 20 samples
                  newest sample at most 5m old
                  looks back by 1m
                  same series and times as another selector, looked up once
                  3241...3540
                scalar 0.5 * …: no series
                scalar time(): no series

                """)
    }

    @Test func `subqueries, what stands still, and what is not needed`() throws {
        let explanation = try explain(
            "max_over_time((absent(nothing) or bottomk(0, requests_total @ 600))[10m:5m])", range: true)
        #expect(
            text(explanation) == """
                function max_over_time(…): 1 -> 1 series
                subquery (…)[10m:5m]: 1 -> 1 series
                  evaluated every 5m, over the last 10m before each step
                binary … or …: 1 -> 1 series
                  all left series, and the right ones without counterpart on the left, with equal labels, metric names aside
                function absent(…): 0 -> 1 series
                  1 where there is no series
                selector nothing: 0 -> 0 series
                  newest sample at most 5m old
                  -299...3600
                aggregation bottomk(0, …): 4 -> 0 series
                  keeps some series as they are, over all series
                  the same at every step, so evaluated once
                selector requests_total @ 600: 4 -> 4 series, 20 samples
                  newest sample at most 5m old
                  at a fixed time
                  301...600

                """)
    }

    @Test(arguments: ["up", "requests_total[5m]", "1 + 1", "\"text\"", "rate(requests_total[5m])[10m:1m]", "-(time())", "scalar(up)"])
    func `every kind of query can be explained`(_ query: String) throws {
        let explanation = try explain(query)
        #expect(explanation.root.isEvaluated || explanation.root.kind == .scalar)
    }

    @Test func `answers do not depend on being explained, and nothing is taken down unasked`() throws {
        let engine = QueryEngine(options: EngineOptions())
        for query in ["sum(rate(requests_total[5m])) / 2", "requests_total[2m]", "histogram_quantile(0.9, requests_total) or up"] {
            let expression = try engine.parse(query)
            let plain = try engine.evaluate(expression, times: .instant(3_600_000), source: source, budget: QueryBudget())
            let explained = try engine.evaluate(
                expression, times: .instant(3_600_000), source: source, budget: QueryBudget(), explainClock: { 0 })
            #expect(plain.explanation == nil)
            #expect(explained.explanation != nil)
            #expect(String(describing: plain.value) == String(describing: explained.value))
            #expect(plain.statistics == explained.statistics)
        }
    }

    /// Two jobs with a counter for each of two codes, every minute of an hour; the second job has no good answers.
    private var source: MemorySource {
        var source = MemorySource()
        let series = [("api", "200"), ("api", "500"), ("api", "503"), ("web", "500")]
        for (job, code) in series {
            for minute in 0...60 {
                source.append(
                    ["__name__": "requests_total", "job": "\(job)", "code": "\(code)"], Int64(minute) * 60_000, .float(Double(minute)))
            }
        }
        return source
    }

    private func explain(_ query: String, range: Bool = false) throws -> QueryExplanation {
        let engine = QueryEngine(options: EngineOptions())
        let ticks = Ticks()
        let times: EvaluationTimes =
            range ? .range(start: 300_000, end: 3_600_000, stepMilliseconds: 60_000) : .instant(3_600_000)
        let answer = try engine.evaluate(
            try engine.parse(query), times: times, source: source, budget: QueryBudget(), explainClock: { ticks.next() })
        return try #require(answer.explanation)
    }

    /// A clock that goes on by a microsecond whenever it is looked at.
    private final class Ticks: Sendable {
        private let count = Atomic<Int64>(0)
        func next() -> Int64 { count.add(1000, ordering: .relaxed).newValue }
    }

    private func text(_ explanation: QueryExplanation) -> String { text(explanation.root) }

    private func text(_ part: QueryExplanation.Part) -> String {
        let series = part.seriesOut.map { "\(part.seriesIn.map { "\($0) -> " } ?? "")\($0) series" } ?? "no series"
        var lines = "\(part.kind) \(part.title): \(series)"
        if part.samplesRead > 0 { lines += ", \(part.samplesRead) samples" }
        if !part.isEvaluated { lines += ", not needed" }
        lines += "\n"
        for note in part.notes { lines += "  \(note)\n" }
        if let range = part.range { lines += "  \((range.start + 999) / 1000)...\(range.end / 1000)\n" }
        for child in part.children { lines += text(child) }
        return lines
    }
}
