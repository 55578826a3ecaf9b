import PromQL
import QueryModel
import QueryTestLanguage
import TelemetryModel
import Testing

@Suite struct BudgetTests {
    private let engine = QueryEngine(options: EngineOptions())
    private let source: MemorySource = {
        var source = MemorySource()
        for number in 0..<10 {
            for minute in 0..<20 {
                source.append(["__name__": "m", "n": "\(number)"], Int64(minute) * 60_000, .float(Double(minute)))
            }
        }
        return source
    }()

    private func evaluate(_ query: String, _ budget: QueryBudget, lookback: Int64? = nil) throws -> QueryAnswer {
        try engine.evaluate(
            engine.parse(query), times: .range(start: 0, end: 600_000, stepMilliseconds: 60_000), lookbackMilliseconds: lookback,
            source: source, budget: budget)
    }

    @Test func tooManySamplesAreRefused() throws {
        let error = #expect(throws: QueryError.self) { try evaluate("m", QueryBudget(samplesMax: 100)) }
        #expect(error?.code == .tooManySamples)
        #expect(error?.message == "query processing would load too many samples into memory in query execution")
        _ = try evaluate("m", QueryBudget(samplesMax: 110))
    }

    @Test func aQueryGivesBackWhatItHeld() throws {
        let budget = QueryBudget(samplesMax: 200)
        for _ in 0..<3 { _ = try evaluate("m", budget) }
        #expect(budget.peakSamples >= 110)
        _ = try? evaluate("m + m", budget)
        _ = try evaluate("m", budget)
    }

    @Test func tooMuchMemoryIsRefused() throws {
        let queries = [
            "m", "m + m", "sum by (n) (m)", "topk(3, m)", "quantile(0.5, m)", "count_values(\"v\", m)", "sort(m)", "m > 3",
            "max_over_time(m[5m:1m])", "absent(m) or m",
        ]
        for query in queries {
            let roomy = QueryBudget()
            _ = try evaluate(query, roomy)
            #expect(roomy.peakBytes > 10 * 8, "\(query)")
            _ = try evaluate(query, QueryBudget(bytesMax: roomy.peakBytes))
            let tight = QueryBudget(bytesMax: roomy.peakBytes - 1)
            let error = #expect(throws: QueryError.self, "\(query)") { try evaluate(query, tight) }
            #expect(error?.code == .tooManySamples)
            #expect(
                error?.message == "query processing would take more than \(tight.bytesMax) bytes of memory (--query.max-memory-bytes)")
        }
        // What was held is given back, also by a query that is refused.
        let budget = QueryBudget(bytesMax: 6000)
        for _ in 0..<50 { _ = try? evaluate("m + m + m + m + m", budget) }
        _ = try evaluate("m", budget)
    }

    @Test func aCanceledQueryEnds() {
        let budget = QueryBudget()
        budget.cancel()
        let error = #expect(throws: QueryError.self) { try evaluate("m", budget) }
        #expect(error?.code == .canceled)
    }

    @Test func anExpiredQueryEnds() {
        let budget = QueryBudget()
        budget.expire()
        let error = #expect(throws: QueryError.self) { try evaluate("m", budget) }
        #expect(error?.code == .timeout)
    }

    @Test func samplesAreCounted() throws {
        let answer = try evaluate("m", QueryBudget())
        #expect(answer.statistics.seriesSelected == 10)
        #expect(answer.statistics.samplesRead == 110)
        #expect(answer.statistics.totalQueryableSamples == 110)
        // Each step of a window counts its samples.
        let windows = try evaluate("count_over_time(m{n=\"1\"}[2m])", QueryBudget())
        #expect(windows.statistics.totalQueryableSamples == 1 + 10 * 2)
    }

    @Test func theLookbackOfAQueryReplacesTheEngines() throws {
        let times = EvaluationTimes.instant(19 * 60_000 + 30_000)
        let parsed = try engine.parse("m")
        func count(_ lookback: Int64?) throws -> Int {
            let answer = try engine.evaluate(
                parsed, times: times, lookbackMilliseconds: lookback, source: source, budget: QueryBudget())
            guard case .vector(let samples) = answer.value else { return -1 }
            return samples.count
        }
        #expect(try count(nil) == 10)
        #expect(try count(20_000) == 0)
        #expect(try count(30_000) == 0)
        #expect(try count(30_001) == 10)
    }
}
