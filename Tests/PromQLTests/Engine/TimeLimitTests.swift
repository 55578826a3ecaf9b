import PromQL
import QueryModel
import QueryTestLanguage
import TelemetryModel
import Testing

/// Times at the ends of what a timestamp can say must not trap.
@Suite struct TimeLimitTests {
    @Test(arguments: [Timestamp.min, .min + 1, -1, 0, .max - 1, .max])
    func anyInstant(_ time: Timestamp) throws {
        let engine = QueryEngine(options: EngineOptions())
        for query in [
            "m", "rate(m[290y])", "m offset 290y", "m offset -290y", "count_over_time(m[1h:10m] offset -290y)", "time()", "m @ 1",
        ] {
            let answer = try engine.evaluate(
                try engine.parse(query), times: .instant(time), source: MemorySource(), budget: QueryBudget())
            #expect(answer.value.type == (query == "time()" ? .scalar : .vector))
        }
    }

    @Test func longGridsAreRefused() throws {
        let engine = QueryEngine(options: EngineOptions())
        let budget = QueryBudget(samplesMax: 20_000)
        func evaluate(_ query: String, _ times: EvaluationTimes) throws {
            _ = try engine.evaluate(try engine.parse(query), times: times, source: MemorySource(), budget: budget)
        }
        let whole = EvaluationTimes.range(start: .min, end: .max, stepMilliseconds: 1)
        #expect(throws: QueryError.self) { try evaluate("vector(1)", whole) }
        #expect(throws: QueryError.self) { try evaluate("count_over_time(vector(1)[100y:1ms])", .instant(0)) }
        #expect(throws: QueryError.self) { try evaluate("vector(1)[100y:1ms]", .instant(0)) }
        #expect(throws: QueryError.self) { try evaluate("vector(1)", .range(start: 10, end: 0, stepMilliseconds: 1)) }
        #expect(throws: QueryError.self) { try evaluate("vector(1)", .range(start: 0, end: 10, stepMilliseconds: 0)) }
    }
}
