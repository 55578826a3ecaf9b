internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing
internal import TraceStorage

/// What senders get wrong, by mistake or on purpose: refused or counted, and nothing else is lost.
struct HostileInputTests {
    /// One span that is fine, to see that it survives.
    private func good(_ number: UInt64) -> SpanRecord {
        var span = SpanRecord(traceID: TraceID(high: 9, low: number + 1), spanID: SpanID(number + 1))
        (span.start, span.end, span.name) = (TraceFixture.noon, TraceFixture.noon + 5, "good")
        return span
    }

    private func batch(_ spans: [SpanRecord]) -> SpanBatch {
        var batch = SpanBatch()
        (batch.resources, batch.scopes, batch.spans) = ([ResourceRecord()], [ScopeRecord()], spans)
        return batch
    }

    private func deep(_ depth: Int) -> AttributeValue {
        (0..<depth).reduce(.int(1)) { value, level in level % 2 == 0 ? .array([value]) : .map([Attribute("k", value)]) }
    }

    @Test func wrongSpansAreCountedAndTheOthersKept() throws {
        var many = good(1)
        many.attributes = (0..<100_000).map { Attribute("key-\($0)", .int(Int64($0))) }
        var nested = good(2)
        nested.attributes = [Attribute("deep", deep(300))]
        var zeroTrace = good(3)
        zeroTrace.traceID = TraceID(high: 0, low: 0)
        var zeroSpan = good(4)
        zeroSpan.spanID = .none
        var old = good(5)
        old.start = TraceFixture.noon - 8 * 86_400_000_000_000
        var early = good(6)
        early.start = TraceFixture.noon + 3 * 86_400_000_000_000
        var huge = good(7)
        huge.name = String(repeating: "x", count: 5 << 20)
        let fixture = try TraceFixture()
        let result = try fixture.append(batch([good(0), many, nested, zeroTrace, zeroSpan, old, early, huge, good(8)]))
        #expect(result.acceptedSpans == 2 && result.rejectedSpans == 7)
        #expect(result.rejected.tooMany == 1 && result.rejected.tooDeep == 1 && result.rejected.invalidIDs == 2)
        #expect(result.rejected.tooLarge == 1 && result.tooOld == 1 && result.tooFarInFuture == 1)
        #expect(!result.message.isEmpty)
        try fixture.restart()
        #expect(try Set(fixture.traceIDs()) == [good(0).traceID, good(8).traceID])
    }

    @Test func aLinkWithAWrongIDDoesNotTakeItsSpanAlong() throws {
        let span = good(1)
        var writer = ProtobufWriter()
        writer.write(1) {
            $0.write(2) {
                $0.write(2) { message in
                    message.write(1, bytes: span.traceID.bytes)
                    message.write(2, bytes: span.spanID.bytes)
                    message.write(7, fixed64: span.start)
                    message.write(13) { link in
                        link.write(1, bytes: [UInt8](repeating: 7, count: 15))
                        link.write(2, bytes: [UInt8](repeating: 7, count: 9))
                        link.write(3, string: "a=b")
                    }
                    message.write(13) { $0.write(1, bytes: [UInt8](repeating: 7, count: 16)) }
                }
            }
        }
        let fixture = try TraceFixture()
        let result = try writer.bytes.withUnsafeBytes { try fixture.storage.append(otlp: $0) }
        #expect(result.acceptedSpans == 1 && result.rejectedSpans == 0)
        for _ in 0..<2 {
            let links = try #require(try fixture.storage.trace(span.traceID)?.spans.first?.links)
            #expect(links.map(\.traceID.isValid) == [false, true] && links.map(\.spanID.isValid) == [false, false])
            #expect(links[0].traceState == "a=b")
            try fixture.storage.flush()
        }
    }

    @Test func anEndBeforeTheStartIsKept() throws {
        var span = good(1)
        span.end = span.start - 1000
        let fixture = try TraceFixture()
        try fixture.append(batch([span]))
        try fixture.storage.flush()
        #expect(try fixture.storage.trace(span.traceID)?.spans.first?.end == span.end)
        #expect(try fixture.storage.tables(from: 0, through: .max).first?.frame().durations == [0])
    }

    @Test func everyTruncationIsRefusedOrTakenWithoutATrap() throws {
        var random = RandomSpans(seed: 5)
        let message = random.batch(traces: 3).otlp
        checkTruncationNeverTraps(message, mustThrow: false) { bytes in
            let scan = try bytes.withUnsafeBytes { try SpanScan($0) }
            _ = try bytes.withUnsafeBytes { try scan.records(of: $0) }
        }
    }

    @Test func whatTheScanTakesCanBeStored() throws {
        let seed = UInt64.random(in: 0...1_000_000)
        var random = RandomSpans(seed: seed)
        let fixture = try TraceFixture { $0.retention = nil }
        let message = random.batch(traces: 4).otlp
        var taken = 0
        var generator = SeededGenerator(seed: seed)
        checkDamageNeverTraps(message, rounds: 600, using: &generator) { bytes in
            let result = try bytes.withUnsafeBytes { try fixture.storage.append(otlp: $0) }
            taken += result.acceptedSpans
        }
        // Damaged times may put spans of a trace years apart; it is in several tables then.
        let head = try Set(fixture.traceIDs())
        try fixture.storage.flush()
        #expect(try Set(fixture.traceIDs()) == head, "seed \(seed)")
        #expect(fixture.events.all.filter { $0.contains("damaged") } == [], "seed \(seed)")
        #expect(try fixture.storage.verify() == [], "seed \(seed), \(taken) spans")
    }

    @Test func moreNamesThanColumnsAreKeptToo() throws {
        let fixture = try TraceFixture()
        var spans: [SpanRecord] = []
        for number in 0..<60 {
            var span = good(UInt64(number))
            span.attributes = (0..<100).map { Attribute("key-\(number)-\($0)", .string("v\($0)")) }
            spans.append(span)
        }
        try fixture.append(batch(spans))
        for _ in 0..<2 {
            for number in [0, 30, 59] {
                #expect(try fixture.storage.trace(spans[number].traceID)?.spans.first?.attributes == spans[number].attributes)
                let table = try #require(try fixture.storage.tables(from: 0, through: .max).first)
                guard case .single(let codes, let values) = try table.column(.attribute(.span, "key-\(number)-7")) else {
                    Issue.record("the column is missing")
                    continue
                }
                #expect(codes.filter { $0 >= 0 }.map { values[Int($0)] } == [.string("v7")])
                #expect(try table.attributeNames(of: .span).count == 6000)
            }
            try fixture.storage.flush()
        }
    }

    @Test func bothHalvesOfACallThatShareAnIDAreKept() throws {
        var client = good(1)
        client.kind = .client
        var server = client
        server.kind = .server
        var child = good(2)
        (child.traceID, child.parentSpanID, child.start) = (client.traceID, client.spanID, client.start + 1)
        let fixture = try TraceFixture()
        try fixture.append(batch([client, server, child]))
        for _ in 0..<2 {
            #expect(try fixture.storage.trace(client.traceID)?.spans.count == 3)
            let table = try #require(try fixture.storage.tables(from: 0, through: .max).first)
            // The server's half is the parent of what the server did.
            #expect(try table.frame().parentRows == [-1, -1, 1])
            try fixture.storage.flush()
        }
    }
}
