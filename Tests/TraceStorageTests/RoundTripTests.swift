internal import TelemetryModel
internal import TestSupport
internal import Testing
internal import TraceStorage

/// Nothing of an OTLP message is lost on the way in and out.
struct RoundTripTests {
    @Test(arguments: 0..<4) func everythingComesBack(round: Int) throws {
        let seed = UInt64.random(in: 0...1_000_000) &+ UInt64(round)
        var random = RandomSpans(seed: seed)
        let fixture = try TraceFixture()
        let batch = random.batch(traces: 20)
        let result = try fixture.append(batch)
        try #require(result.acceptedSpans == batch.spans.count && result.rejectedSpans == 0, "\(result), seed \(seed)")
        try compare(batch, fixture, "in memory, seed \(seed)")
        try fixture.restart()
        try compare(batch, fixture, "read back from the journal, seed \(seed)")
        try fixture.storage.maintain()
        try compare(batch, fixture, "sealed, seed \(seed)")
        let more = random.batch(traces: 15)
        try fixture.append(more)
        try fixture.storage.flush()
        try compare(batch, fixture, "merged, seed \(seed)")
        try compare(more, fixture, "merged, seed \(seed)")
        #expect(try fixture.storage.verify() == [], "seed \(seed)")
        #expect(fixture.storage.statistics.blocks == 1, "seed \(seed)")
    }

    private func compare(_ batch: SpanBatch, _ fixture: TraceFixture, _ comment: String) throws {
        for id in Set(batch.spans.map(\.traceID)) {
            var expected = batch
            expected.spans.removeAll { $0.traceID != id }
            let found = try #require(try fixture.storage.trace(id), "\(comment): \(id.hexadecimal)")
            let (left, right) = (found.normalized, expected.normalized)
            if left == right { continue }
            for (a, b) in zip(left.spans, right.spans) where a != b { Issue.record("\(comment): \(a)\n is not \(b)") }
            #expect(left.resources == right.resources, "\(comment)")
            #expect(left.scopes == right.scopes, "\(comment)")
            #expect(left.spans.count == right.spans.count, "\(comment)")
        }
    }
}
