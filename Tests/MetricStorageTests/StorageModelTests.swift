internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Random operations against the storage and against a plain dictionary, compared over and over.
@Suite struct StorageModelTests {
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func everyOperationAgreesWithADictionary(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = try StorageFixture { $0.pageCacheBytesMax = 1 << 16 }
        var model: [LabelSet: [Timestamp: UInt64]] = [:]
        var log: [String] = []
        for step in 0..<60 {
            let operation = Int.random(in: 0..<100, using: &generator)
            switch operation {
            case 0..<62: try append(fixture, &model, &generator)
            case 62..<69: log.append("\(step) delete \(try delete(fixture, &model, &generator))")
            case 69: try fixture.storage.eraseDeleted()
            case 70..<80:
                log.append("\(step) flush")
                try fixture.storage.flush()
            case 80..<88:
                log.append("\(step) restart")
                try fixture.restart()
            default:
                log.append("\(step) maintain")
                fixture.clock.advance(Int64.random(in: 0...3_600_000, using: &generator))
                try fixture.storage.maintain()
            }
            if step % 7 == 0 {
                #expect(try fixture.read() == model, "seed \(seed), step \(step), after \(log)")
                try compareRange(fixture, model, &generator, "seed \(seed), step \(step)")
            }
        }
        try fixture.restart()
        #expect(try fixture.read() == model, "seed \(seed), at the end, after \(log)")
    }

    private func append(
        _ fixture: StorageFixture, _ model: inout [LabelSet: [Timestamp: UInt64]], _ generator: inout SeededGenerator
    ) throws {
        var batch = MetricBatch()
        for _ in 0..<Int.random(in: 1...40, using: &generator) {
            let labels: LabelSet = [
                "__name__": "metric_\(Int.random(in: 0..<8, using: &generator))",
                "instance": "host-\(Int.random(in: 0..<60, using: &generator))",
            ]
            batch.beginSeries(labels)
            // Mostly now, sometimes days ago.
            let isLate = Int.random(in: 0..<10, using: &generator) == 0
            let age = isLate ? Int64.random(in: 0...3 * 86_400_000, using: &generator) : Int64.random(in: 0...60_000, using: &generator)
            var time = (fixture.clock.now - age) / 1000 * 1000
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let value = Double(bitPattern: generator.next() >> UInt64.random(in: 0...63, using: &generator))
                batch.append(timestamp: time, value: value)
                model[labels, default: [:]][time] = value.bitPattern
                time += Int64.random(in: -1...3, using: &generator) * 1000
            }
        }
        let result = try fixture.storage.append(batch)
        #expect(result.rejected.isEmpty)
        #expect(result.samplesWritten == batch.sampleCount)
        fixture.clock.advance(15_000)
    }

    private func delete(
        _ fixture: StorageFixture, _ model: inout [LabelSet: [Timestamp: UInt64]], _ generator: inout SeededGenerator
    ) throws -> String {
        var matchers = [LabelMatcher("__name__", equals: "metric_\(Int.random(in: 0..<8, using: &generator))")]
        if Bool.random(using: &generator) { matchers.append(try LabelMatcher("instance", .matches, "host-[1-3].*")) }
        var range = TimeRange.all
        if Bool.random(using: &generator) {
            range.start = fixture.clock.now - Int64.random(in: 0...2 * 86_400_000, using: &generator)
            range.end = range.start + Int64.random(in: 0...86_400_000, using: &generator)
        }
        try fixture.storage.delete(matchers, in: range)
        for labels in model.keys where matchers.allSatisfy({ $0.matches(labels) }) {
            let left = (model[labels] ?? [:]).filter { !range.contains($0.key) }
            model[labels] = left.isEmpty ? nil : left
        }
        #expect(Set(try fixture.storage.series([])) == Set(model.keys))
        return "\(matchers) in \(range)"
    }

    private func compareRange(
        _ fixture: StorageFixture, _ model: [LabelSet: [Timestamp: UInt64]], _ generator: inout SeededGenerator, _ comment: String
    ) throws {
        let start = fixture.clock.now - Int64.random(in: 0...86_400_000, using: &generator)
        let range = TimeRange(start: start, end: start + Int64.random(in: 0...86_400_000, using: &generator))
        let name = "metric_\(Int.random(in: 0..<8, using: &generator))"
        let matchers = [LabelMatcher("__name__", equals: name), try LabelMatcher("instance", .notMatches, "host-[1-3].*")]
        var expected: [LabelSet: [Timestamp: UInt64]] = [:]
        for (labels, samples) in model where matchers.allSatisfy({ $0.matches(labels) }) {
            let inRange = samples.filter { range.contains($0.key) }
            if !inRange.isEmpty { expected[labels] = inRange }
        }
        #expect(try fixture.read(matchers, in: range) == expected, "\(comment), range \(range)")
    }
}
