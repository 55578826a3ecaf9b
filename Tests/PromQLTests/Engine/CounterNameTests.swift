import PromQL
import QueryModel
import QueryTestLanguage
import TelemetryModel
import Testing

/// The note that something given to `rate` does not look like a counter.
@Suite struct CounterNameTests {
    private func notes(_ labels: LabelSet, _ features: LanguageFeatures) throws -> [String] {
        var source = MemorySource()
        for index in 0..<4 { source.append(labels, Int64(index) * 15_000, .float(Double(index))) }
        var options = EngineOptions()
        options.features = features
        let engine = QueryEngine(options: options)
        let answer = try engine.evaluate(
            try engine.parse("rate({__name__=~\".+\"}[1m])"), times: .instant(60_000), source: source, budget: QueryBudget())
        return answer.annotations.all.map(\.message)
    }

    @Test func theNameDecidesWithoutTypes() throws {
        #expect(try notes(["__name__": "a_total"], []).isEmpty)
        #expect(
            try notes(["__name__": "a"], [])
                == ["PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"a\""])
        #expect(try notes(["__name__": "a_total", "__type__": "gauge"], []).isEmpty)
    }

    @Test func theTypeDecidesWhereItIsKnown() throws {
        #expect(try notes(["__name__": "a", "__type__": "counter"], .typeAndUnitLabels).isEmpty)
        #expect(
            try notes(["__name__": "a_total", "__type__": "gauge"], .typeAndUnitLabels)
                == [
                    "PromQL info: metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got \"gauge\": \"a_total\""
                ])
        #expect(try notes(["__name__": "a_total"], .typeAndUnitLabels).isEmpty)
        #expect(try notes(["__name__": "a"], .typeAndUnitLabels).count == 1)
    }
}
