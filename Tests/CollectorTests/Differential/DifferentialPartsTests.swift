import Foundation
import RemoteWriteFormat
import TelemetryModel
import TestSupport
import Testing

/// What the comparison with Prometheus is made of: it must see differences, and make queries smaller without making them wrong.
@Suite struct DifferentialPartsTests {
    private func answer(_ result: String) throws -> QueryAnswer {
        try QueryAnswer(status: 200, body: Data(#"{"status":"success","data":{"resultType":"vector","result":[\#(result)]}}"#.utf8))
    }

    @Test func seesDifferencesButNotLastDigits() throws {
        let one = try answer(#"{"metric":{"a":"1"},"value":[10.25,"1.5"]},{"metric":{"a":"2"},"value":[10.25,"NaN"]}"#)
        let close = try answer(#"{"metric":{"a":"2"},"value":[10.25,"NaN"]},{"metric":{"a":"1"},"value":[10.25,"1.5000000000001"]}"#)
        #expect(Difference.between(theirs: one, ours: close) == nil)
        guard case .value(_, 10_250, 1.5, _) = Difference.between(theirs: one, ours: close, tolerance: 0) else {
            Issue.record("last digits count where there is no tolerance")
            return
        }
        let other = try answer(#"{"metric":{"a":"1"},"value":[10.25,"1.5001"]},{"metric":{"a":"2"},"value":[10.25,"NaN"]}"#)
        #expect(Difference.between(theirs: one, ours: other) != nil)
        let infinite = try answer(#"{"metric":{"a":"1"},"value":[10.25,"1.5"]},{"metric":{"a":"2"},"value":[10.25,"+Inf"]}"#)
        #expect(Difference.between(theirs: one, ours: infinite) != nil)
        let fewer = try answer(#"{"metric":{"a":"1"},"value":[10.25,"1.5"]}"#)
        #expect(Difference.between(theirs: one, ours: fewer) != nil)
        #expect(Difference.between(theirs: fewer, ours: one) != nil)
        let refused = try QueryAnswer(status: 422, body: Data(#"{"status":"error","error":"no"}"#.utf8))
        #expect(Difference.between(theirs: one, ours: refused) != nil)
        #expect(Difference.between(theirs: refused, ours: refused) == nil)
    }

    @Test func shrinksToThePartThatFails() async throws {
        var generator = QueryGenerator(seed: 5, base: 1_700_000_000_000)
        var shrunk = 0
        for _ in 0..<400 {
            let query = generator.next().query
            guard query.text.contains("rate(") else { continue }
            // As if every use of rate failed.
            let smallest = await QueryNode.shrink(query) { $0.text.contains("rate(") }
            #expect(smallest.name.hasSuffix("rate"), "\(query.text) became \(smallest.text)")
            #expect(smallest.weight <= 2, "\(query.text) became \(smallest.text)")
            shrunk += 1
        }
        #expect(shrunk > 10)
    }

    @Test func sameSeedSameQueriesAndSeries() {
        var first = QueryGenerator(seed: 9, base: 0)
        var second = QueryGenerator(seed: 9, base: 0)
        for _ in 0..<50 { #expect(first.next().query.text == second.next().query.text) }
        let series = RandomSeries(seed: 9, base: 0).all
        #expect(series.map { $0.samples.count } == RandomSeries(seed: 9, base: 0).all.map { $0.samples.count })
        // Never on the boundary of a range: these are multiples of a quarter second.
        for sample in series.flatMap(\.samples) { #expect(sample.timestamp % 250 != 0) }
    }

    @Test func extrapolatesToZeroBeforeOrAfterTheCut() {
        // Mean distance 10 s, 30 s to the start; the counter was zero 8 s before its first sample.
        let counter = ExtrapolatedCounter(times: [30_000, 40_000, 50_000], values: [8, 18, 28], start: 0, end: 50_000)
        #expect(counter.increase(cutsFirst: false) == 28)
        #expect(counter.increase(cutsFirst: true) == 25)
        // After a reset what was counted before it is kept.
        let reset = ExtrapolatedCounter(times: [0, 10_000, 20_000], values: [100, 110, 5], start: 0, end: 20_000)
        #expect(reset.increase(cutsFirst: true) == 15)
    }
}
