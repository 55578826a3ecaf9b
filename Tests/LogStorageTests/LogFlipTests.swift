internal import Foundation
internal import LogStorage
internal import SQLiteSupport
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// A bit that flips in a shard is found; or it is one that nothing depends on, and every answer is as it was. Nothing traps.
struct LogFlipTests {
    @Test func `flipped bits are found or harmless`() throws {
        let seed = UInt64.random(in: 0...1_000_000)
        var random = RandomLogs(seed: seed)
        let fixture = try LogFixture()
        let batch = random.entries(600)
        try fixture.append(batch)
        try fixture.storage.flush()
        try fixture.storage.close()
        let name = "2026-11-22.sqlite"
        let shard = fixture.directory + "/" + name
        let sound = try Data(contentsOf: URL(fileURLWithPath: shard))
        let sums = try Data(contentsOf: URL(fileURLWithPath: shard + ".sums"))
        let report = try #require(LogStorageInspection.inspect(name, in: fixture.directory))
        #expect(report.isSound && report.entries == batch.count, "\(report.problems), seed \(seed)")
        var harmless = 0
        for round in 0..<60 {
            var damaged = sound
            let place = Int.random(in: 0..<damaged.count, using: &random.generator)
            damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &random.generator)
            try damaged.write(to: URL(fileURLWithPath: shard))
            // At rest, the checksums of the file tell of every bit.
            if round % 4 == 0 {
                try sums.write(to: URL(fileURLWithPath: shard + ".sums"))
                #expect(LogStorageInspection.inspect(name, in: fixture.directory)?.isSound == false, "byte \(place), seed \(seed)")
            }
            // Without them, those of the parts and the sum of the rows.
            try FileManager.default.removeItem(atPath: shard + ".sums")
            let report = try #require(LogStorageInspection.inspect(name, in: fixture.directory))
            if report.isSound {
                harmless += 1
                #expect(report.entries == batch.count, "byte \(place), seed \(seed)")
            }
            try sums.write(to: URL(fileURLWithPath: shard + ".sums"))
        }
        print("\(harmless) of 60 flipped bits were in bytes that nothing depends on")
        try sound.write(to: URL(fileURLWithPath: shard))
        #expect(LogStorageInspection.inspect(name, in: fixture.directory)?.isSound == true)
    }

    @Test func `damage is told and the rest serves on`() throws {
        let fixture = try LogFixture {
            $0.headEntriesMax = 1
            $0.blockEntriesMax = 40
        }
        var sent: [SentEntry] = []
        for part in 0..<2 {
            let entries = (0..<30).map { number in
                SentEntry(
                    labels: LabelSet([("part", "\(part)")]), time: LogFixture.noon + Int64(part) * LogFixture.hour + Int64(number),
                    line: [0xfe] + Array("unmistakable-\(part)".utf8) + [UInt8(number), 1, UInt8(number * 7 % 251), 2], metadata: LabelSet()
                )
            }
            try fixture.append(entries)
            try fixture.storage.maintain()
            sent += entries
        }
        try fixture.storage.close()
        let shard = fixture.directory + "/2026-11-22.sqlite"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: shard))
        let place = try #require(bytes.range(of: Data("unmistakable-0".utf8)))
        bytes[place.lowerBound] ^= 1
        try bytes.write(to: URL(fileURLWithPath: shard))
        try fixture.restart()
        let found = try fixture.tables().flatMap { (try? TableReading.entries($0)) ?? [] }
        #expect(Set(found) == Set(sent[30...]))
        #expect(fixture.events.contains("damaged"))
        #expect(try !fixture.storage.verify().isEmpty)
        #expect(throws: LogStorageError.self) { try fixture.storage.delete(matching: [], from: .min, to: .max) }
        // What can be read is deleted nevertheless.
        #expect(try fixture.tables().flatMap { (try? TableReading.entries($0)) ?? [] }.isEmpty)
    }

    @Test func `a newer format is refused`() throws {
        let fixture = try LogFixture()
        var random = RandomLogs(seed: 1)
        try fixture.append(random.entries(5))
        try fixture.storage.flush()
        try fixture.storage.close()
        let path = fixture.directory + "/2026-11-22.sqlite"
        let connection = try SQLiteConnection(path: path)
        try connection.execute("PRAGMA user_version = 99")
        try connection.close()
        try fixture.restart()
        #expect(try fixture.tables().isEmpty && fixture.events.contains("newer"))
    }
}
