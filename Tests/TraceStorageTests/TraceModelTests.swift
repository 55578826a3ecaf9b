internal import TelemetryModel
internal import TestSupport
internal import Testing
internal import TraceStorage

/// Random deliveries, late and repeated ones among them, with seals, merges and restarts between, against a list of what was sent.
struct TraceModelTests {
    @Test(arguments: 0..<3) func tablesAndTracesAreWhatWasSent(round: Int) throws {
        let seed = UInt64.random(in: 0...1_000_000) &+ UInt64(round)
        var random = RandomSpans(seed: seed)
        let fixture = try TraceFixture {
            $0.headSpansMax = 60
            $0.blockSpansMax = 150
        }
        var sent: [SpanBatch] = []
        // Those whose traces may get late spans: parts of a trace that lie more than an hour apart are two traces to a search.
        var recent = 0
        for step in 0..<25 {
            switch Int.random(in: 0..<10, using: &random.generator) {
            case 0: try fixture.storage.flush()
            case 1: try fixture.restart()
            case 2, 3: try fixture.storage.maintain()
            case 4 where !sent.isEmpty:
                // The same once more.
                try fixture.append(sent[Int.random(in: 0..<sent.count, using: &random.generator)])
            case 5 where recent < sent.count:
                var late = SpanBatch()
                let old = sent[Int.random(in: recent..<sent.count, using: &random.generator)]
                (late.resources, late.scopes) = (old.resources, old.scopes)
                for span in old.spans.prefix(3) { random.append(spans: 2, of: span.traceID, to: &late) }
                try fixture.append(late)
                sent.append(late)
            default:
                // Now and then around midnight, so that a trace is in two days.
                if step == 12 {
                    random.now = TraceFixture.noon + 43_200_000_000_000 - 1_000_000
                    recent = sent.count
                }
                let batch = random.batch(traces: Int.random(in: 1...6, using: &random.generator))
                try fixture.append(batch)
                sent.append(batch)
            }
            if step % 6 == 5 { try compare(fixture, sent, "step \(step), seed \(seed)") }
        }
        try compare(fixture, sent, "at the end, seed \(seed)")
        try fixture.storage.flush()
        try compare(fixture, sent, "at rest, seed \(seed)")
        #expect(try fixture.storage.verify() == [], "seed \(seed)")
    }

    private func compare(_ fixture: TraceFixture, _ sent: [SpanBatch], _ comment: String) throws {
        try TableCheck(sent, comment).check(fixture.storage.tables(from: 0, through: .max))
        for id in Set(sent.flatMap(\.spans).map(\.traceID)).sorted().prefix(10) {
            var all = SpanBatch()
            var seen: Set<[UInt64]> = []
            for batch in sent {
                for var span in batch.spans where span.traceID == id {
                    guard seen.insert([span.spanID.bits, UInt64(UInt32(bitPattern: span.kind.rawValue))]).inserted else { continue }
                    all.resources.append(batch.resources[span.resource])
                    all.scopes.append(batch.scopes[span.scope])
                    (span.resource, span.scope) = (all.resources.count - 1, all.scopes.count - 1)
                    all.spans.append(span)
                }
            }
            let found = try #require(try fixture.storage.trace(id), "\(comment)")
            #expect(found.normalized == all.normalized, "\(comment): \(id.hexadecimal)")
        }
    }

    /// So many spans that a child stands more than 2^15 rows behind its parent, and one whose parent is not there.
    @Test func aTraceOfManySpansComesBack() throws {
        let fixture = try TraceFixture { $0.headSpansMax = 100_000 }
        let id = TraceID(high: 1, low: 2)
        let count = 40_000
        for first in stride(from: 1, through: count, by: 10_000) {
            var batch = SpanBatch()
            (batch.resources, batch.scopes) = ([ResourceRecord()], [ScopeRecord()])
            for number in first..<first + 10_000 {
                var span = SpanRecord(traceID: id, spanID: SpanID(UInt64(number)))
                span.name = "step"
                span.start = TraceFixture.noon + UInt64(number) * 1000
                span.end = span.start + 500
                span.parentSpanID = number == 1 ? .none : number == count ? SpanID(77_777) : SpanID(UInt64(1 + number % 7))
                batch.spans.append(span)
            }
            try fixture.append(batch)
        }
        for isSealed in [false, true] {
            if isSealed { try fixture.storage.flush() }
            let frames = try fixture.storage.tables(from: 0, through: .max).map { try $0.frame() }
            let frame = try #require(frames.count == 1 ? frames[0] : nil)
            #expect(frame.traceIDs == [id] && frame.spanIDs.count == count)
            let parents = (1...count).map { $0 == 1 ? -1 : $0 == count ? -2 : Int32($0 % 7) }
            #expect(frame.parentRows == parents, "sealed: \(isSealed)")
            #expect(try fixture.storage.trace(id)?.spans.last?.parentSpanID == SpanID(77_777))
        }
        #expect(try fixture.storage.verify() == [])
    }

    @Test func aRangeOfTimesGivesWholeTracesOnce() throws {
        let fixture = try TraceFixture { $0.headSpansMax = 1 }
        let id = TraceID(high: 1, low: 2)
        var batch = SpanBatch()
        (batch.resources, batch.scopes) = ([ResourceRecord()], [ScopeRecord()])
        // Three parts of one trace in three blocks, ten seconds apart.
        for part in 0..<3 {
            var span = SpanRecord(traceID: id, spanID: SpanID(UInt64(part + 1)))
            span.start = TraceFixture.noon + UInt64(part) * 10_000_000_000
            span.end = span.start + 1_000_000
            span.parentSpanID = SpanID(UInt64(part))
            batch.spans = [span]
            try fixture.append(batch)
            try fixture.storage.maintain()
        }
        #expect(fixture.storage.statistics.blocks == 3)
        for part in 0..<3 {
            let start = TraceFixture.noon + UInt64(part) * 10_000_000_000
            let tables = try fixture.storage.tables(from: start, through: start + 1000)
            let frames = try tables.map { try $0.frame() }.filter { !$0.traceIDs.isEmpty }
            #expect(frames.count == 1 && frames[0].parentRows == [-1, 0, 1], "part \(part)")
        }
        #expect(try fixture.storage.tables(from: TraceFixture.noon + 5_000_000_000, through: TraceFixture.noon + 6_000_000_000).isEmpty)
    }
}
