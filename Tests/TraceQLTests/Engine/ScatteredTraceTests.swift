internal import QueryModel
internal import TelemetryModel
internal import TestSupport
internal import Testing
internal import TraceQL

/// Parts of traces in tables of their own, as storage has them where they lie far apart.
private struct ScatteredSource: SpanSource {
    var parts: [SpanBatch]

    func tables(in range: NanosecondRange, budget: QueryBudget) throws(QueryError) -> [any SpanTable] { parts.map { ArraySpanTable($0) } }

    func scatteredTraces(
        _ ends: [TraceID: UnixNanoseconds], in range: NanosecondRange, budget: QueryBudget
    ) throws(QueryError) -> (any SpanTable)? {
        let found = ends.keys.filter { id in parts.count { $0.spans.contains { $0.traceID == id } } > 1 }
        return found.isEmpty ? nil : ArraySpanTable(joined(found))
    }

    func joined(_ ids: some Collection<TraceID>) -> SpanBatch {
        var batch = parts[0]
        batch.spans = parts.flatMap { part in part.spans.filter { ids.contains($0.traceID) } }
        return batch
    }
}

@Suite struct ScatteredTraceTests {
    private struct Found: Hashable {
        var trace: TraceID
        var spans: [UInt64]
    }

    private func found(_ id: TraceID, _ batch: SpanBatch, _ stages: [PipelineStage]) -> [Found] {
        let naive = NaiveQuery(trace: .init(spans: batch.spans.filter { $0.traceID == id }, batch: batch))
        return naive.run(stages).map { set in Found(trace: id, spans: set.spans.map { naive.trace.spans[$0].spanID.bits }.sorted()) }
    }

    private func isIncomplete(_ spans: [SpanRecord]) -> Bool {
        let ids = Set(spans.map(\.spanID))
        return !spans.contains { !$0.parentSpanID.isValid } || spans.contains { $0.parentSpanID.isValid && !ids.contains($0.parentSpanID) }
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `what lacks something, or is found twice, is looked at as a whole`(seed: UInt64) throws {
        var random = RandomTraces(seed: seed &+ 5000)
        let batch = random.batch(traces: 15)
        // Some traces are cut in two.
        var parts = [batch, batch]
        for index in parts.indices { parts[index].spans = [] }
        for span in batch.spans {
            let isCut = span.traceID.low % 2 == 0
            parts[isCut && Int.random(in: 0..<2, using: &random.random) == 1 ? 1 : 0].spans.append(span)
        }
        let source = ScatteredSource(parts: parts.filter { !$0.spans.isEmpty })
        var options = SearchOptions()
        (options.tracesMax, options.spansPerSpanSet) = (1000, 1000)
        let engine = TraceQLEngine()
        var whole = 0
        for _ in 0..<30 {
            let stages = random.stages()
            let query = TraceQuery(.search(stages))
            let result = try engine.search(query, options, source: source, budget: QueryBudget())
            let got = result.traces.flatMap { trace in
                trace.spanSets.map { Found(trace: trace.traceID, spans: $0.spans.map(\.spanID.bits).sorted()) }
            }
            var wanted: [Found] = []
            for id in Set(batch.spans.map(\.traceID)) {
                let own = source.parts.map { part in (part.spans.filter { $0.traceID == id }, found(id, part, stages)) }
                let matching = own.filter { !$0.1.isEmpty }
                let lacks = matching.count > 1 || matching.contains { isIncomplete($0.0) }
                if lacks, own.count(where: { !$0.0.isEmpty }) > 1 {
                    wanted += found(id, source.joined([id]), stages)
                    whole += 1
                } else {
                    wanted += matching.flatMap(\.1)
                }
            }
            #expect(Set(got) == Set(wanted) && got.count == wanted.count, "seed \(seed): \(query.text)")
            #expect(Set(result.traces.map(\.traceID)).count == result.traces.count, "seed \(seed): \(query.text)")
        }
        #expect(whole > 0)
    }
}
