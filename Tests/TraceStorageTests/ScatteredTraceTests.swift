internal import TelemetryModel
internal import TestSupport
internal import Testing
internal import TraceStorage

/// Traces that go on hours and days later.
struct ScatteredTraceTests {
    private static let hour: UInt64 = 3_600_000_000_000

    /// Random parts of traces over four days, in memory and in blocks; what a range of times shows is whole, or the look at scattered traces has it whole.
    @Test(arguments: 0..<4) func everyTraceOfARangeCanBeHadWhole(round: Int) throws {
        let seed = UInt64.random(in: 0...1_000_000) &+ UInt64(round)
        var random = RandomSpans(seed: seed)
        let fixture = try TraceFixture {
            $0.headSpansMax = 40
            $0.blockSpansMax = 120
        }
        fixture.clock.set(TraceFixture.noon + 6 * 86_400_000_000_000)
        let first = TraceFixture.noon
        var sent: [SpanBatch] = []
        for _ in 0..<40 {
            random.now = first + UInt64.random(in: 0...96, using: &random.generator) * ScatteredTraceTests.hour
            var batch = random.batch(traces: 2)
            if let old = sent.randomElement(using: &random.generator), let id = old.spans.randomElement(using: &random.generator)?.traceID {
                random.append(spans: 3, of: id, to: &batch)
            }
            try fixture.append(batch)
            sent.append(batch)
            switch Int.random(in: 0..<8, using: &random.generator) {
            case 0: try fixture.storage.flush()
            case 1: try fixture.restart()
            default: try fixture.storage.maintain()
            }
        }
        var scattered = 0
        for _ in 0..<12 {
            let start = first + UInt64.random(in: 0...96, using: &random.generator) * ScatteredTraceTests.hour
            let end = start + UInt64.random(in: 0...12, using: &random.generator) * ScatteredTraceTests.hour
            var counts: [TraceID: [Int]] = [:]
            for table in try fixture.storage.tables(from: start, through: end) {
                let frame = try table.frame()
                for (trace, id) in frame.traceIDs.enumerated() {
                    counts[id, default: []].append(Int(frame.traceStarts[trace + 1] - frame.traceStarts[trace]))
                }
            }
            let asked = counts.keys.map { IncompleteTrace($0, end: 0) }
            let table = try fixture.storage.scatteredTraces(asked, from: start, through: end)
            let whole = try Set(table?.frame().traceIDs ?? [])
            scattered += whole.count
            let comment = "seed \(seed), from \(start) through \(end)"
            for (id, parts) in counts where !whole.contains(id) {
                let all = Set(
                    sent.flatMap(\.spans).filter { $0.traceID == id }.map {
                        [$0.spanID.bits, UInt64(UInt32(bitPattern: $0.kind.rawValue))]
                    })
                #expect(parts == [all.count], "\(comment): \(id.hexadecimal)")
            }
            guard let table else { continue }
            let expected = sent.map { batch in
                var batch = batch
                batch.spans.removeAll { !whole.contains($0.traceID) }
                return batch
            }
            try TableCheck(expected, comment).check([table])
        }
        #expect(scattered > 0, "seed \(seed)")
    }

    @Test func aTraceThatIsGoingOnIsNotLookedForFarAway() throws {
        let fixture = try TraceFixture()
        var batch = SpanBatch()
        (batch.resources, batch.scopes) = ([ResourceRecord()], [ScopeRecord()])
        let id = TraceID(high: 1, low: 2)
        for part in 0..<2 {
            var span = SpanRecord(traceID: id, spanID: SpanID(UInt64(part + 1)))
            span.start = TraceFixture.noon - UInt64(1 - part) * 30 * ScatteredTraceTests.hour
            span.end = span.start + 1000
            span.parentSpanID = SpanID(UInt64(part))
            batch.spans = [span]
            try fixture.append(batch)
            try fixture.storage.flush()
        }
        func look(_ end: UInt64) throws -> Int? {
            try fixture.storage.scatteredTraces([IncompleteTrace(id, end: end)], from: TraceFixture.noon, through: .max)?.frame().spanIDs
                .count
        }
        fixture.clock.set(TraceFixture.noon + 30_000_000_000)
        #expect(try look(TraceFixture.noon + 1000) == nil)
        fixture.clock.set(TraceFixture.noon + 61_000_000_000)
        #expect(try look(TraceFixture.noon + 1000) == 2)
        #expect(try fixture.storage.scatteredTraces([], from: 0, through: .max) == nil)
        #expect(try fixture.storage.scatteredTraces([IncompleteTrace(TraceID(high: 9, low: 9), end: 0)], from: 0, through: .max) == nil)
    }
}
