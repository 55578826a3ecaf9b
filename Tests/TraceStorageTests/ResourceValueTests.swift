internal import TelemetryModel
internal import TestSupport
internal import Testing
internal import TraceStorage

/// Which values an attribute of resources has, against a list of what was sent.
struct ResourceValueTests {
    @Test(arguments: 0..<4) func valuesAreThoseOfTheSpansThatAreShown(round: Int) throws {
        let seed = UInt64.random(in: 0...1_000_000) &+ UInt64(round)
        var random = RandomSpans(seed: seed)
        let keep: UInt64 = 30 * 60_000_000_000
        let fixture = try TraceFixture {
            $0.headSpansMax = 60
            $0.blockSpansMax = 150
            if round % 2 == 0 {
                $0.retentionRules = [TraceRetentionRule(keep: keep) { $0[key: "service.name"] == .string("service-1") }]
            }
        }
        var sent: [(resource: ResourceRecord, start: UInt64)] = []
        for step in 0..<40 {
            switch Int.random(in: 0..<8, using: &random.generator) {
            case 0: try fixture.storage.flush()
            case 1: try fixture.restart()
            case 2: try fixture.storage.maintain()
            default:
                fixture.clock.advance(seconds: 300)
                random.now = fixture.clock.now
                let batch = random.batch(traces: 1)
                try fixture.append(batch)
                sent += batch.spans.map { (batch.resources[$0.resource], $0.start) }
            }
            let shown = sent.filter { resource, start in
                let isBrief = round % 2 == 0 && resource.serviceName == "service-1"
                return !isBrief || start >= fixture.clock.now - keep
            }
            for key in ["service.name", "db.rows"] {
                let expected = Set(shown.map { $0.resource.attributes[key: key] })
                #expect(try fixture.storage.resourceValues(of: key) == expected, "\(key), step \(step), seed \(seed)")
            }
        }
    }
}
