internal import Foundation
internal import TelemetryModel
internal import TestSupport
internal import Testing
internal import TraceStorage

/// A bit that flips in a shard is found; or it is one that nothing depends on, and every answer is as it was. Nothing traps.
struct TraceFlipTests {
    @Test func flippedBitsAreFoundOrHarmless() throws {
        let seed = UInt64.random(in: 0...1_000_000)
        var random = RandomSpans(seed: seed)
        let fixture = try TraceFixture()
        let batch = random.batch(traces: 60)
        try fixture.append(batch)
        try fixture.storage.flush()
        try fixture.storage.close()
        let name = "2026-11-22.sqlite"
        let shard = fixture.directory + "/" + name
        let sound = try Data(contentsOf: URL(fileURLWithPath: shard))
        let sums = try Data(contentsOf: URL(fileURLWithPath: shard + ".sums"))
        let report = try #require(TraceStorageInspection.inspect(name, in: fixture.directory))
        #expect(report.isSound && report.spans == batch.spans.count, "\(report.problems), seed \(seed)")
        var harmless = 0
        for round in 0..<80 {
            var damaged = sound
            let place = Int.random(in: 0..<damaged.count, using: &random.generator)
            damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &random.generator)
            try damaged.write(to: URL(fileURLWithPath: shard))
            // At rest, the checksums of the file tell of every bit.
            if round % 4 == 0 {
                try sums.write(to: URL(fileURLWithPath: shard + ".sums"))
                #expect(TraceStorageInspection.inspect(name, in: fixture.directory)?.isSound == false, "byte \(place), seed \(seed)")
            }
            // Without them, those of the parts and the sum of the rows.
            try FileManager.default.removeItem(atPath: shard + ".sums")
            let report = try #require(TraceStorageInspection.inspect(name, in: fixture.directory))
            if report.isSound {
                harmless += 1
                #expect(report.spans == batch.spans.count, "byte \(place), seed \(seed)")
            }
            try sums.write(to: URL(fileURLWithPath: shard + ".sums"))
        }
        print("\(harmless) of 80 flipped bits were in bytes that nothing depends on")
        try sound.write(to: URL(fileURLWithPath: shard))
        #expect(TraceStorageInspection.inspect(name, in: fixture.directory)?.isSound == true)
    }

    @Test func damageIsToldAndTheRestServesOn() throws {
        let fixture = try TraceFixture {
            $0.headSpansMax = 1
            $0.blockSpansMax = 40
        }
        var random = RandomSpans(seed: 3)
        var batches: [SpanBatch] = []
        for _ in 0..<2 {
            batches.append(random.batch(traces: 20))
            try fixture.append(batches[batches.count - 1])
            try fixture.storage.maintain()
            random.now += 3_600_000_000_000
        }
        try fixture.storage.close()
        let shard = fixture.directory + "/2026-11-22.sqlite"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: shard))
        // One of the span ids, which lie in the file as they are.
        let id = withUnsafeBytes(of: batches[0].spans[0].spanID.bits.littleEndian) { Data($0) }
        let place = try #require(bytes.range(of: id))
        bytes[place.lowerBound] ^= 1
        try bytes.write(to: URL(fileURLWithPath: shard))
        try fixture.restart()
        #expect(throws: TraceStorageError.self) { try fixture.storage.trace(batches[0].spans[0].traceID) }
        #expect(try fixture.storage.trace(batches[1].spans[0].traceID) != nil)
        #expect(fixture.events.contains("damaged"))
        #expect(try !fixture.storage.verify().isEmpty)
    }
}
