import PromQL
import QueryModel
import QueryTestLanguage
import TelemetryModel
import Testing

/// What a query holds at most is what Prometheus would hold: it evaluates part after part, and keeps what each gave.
@Suite struct PeakSamplesTests {
    /// Ten series with a sample a minute, and a native histogram: of one span and two buckets, so it counts for 12 samples alone and 13 in a
    /// vector.
    private let source: MemorySource

    init() throws {
        var source = MemorySource()
        for number in 0..<10 {
            for minute in 0..<20 {
                source.append(["__name__": "m", "n": "\(number)"], Int64(minute) * 60_000, .float(Double(minute)))
            }
        }
        for command in try TestScript(reading: "load 1m\n  h {{schema:0 count:3 sum:5 buckets:[1 2]}}x20\n").commands {
            if case .load(let series) = command { source.load(series) }
        }
        self.source = source
    }

    private func peak(
        _ query: String, _ times: EvaluationTimes, max: Int = .max, threads: Int = 1, of source: MemorySource? = nil
    ) throws -> Int {
        var options = EngineOptions()
        options.threadsPerQuery = threads
        options.features = .all
        let engine = QueryEngine(options: options)
        return try engine.evaluate(
            engine.parse(query), times: times, source: source ?? self.source, budget: QueryBudget(samplesMax: max)
        ).statistics.peakSamples
    }

    private func expect(_ query: String, _ times: EvaluationTimes, _ samples: Int) throws {
        #expect(try peak(query, times) == samples)
        // Just enough is enough, and one less is not.
        #expect(try peak(query, times, max: samples) == samples)
        let error = #expect(throws: QueryError.self) { try peak(query, times, max: samples - 1) }
        #expect(error?.code == .tooManySamples)
        #expect(error?.message == "query processing would load too many samples into memory in query execution")
    }

    @Test(arguments: [
        // A number is a sample at each step.
        ("1", 3), ("m", 30), ("sum(m)", 30), ("-m", 30), ("label_replace(m, \"a\", \"$1\", \"n\", \"(.*)\")", 30),
        // At the last step there are both operands, the results so far, and once more the elements of the step.
        ("m{n=\"1\"} + on () m{n=\"2\"}", 6 + 2 + 3), ("m * 2", 33 + 11 + 30), ("m > 100", 33 + 11), ("timestamp(m{n=\"1\"})", 3 + 1),
        ("abs(m)", 30 + 10 + 30), ("m unless m{n=\"1\"}", 33 + 11 + 27), ("absent(nothing)", 3), ("count_values(\"v\", m)", 30 + 10 + 3),
        // The parameter is there while the elements are.
        ("topk(2, m)", 3 + 30), ("quantile(0.5, m)", 3 + 30),
        // All results, and the window of the last series.
        ("count_over_time(m{n=\"1\"}[2m])", 3 + 2), ("sum(count_over_time(m[2m]))", 30 + 2), ("absent_over_time(m{n=\"1\"}[2m])", 3 + 2),
        ("quantile_over_time(0.5, m{n=\"1\"}[2m])", 3 + 3 + 2), ("rate(m{n=\"1\"}[1m])", 1),
        // The results of a subquery are there as well.
        ("count_over_time(m{n=\"1\"}[2m:30s])", 8 + 3 + 4),
        // What is the same at every step is evaluated once and then repeated.
        ("m{n=\"1\"} @ 300", 3), ("count_over_time(m{n=\"1\"}[19m] @ 1200)", 1 + 18), ("1 + 2", 2 + 2 + 1),
        // One operand after the other.
        ("sum(count_over_time(m[2m])) + sum(count_over_time(m[3m]))", 3 + 30 + 3),
        ("h", 36), ("h + h", 2 * 36 + 2 + 3 * 13), ("count_over_time(h[2m])", 3 + 24),
    ])
    func whatAStepHolds(query: String, samples: Int) throws {
        try expect(query, .range(start: 300_000, end: 420_000, stepMilliseconds: 60_000), samples)
    }

    @Test(arguments: [
        ("m[3m]", 30), ("m{n=\"1\"}[2m:30s]", 4), ("1 + 2", 5), ("h", 12), ("h[2m]", 24), ("rate(m[3m])", 10 + 3),
        ("max_over_time(rate(m{n=\"1\"}[2m])[1m:30s])", 2 + 2 + 1),
    ])
    func whatAnInstantHolds(query: String, samples: Int) throws { try expect(query, .instant(300_000), samples) }

    @Test func threadsDoNotChangeTheCount() throws {
        var source = MemorySource()
        for number in 100..<300 {
            for sample in 0..<(number * 7 % 40) {
                source.append(["__name__": "u", "n": "\(number)"], Int64(sample) * 10_000, .float(Double(sample)))
            }
        }
        for query in ["u", "rate(u[1m])", "sum(rate(u[2m]))", "u + u", "timestamp(u)"] {
            let times = EvaluationTimes.range(start: 0, end: 400_000, stepMilliseconds: 5000)
            let alone = try peak(query, times, of: source)
            #expect(alone > 200)
            #expect(try peak(query, times, threads: 4, of: source) == alone)
            let error = #expect(throws: QueryError.self) { try peak(query, times, max: alone - 1, threads: 4, of: source) }
            #expect(error?.code == .tooManySamples)
        }
    }

    @Test func samplesAreFreshOnce() throws {
        let engine = QueryEngine(options: EngineOptions())
        func fresh(_ query: String) throws -> Int {
            try engine.evaluate(
                engine.parse(query), times: .range(start: 300_000, end: 420_000, stepMilliseconds: 60_000), source: source,
                budget: QueryBudget()
            ).statistics.freshSamples
        }
        // Windows of three samples move on by one.
        #expect(try fresh("count_over_time(m{n=\"1\"}[3m])") == 3 + 1 + 1)
        #expect(try fresh("count_over_time(m{n=\"1\"}[3m] @ 300)") == 3)
        // A selector reads one at each step, a subquery what its steps read.
        #expect(try fresh("m{n=\"1\"}") == 3)
        #expect(try fresh("count_over_time(m{n=\"1\"}[2m:1m])") == 4)
        // What lies between the windows is not asked for.
        #expect(try fresh("count_over_time(m{n=\"1\"}[30s:15s])") == 6)
    }
}
