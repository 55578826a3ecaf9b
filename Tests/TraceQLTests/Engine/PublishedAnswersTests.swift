internal import Foundation
internal import QueryModel
internal import TelemetryModel
internal import Testing
internal import TraceQL

/// Queries over the published data set are answered as they were recorded.
struct PublishedAnswersTests {
    private struct Failure: Error { var reason: String }

    @Test(.enabled(if: Conformance.has("golden.json"), "the published answers are not beside the package"))
    func `queries are answered as published`() throws {
        let dataSet = try PublishedDataSet()
        let file = try JSONSerialization.jsonObject(with: Data(contentsOf: Conformance.folder.appending(path: "golden.json")))
        let cases = try #require((file as? [String: Any])?["cases"] as? [[String: Any]])
        #expect(dataSet.batch.spans.count > 100 && cases.count > 100)
        let canon = PublishedForm(dataSet)
        var failures: [String: Int] = [:]
        for item in cases {
            let got = answer(item, canon, dataSet)
            var want = item["expect"] as? [String: Any] ?? [:]
            var answer = got
            if item["compare"] as? String == "attrs" { (want, answer) = PublishedForm.pruned(want, answer) }
            if !PublishedForm.same(want, answer) {
                failures[item["group"] as? String ?? "", default: 0] += 1
                let texts = [want, answer].map { short(PublishedForm.difference(want, answer, showing: $0)) }
                Issue.record("\(item["id"] ?? "") \(item["q"] ?? "")\n  expected \(texts[0])\n  got      \(texts[1])")
            }
        }
        #expect(failures.isEmpty, "\(failures) of \(cases.count)")
    }

    private func short(_ value: Any) -> String {
        let data = (try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])) ?? Data()
        return String(String(decoding: data, as: UTF8.self).prefix(600))
    }

    private func answer(_ item: [String: Any], _ canon: PublishedForm, _ dataSet: PublishedDataSet) -> [String: Any] {
        let engine = TraceQLEngine()
        let source = ArraySpanSource(all: [ArraySpanTable(dataSet.batch)])
        let parameters = item["params"] as? [String: Any] ?? [:]
        let base = PublishedDataSet.baseMilliseconds * 1_000_000
        do throws(QueryError) {
            let query = try engine.parse(item["q"] as? String ?? "")
            if item["kind"] as? String == "search" {
                var options = SearchOptions()
                options.range = NanosecondRange(start: base - 60_000_000_000, end: base + 720_000_000_000)
                options.tracesMax = parameters["limit"] as? Int ?? 1000
                options.spansPerSpanSet = parameters["spss"] as? Int ?? 100
                let result = try engine.search(query, options, source: source, budget: QueryBudget())
                return canon.search(result, item["compare"] as? String ?? "spans")
            }
            let (start, end) = (parameters["start"] as? Int ?? 0, parameters["end"] as? Int ?? 600)
            let second: UInt64 = 1_000_000_000
            var options = MetricsOptions(range: NanosecondRange(start: base + UInt64(start) * second, end: base + UInt64(end) * second))
            let step = Int((parameters["step"] as? String ?? "60s").dropLast()) ?? 60
            options.step = UInt64(step) * second
            let only = item["labels"] as? [String]
            if item["kind"] as? String == "instant" {
                return canon.metrics(
                    try engine.metricsInstant(query, options, source: source, budget: QueryBudget()), only, isInstant: true)
            }
            return canon.metrics(try engine.metricsRange(query, options, source: source, budget: QueryBudget()), only, isInstant: false)
        } catch {
            return ["status": error.code == .badInput ? 400 : 500, "error": error.message]
        }
    }
}
