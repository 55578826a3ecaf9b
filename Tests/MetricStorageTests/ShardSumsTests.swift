internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Checksums of shards at rest: whichever bit of a file flips, it is found; and a shard that changes has none.
@Suite struct ShardSumsTests {
    private let shardName = "2026-11-22.sqlite"
    private let pageBytes = 4096

    private func filled() throws -> StorageFixture {
        let fixture = try StorageFixture()
        for series in 0..<30 {
            try fixture.append(
                ["__name__": "metric", "number": "\(series)"],
                (0..<40).map { (StorageFixture.noon - Int64($0) * 15_000, Double($0 * series)) })
        }
        return fixture
    }

    @Test func anyFlippedBitIsFound() throws {
        var generator = SeededGenerator(seed: 5)
        let fixture = try filled()
        try fixture.storage.flush()
        try fixture.storage.close()
        let path = fixture.directory + "/" + shardName
        let sound = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(StorageInspection.inspect(shardName, in: fixture.directory)?.isSound == true)
        // SQLite's header, the head and the end of every page, and places anywhere.
        var places = Set(0..<100)
        for page in 0..<sound.count / pageBytes {
            places.formUnion([0, 1, 3, 5, 7, 8, 12, 40, pageBytes - 1].map { page * pageBytes + $0 })
        }
        for _ in 0..<100 { places.insert(Int.random(in: 0..<sound.count, using: &generator)) }
        for place in places.sorted() {
            var damaged = sound
            damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            try damaged.write(to: URL(fileURLWithPath: path))
            let report = try #require(StorageInspection.inspect(shardName, in: fixture.directory))
            let page = place / pageBytes
            #expect(report.problems.first?.hasPrefix("bytes \(page * pageBytes) to ") == true, "byte \(place): \(report.problems)")
        }
        for length in [sound.count - 1, sound.count - pageBytes, 0] {
            try sound.prefix(length).write(to: URL(fileURLWithPath: path))
            #expect(StorageInspection.inspect(shardName, in: fixture.directory)?.isSound == false, "cut to \(length)")
        }
        try (sound + Data(count: 1)).write(to: URL(fileURLWithPath: path))
        #expect(StorageInspection.inspect(shardName, in: fixture.directory)?.isSound == false, "one byte longer")
        try sound.write(to: URL(fileURLWithPath: path))
        #expect(StorageInspection.inspect(shardName, in: fixture.directory)?.isSound == true)
    }

    @Test func flippedBitsInTheChecksumsAreFound() throws {
        let fixture = try filled()
        try fixture.storage.flush()
        let path = fixture.directory + "/" + shardName + ".sums"
        let sound = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in sound.indices {
            var damaged = sound
            damaged[place] ^= 0x20
            try damaged.write(to: URL(fileURLWithPath: path))
            #expect(StorageInspection.inspect(shardName, in: fixture.directory)?.isSound == false, "byte \(place)")
        }
        try sound.write(to: URL(fileURLWithPath: path))
        #expect(try fixture.storage.verify().isEmpty)
    }

    @Test func aShardThatIsWrittenHasNone() throws {
        let fixture = try filled()
        let path = fixture.directory + "/" + shardName + ".sums"
        func hasSums() -> Bool { FileManager.default.fileExists(atPath: path) }
        #expect(!hasSums())
        try fixture.storage.flush()
        #expect(hasSums())
        // Opening and closing change nothing.
        for _ in 0..<2 {
            try fixture.restart()
            _ = try fixture.read()
            #expect(try hasSums() && fixture.storage.verify().isEmpty)
        }
        try fixture.storage.delete([LabelMatcher("number", equals: "3")], in: .all)
        #expect(!hasSums())
        try fixture.storage.flush()
        #expect(try hasSums() && fixture.storage.verify().isEmpty)
        try fixture.append(["__name__": "late"], [(StorageFixture.noon, 1)])
        #expect(hasSums())
        fixture.clock.advance(2 * 3_600_000)
        try fixture.storage.maintain()
        #expect(try !hasSums() && fixture.storage.verify().isEmpty)
        // A day that is over gets them by itself.
        fixture.clock.advance(2 * 86_400_000)
        try fixture.storage.maintain()
        fixture.clock.advance(3_600_000)
        try fixture.storage.maintain()
        #expect(try hasSums() && fixture.storage.verify().isEmpty)
    }
}
