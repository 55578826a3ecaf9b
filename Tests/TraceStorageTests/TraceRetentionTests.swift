internal import Foundation
internal import TelemetryModel
internal import TestSupport
internal import Testing
internal import TraceStorage

/// How long spans stay: by age, and by rules for some resources.
struct TraceRetentionTests {
    private static let noon = TraceFixture.noon
    private static let hour: UInt64 = 3_600_000_000_000
    private static let day: UInt64 = 86_400_000_000_000

    private static func rule(_ service: String, _ keep: UInt64?) -> TraceRetentionRule {
        TraceRetentionRule(keep: keep) { $0[key: "service.name"] == .string(service) }
    }

    /// Traces of a root in one service and a child in each of the others, which all start within a second.
    private func batch(_ services: [String], traces: Int, at time: UInt64, seed: UInt64 = 1) -> SpanBatch {
        var generator = SeededGenerator(seed: seed)
        var batch = SpanBatch()
        batch.scopes = [ScopeRecord()]
        batch.resources = services.map { service in
            var resource = ResourceRecord()
            resource.attributes = [Attribute("service.name", .string(service))]
            return resource
        }
        for _ in 0..<traces {
            let id = TraceID(high: generator.next(), low: generator.next() | 1)
            let root = SpanID(generator.next() | 1)
            for place in services.indices {
                var span = SpanRecord(traceID: id, spanID: place == 0 ? root : SpanID(generator.next() | 1))
                if place > 0 { span.parentSpanID = root }
                span.start = time + UInt64(place) * 1_000_000
                span.end = span.start + 500_000
                span.name = "work of \(services[place])"
                span.resource = place
                span.attributes = [Attribute("secret", .bytes(generator.bytes(40)))]
                batch.spans.append(span)
            }
        }
        return batch
    }

    private func services(_ fixture: TraceFixture) throws -> Set<String> {
        var found: Set<String> = []
        for table in try fixture.storage.tables(from: 0, through: .max) {
            guard case .single(let codes, let values) = try table.column(.attribute(.resource, "service.name")) else { continue }
            for code in codes where code >= 0 { if case .string(let name) = values[Int(code)] { found.insert(name) } }
        }
        return found
    }

    @Test func aShorterRuleTakesItsSpansOutOfTracesAndOutOfTheFile() throws {
        let fixture = try TraceFixture { $0.retentionRules = [TraceRetentionTests.rule("debug", 2 * TraceRetentionTests.day)] }
        let sent = batch(["debug", "shop"], traces: 2000, at: TraceFixture.noon)
        try fixture.append(sent)
        try fixture.storage.flush()
        let before = fixture.storage.statistics
        try TableCheck([sent], "before").check(fixture.storage.tables(from: 0, through: .max))
        var shop = sent
        shop.spans.removeAll { sent.resources[$0.resource].attributes[key: "service.name"] == .string("debug") }

        fixture.clock.advance(seconds: 2 * 86_400 + 3600)
        // What is past its age is not shown, before anything is done about it: children have lost their parents.
        try TableCheck([shop], "hidden").check(fixture.storage.tables(from: 0, through: .max))
        #expect(try services(fixture) == ["shop"])
        let trace = try #require(try fixture.storage.trace(sent.spans[0].traceID))
        #expect(trace.spans.map(\.name) == ["work of shop"] && trace.spans[0].parentSpanID == sent.spans[0].spanID)

        fixture.clock.advance(seconds: 86_400)
        for _ in 0..<5 { try fixture.storage.maintain() }
        try fixture.storage.flush()
        let after = fixture.storage.statistics
        #expect(after.spansDropped == 2000)
        #expect(after.blockSpans == before.blockSpans / 2)
        #expect(after.shardBytes < before.shardBytes * 3 / 4, "\(before.shardBytes) -> \(after.shardBytes)")
        #expect(fixture.events.contains("removed"))
        try TableCheck([shop], "removed").check(fixture.storage.tables(from: 0, through: .max))
        #expect(try fixture.storage.verify().isEmpty)
        try fixture.restart()
        try TableCheck([shop], "after a restart").check(fixture.storage.tables(from: 0, through: .max))
    }

    @Test func aShorterRuleHidesByTheNanosecond() throws {
        let keep = 2 * TraceRetentionTests.hour
        let fixture = try TraceFixture { $0.retentionRules = [TraceRetentionTests.rule("debug", keep)] }
        let sent = batch(["shop", "debug"], traces: 1, at: TraceFixture.noon)
        try fixture.append(sent)
        for isSealed in [false, true] {
            if isSealed { try fixture.storage.flush() }
            fixture.clock.set(sent.spans[1].start + keep)
            #expect(try services(fixture) == ["shop", "debug"], "sealed: \(isSealed)")
            #expect(try fixture.storage.trace(sent.spans[0].traceID)?.spans.count == 2)
            fixture.clock.set(sent.spans[1].start + keep + 1)
            #expect(try services(fixture) == ["shop"], "sealed: \(isSealed)")
            #expect(try fixture.storage.trace(sent.spans[0].traceID)?.spans.count == 1)
            fixture.clock.set(sent.spans[1].start + keep)
        }
    }

    @Test func aLongerRuleKeepsItsSpansAlone() throws {
        let day = TraceRetentionTests.day
        let fixture = try TraceFixture {
            $0.retention = 3 * day
            $0.retentionRules = [TraceRetentionTests.rule("audit", 10 * day), TraceRetentionTests.rule("eternal", nil)]
        }
        try fixture.append(batch(["shop", "audit", "eternal"], traces: 50, at: TraceFixture.noon))
        try fixture.storage.flush()
        fixture.clock.set(TraceFixture.noon + 4 * day)
        try fixture.storage.flush()
        #expect(try services(fixture) == ["audit", "eternal"])
        fixture.clock.set(TraceFixture.noon + 11 * day)
        // Spans as old as the longest rule are taken; those of other resources go with the next round.
        #expect(try fixture.append(batch(["shop", "eternal"], traces: 1, at: TraceFixture.noon + day, seed: 2)).acceptedSpans == 2)
        try fixture.storage.flush()
        #expect(try services(fixture) == ["eternal"])
        #expect(fixture.storage.statistics.blockSpans == 51)
        #expect(try fixture.storage.verify().isEmpty)
    }

    @Test func theFirstRuleCountsAndADayWithNothingLeftGoesAsAFile() throws {
        let day = TraceRetentionTests.day
        let fixture = try TraceFixture {
            $0.retentionRules = [TraceRetentionTests.rule("debug", day), TraceRetentionRule(keep: 2 * day) { _ in true }]
        }
        try fixture.append(batch(["debug", "shop"], traces: 20, at: TraceFixture.noon))
        try fixture.storage.flush()
        fixture.clock.set(TraceFixture.noon + 2 * day)
        try fixture.storage.flush()
        #expect(try services(fixture) == ["shop"])
        #expect(fixture.storage.statistics.shards == 1)
        fixture.clock.set(TraceFixture.noon + 3 * day)
        for _ in 0..<3 { try fixture.storage.maintain() }
        #expect(fixture.storage.statistics.shards == 0)
    }

    /// Random spans of some services over weeks, with seals, merges and restarts between, against a list of what was sent.
    @Test(arguments: 0..<3) func whatIsShownIsWhatTheRulesSay(round: Int) throws {
        let seed = UInt64.random(in: 0...1_000_000) &+ UInt64(round)
        var generator = SeededGenerator(seed: seed)
        let day = TraceRetentionTests.day
        let keeps: [String: UInt64?] = [
            "service-0": 5 * TraceRetentionTests.hour, "service-1": 2 * day, "service-2": 9 * day, "service-3": nil,
        ]
        let fixture = try TraceFixture {
            $0.headSpansMax = 60
            $0.blockSpansMax = 150
            $0.retention = 4 * day
            $0.retentionRules = keeps.sorted { $0.key < $1.key }.prefix(3).map { TraceRetentionTests.rule($0.key, $0.value) }
        }
        // Spans without a rule stay as long as their day; those of days that are over may be there until the next rest.
        var sent: [SpanBatch] = []
        func expected(atRest: Bool) -> [SpanBatch] {
            let now = fixture.clock.now
            return sent.map { batch in
                var batch = batch
                batch.spans.removeAll { span in
                    guard case .string(let service)? = batch.resources[span.resource].attributes[key: "service.name"] else { return false }
                    if let keep = keeps[service] ?? nil { return span.start < now - keep }
                    return span.start / day < (now - 4 * day) / day
                }
                return batch
            }
        }
        for step in 0..<40 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: try fixture.restart()
            case 1, 2: try fixture.storage.maintain()
            case 3, 4:
                fixture.clock.advance(seconds: UInt64.random(in: 0...40 * 3600, using: &generator))
                try fixture.storage.flush()
                let comment = "step \(step), seed \(seed)"
                try TableCheck(expected(atRest: true), comment).check(fixture.storage.tables(from: 0, through: .max))
                for id in Set(sent.flatMap(\.spans).map(\.traceID)).sorted().prefix(15) {
                    let left = expected(atRest: true).flatMap(\.spans).count { $0.traceID == id }
                    #expect(try fixture.storage.trace(id)?.spans.count ?? 0 == left, "\(comment): \(id.hexadecimal)")
                }
            default:
                var random = RandomSpans(seed: generator.next(), now: fixture.clock.now - UInt64.random(in: 0...3 * day, using: &generator))
                let batch = random.batch(traces: Int.random(in: 1...6, using: &generator))
                #expect(try fixture.append(batch).rejectedSpans == 0)
                sent.append(batch)
            }
        }
        #expect(try fixture.storage.verify().isEmpty, "seed \(seed)")
    }

    /// A process that dies while spans are taken out has every other span afterwards, and the rest goes at the next try.
    @Test func removalGoesOnAfterItWasCutOff() throws {
        let fixture = try TraceFixture {
            $0.blockSpansMax = 100
            $0.retentionRules = [TraceRetentionTests.rule("debug", TraceRetentionTests.day)]
        }
        let sent = batch(["debug", "shop"], traces: 300, at: TraceFixture.noon)
        try fixture.append(sent)
        try fixture.storage.flush()
        fixture.clock.set(TraceFixture.noon + 3 * TraceRetentionTests.day)
        // One step, then as after a kill: what is on the disk is copied while the storage is open, and opened from the copy.
        try fixture.storage.maintain()
        let dropped = fixture.storage.statistics.spansDropped
        #expect(dropped > 0 && dropped < 300)
        let copy = fixture.directory + "-copy"
        try FileManager.default.copyItem(atPath: fixture.directory, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let now = fixture.clock.now
        let storage = try TraceStorage(directory: copy, options: fixture.options, clock: { now })
        defer { try? storage.close() }
        var shop = sent
        shop.spans.removeAll { $0.resource == 0 }
        try TableCheck([shop], "cut off").check(storage.tables(from: 0, through: .max))
        try storage.flush()
        #expect(storage.statistics.blockSpans == 300)
        try TableCheck([shop], "in the end").check(storage.tables(from: 0, through: .max))
        #expect(try storage.verify().isEmpty)
    }
}
