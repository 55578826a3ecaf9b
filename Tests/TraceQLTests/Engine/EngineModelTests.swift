internal import QueryModel
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import TraceQL

/// The engine, which works on columns, against queries answered span by span.
struct EngineModelTests {
    private struct Found: Hashable {
        var trace: TraceID
        var spans: [UInt64]
        var attributes: [String]
    }

    private func tables(_ random: inout RandomTraces) -> [ArraySpanTable] {
        let first = random.batch(traces: 12)
        let second = random.batch(traces: 7, firstID: 100)
        return [ArraySpanTable(first), ArraySpanTable(second)]
    }

    private func traces(_ tables: [ArraySpanTable]) -> [(id: TraceID, query: NaiveQuery)] {
        tables.flatMap { table in
            Dictionary(grouping: table.rows, by: \.traceID).map { ($0, NaiveQuery(trace: .init(spans: $1, batch: table.batch))) }
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `searches find the spans that a walk over all of them finds`(seed: UInt64) throws {
        var random = RandomTraces(seed: seed)
        let tables = tables(&random)
        let source = ArraySpanSource(all: tables)
        var options = SearchOptions()
        (options.tracesMax, options.spansPerSpanSet) = (1000, 1000)
        var engineOptions = TraceEngineOptions()
        engineOptions.threadsPerQuery = seed % 2 == 0 ? 1 : 2
        let engine = TraceQLEngine(options: engineOptions)
        for _ in 0..<30 {
            let stages = random.stages()
            let written = TraceQuery(.search(stages))
            let query = try engine.parse(written.text)
            #expect(query.printed == written.text, "seed \(seed)")
            let result = try engine.search(written, options, source: source, budget: QueryBudget())
            let got = result.traces.flatMap { trace in
                trace.spanSets.map { set in
                    Found(
                        trace: trace.traceID, spans: set.spans.map(\.spanID.bits).sorted(),
                        attributes: set.attributes.map { "\($0.key)=\($0.value)" }.sorted())
                }
            }
            var wanted: [Found] = []
            for (id, naive) in traces(tables) {
                for set in naive.run(stages) {
                    wanted.append(
                        Found(
                            trace: id, spans: set.spans.map { naive.trace.spans[$0].spanID.bits }.sorted(),
                            attributes: set.attributes.map { "\($0.key)=\($0.value.attributeValue)" }.sorted()))
                }
            }
            let (extra, missing) = (Set(got).subtracting(wanted), Set(wanted).subtracting(got))
            #expect(
                got.count == wanted.count && extra.isEmpty && missing.isEmpty,
                "seed \(seed): \(written.text)\n  got \(extra)\n  wanted \(missing)")
        }
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `series are those that a walk over all spans counts`(seed: UInt64) throws {
        var random = RandomTraces(seed: seed &+ 1000)
        let tables = tables(&random)
        let source = ArraySpanSource(all: tables)
        let engine = TraceQLEngine()
        for _ in 0..<15 {
            let spanset = random.spanset()
            let part = MetricsQueryPart(stages: [.spanset(spanset)], aggregate: random.metrics())
            let query = TraceQuery(.metrics(.aggregate(part.stages, part.aggregate)))
            var options = MetricsOptions(range: NanosecondRange(start: 1_000_100, end: 1_000_900))
            (options.step, options.seriesMax) = (100, 0)
            let result = try engine.metricsRange(query, options, source: source, budget: QueryBudget())
            let naive = NaiveSeries(part, start: 1_000_000, step: 100, count: 9).run(traces(tables).map(\.query))
            for series in result.series {
                let key = series.labels.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
                guard let wanted = naive[key] else {
                    Issue.record("seed \(seed): \(query.text) has the series \(key)")
                    continue
                }
                let isSame =
                    wanted.filter { !$0.isNaN }.count == series.samples.count
                    && zip(wanted.filter { !$0.isNaN }, series.samples).allSatisfy { abs($0 - $1.value) <= 1e-9 * max(1, abs($0)) }
                #expect(isSame, "seed \(seed): \(query.text) \(key): \(series.samples.map(\.value)), wanted \(wanted)")
            }
            #expect(result.series.count == naive.count, "seed \(seed): \(query.text): \(result.series.count) series, wanted \(naive.keys)")
        }
    }
}

/// Series counted span by span.
private struct NaiveSeries {
    let part: MetricsQueryPart
    let start: UInt64
    let step: UInt64
    let count: Int

    init(_ part: MetricsQueryPart, start: UInt64, step: UInt64, count: Int) {
        (self.part, self.start, self.step, self.count) = (part, start, step, count)
    }

    func run(_ traces: [NaiveQuery]) -> [String: [Double]] {
        var numbers: [String: [[Double]]] = [:]
        for naive in traces {
            for span in naive.run(part.stages).flatMap(\.spans) {
                let time = naive.trace.spans[span].start
                guard let interval = (0..<count).first(where: { time > start + UInt64($0) * step && time <= start + UInt64($0 + 1) * step })
                else {
                    continue
                }
                var number = 1.0
                if let field = part.measure?.field {
                    guard let value = naive.values(field, span).first.flatMap(NaiveQuery.number) else { continue }
                    number = field == .intrinsic(.duration) ? value / 1e9 : value
                }
                numbers[key(naive, span), default: [[Double]](repeating: [], count: count)][interval].append(number)
            }
        }
        var series = numbers.mapValues { $0.map(sample) }
        if case .count = part.measure, part.aggregate.by.isEmpty, series.isEmpty {
            series["__name__=\(AttributeValue.string(part.functionName))"] = [Double](repeating: 0, count: count)
        }
        return series
    }

    private func key(_ naive: NaiveQuery, _ span: Int) -> String {
        let labels = part.aggregate.by.compactMap { field -> String? in
            let value = naive.values(field, span).first?.asLabel ?? .none
            return value == .none ? nil : "\(QueryPrinter.field(field))=\(value.attributeValue)"
        }
        if !labels.isEmpty { return labels.joined(separator: ",") }
        if let first = part.aggregate.by.first { return "\(QueryPrinter.field(first))=\(AttributeValue.string("nil"))" }
        return "__name__=\(AttributeValue.string(part.functionName))"
    }

    private func sample(_ numbers: [Double]) -> Double {
        let sum = numbers.reduce(0, +)
        switch part.aggregate.function {
        case .rate: return Double(numbers.count) / (Double(step) / 1e9)
        case .minOverTime: return numbers.min() ?? .nan
        case .maxOverTime: return numbers.max() ?? .nan
        case .sumOverTime: return numbers.isEmpty ? .nan : sum
        case .avgOverTime: return numbers.isEmpty ? .nan : sum / Double(numbers.count)
        default: return Double(numbers.count)
        }
    }
}
