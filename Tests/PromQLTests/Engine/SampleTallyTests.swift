import PromQL
import QueryModel
import QueryTestLanguage
import TelemetryModel
import Testing

/// Samples are counted as Prometheus counts them: at each step, those that are seen there.
@Suite struct SampleTallyTests {
    private let source: MemorySource = {
        var source = MemorySource()
        for number in 0..<10 {
            for minute in 0..<20 {
                source.append(["__name__": "m", "n": "\(number)"], Int64(minute) * 60_000, .float(Double(minute)))
            }
        }
        return source
    }()

    private func statistics(_ query: String, _ times: EvaluationTimes, allowed: Bool = true) throws -> QueryStatistics {
        var options = EngineOptions()
        options.allowsStepStatistics = allowed
        let engine = QueryEngine(options: options)
        return try engine.evaluate(try engine.parse(query), times: times, source: source, budget: QueryBudget(), countsSteps: true)
            .statistics
    }

    @Test(arguments: [
        ("m{n=\"1\"}", 1), ("sum(m)", 10), ("timestamp(m)", 10), ("m{n=\"1\"} + m{n=\"2\"}", 2),
        // Each window counts its samples, also those that the window before had.
        ("count_over_time(m{n=\"1\"}[2m])", 2), ("absent_over_time(m{n=\"1\"}[2m])", 2),
        // Of a subquery its results count, not what it reads.
        ("count_over_time(m{n=\"1\"}[2m:30s])", 4), ("max_over_time(rate(m{n=\"1\"}[2m])[1m:30s])", 2),
        // What is the same at every step counts at every step.
        ("m{n=\"1\"} @ 300", 1), ("sum(count_over_time(m{n=\"1\"}[3m] @ 300))", 3), ("1 + 2", 0), ("vector(1)", 0),
    ])
    func everyStepCounts(query: String, samples: Int) throws {
        let found = try statistics(query, .range(start: 300_000, end: 420_000, stepMilliseconds: 60_000))
        #expect(found.totalQueryableSamples == 3 * samples)
        #expect(found.queryableSamplesByStep.map(\.time) == [300_000, 360_000, 420_000])
        #expect(found.queryableSamplesByStep.map(\.samples) == [samples, samples, samples])
        #expect(try statistics(query, .instant(300_000)).totalQueryableSamples == samples)
    }

    @Test func aQueryOfARangeCountsItsSamples() throws {
        #expect(try statistics("m[3m]", .instant(300_000)).totalQueryableSamples == 30)
        // Four steps of windows of two samples.
        #expect(try statistics("count_over_time(m{n=\"1\"}[2m])[2m:30s]", .instant(300_000)).totalQueryableSamples == 8)
    }

    @Test func stepsAreToldOnlyWhereTheyMayBe() throws {
        #expect(try statistics("m", .instant(300_000), allowed: false).queryableSamplesByStep.isEmpty)
        #expect(try statistics("m", .instant(300_000)).queryableSamplesByStep == [.init(time: 300_000, samples: 10)])
    }
}
