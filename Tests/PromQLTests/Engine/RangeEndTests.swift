import PromQL
import QueryModel
import QueryTestLanguage
import TelemetryModel
import Testing

/// The end of a range query counts as it was asked, also where no step falls on it.
@Suite struct RangeEndTests {
    /// The steps are at 0, 60 and 120 s, the end is at 145 s; a sample's value is the number of its ten seconds.
    @Test(
        arguments: [
            ("m @ end()", [14, 14, 14]), ("m @ start()", [0, 0, 0]), ("max_over_time(m[1m] @ end())", [14, 14, 14]),
            ("max_over_time(m[range()] @ end() offset 1m)", [8, 8, 8]), ("m offset range()", [-15, -9, -3]),
        ] as [(String, [Double])])
    func theEndMayLieBehindTheLastStep(query: String, expected: [Double]) throws {
        var source = MemorySource()
        for sample in -20..<20 { source.append(["__name__": "m"], Int64(sample) * 10_000, .float(Double(sample))) }
        var options = EngineOptions()
        options.features = .all
        let engine = QueryEngine(options: options)
        let answer = try engine.evaluate(
            engine.parse(query), times: .range(start: 0, end: 145_000, stepMilliseconds: 60_000), source: source, budget: QueryBudget())
        #expect(answer.value.firstValues == expected)
    }
}

extension QueryValue {
    fileprivate var firstValues: [Double]? {
        guard case .matrix(let series) = self else { return nil }
        return series.first?.samples.values
    }
}
