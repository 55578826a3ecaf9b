internal import ColumnCoding
internal import Compression
internal import Foundation
internal import SQLiteSupport
internal import ShardStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import LogStorage

/// Few lines of a block are read without the rest, and are the same.
struct FewLinesTests {
    @Test(arguments: 0..<4)
    func `lines are the same however many are asked for`(seed: UInt64) throws {
        var random = RandomLogs(seed: seed + 700)
        // Without a cache nothing is known from a question before.
        let fixture = try LogFixture { $0.columnCacheBytesMax = 0 }
        var entries = random.entries(1500)
        if seed == 1 { entries.removeAll { !$0.line.starts(with: Array("{\"ts\"".utf8)) } }
        if seed == 2 { for index in entries.indices { entries[index].time = LogFixture.noon } }
        try fixture.append(entries)
        try fixture.storage.flush()
        for table in try fixture.tables() {
            let all = try table.lines(of: (0..<Int32(table.rowCount)).map { $0 })
            for _ in 0..<24 {
                let count = 1 + random.below(max(1, table.rowCount / 40))
                let rows = Set((0..<count).map { _ in Int32(random.below(table.rowCount)) }).sorted()
                let some = try table.lines(of: rows)
                #expect(some.count == rows.count)
                for (index, row) in rows.enumerated() where some.bytes[some.range(index)] != all.bytes[all.range(Int(row))] {
                    Issue.record("seed \(seed), row \(row): \(some.string(index)) instead of \(all.string(Int(row)))")
                }
            }
        }
    }

    @Test func `an id is found where it is, in the line and in metadata that follow from it`() throws {
        var random = RandomLogs(seed: 31)
        let fixture = try LogFixture { $0.columnCacheBytesMax = 0 }
        let labels = LabelSet([("service", "orders")])
        var entries: [SentEntry] = []
        for number in 0..<600 {
            let (trace, user) = (random.hex(32), random.below(100_000))
            for part in 0..<3 {
                let line = "{\"trace_id\":\"\(trace)\",\"user\":\"us-\(user)\",\"part\":\(part),\"at\":\"\(random.hex(16))\"}"
                let time = LogFixture.noon + Int64(number) * 1000 + Int64(random.below(5000))
                entries.append(SentEntry(labels: labels, time: time, line: Array(line.utf8), metadata: LabelSet([("trace", trace)])))
            }
        }
        try fixture.append(entries)
        try fixture.storage.flush()
        let table = try #require(try fixture.tables().first)
        for entry in entries where random.chance(40) {
            let needle = Array(entry.line[13..<45])
            let rows = try #require(try table.rows(mayContain: needle))
            let found = try table.lines(of: rows)
            let expected = entries.filter { Array($0.line[13..<45]) == needle }
            #expect(Set((0..<found.count).map { Array(found.bytes[found.range($0)]) }) == Set(expected.map(\.line)))
        }
    }

    @Test func `ranks and places are those of the whole order of time`() {
        var random = RandomLogs(seed: 5)
        for round in 0..<40 {
            let spread = [1, 7, 5000, 1 << 40][round % 4]
            var times = (0..<1 + random.below(400)).map { _ in Int64(random.below(spread)) - Int64(spread / 2) }
            if round % 8 == 7 { times[0] = .min }
            if round % 16 == 15 { times[times.count - 1] = .max }
            let order = TimeOrder.rows(times).map { Int($0) }
            let buckets = TimeBuckets(times, within: (times.min() ?? 0)...(times.max() ?? 0))
            let places = times.indices.filter { _ in random.chance(3) }
            let ranks = TimeOrder.ranks(of: places, times, buckets)
            #expect(ranks.map { order[$0] } == places)
            #expect(TimeOrder.places(atRanks: ranks, times, buckets) == places)
        }
    }

    @Test func `lengths of lines are those of a block without them`() throws {
        var random = RandomLogs(seed: 77)
        let fixture = try LogFixture()
        try fixture.append(random.entries(1000))
        try fixture.storage.flush()
        try fixture.storage.close()
        let inspection = try ShardInspection(path: fixture.directory + "/2026-11-22.sqlite", signal: LogStorage.signal)
        let decompressor = try ZstdDecompressor()
        for page in inspection.contents.pages {
            let directory = try BlockDirectory(decoding: #require(try inspection.reader.page(page.id)))
            var parts: [(number: Int, bytes: [UInt8])] = []
            for entry in directory.entries {
                let bytes = try entry.place.map { directory.inlineBytes($0) } ?? inspection.reader.part(entry.number, ofPage: page.id)
                parts.append((entry.number, try #require(bytes)))
            }
            func source(_ parts: [(number: Int, bytes: [UInt8])]) throws -> BlockSource {
                var decoded: [Int: DecodedPart] = [:]
                for part in parts { decoded[part.number] = try DecodedPart(part.bytes, decompressor) }
                return BlockSource(
                    PartsInHand(parts: decoded, bytes: 0, directory: BlockDirectory(summary: directory.summary, parts: parts)))
            }
            #expect(parts.contains { $0.number == PartNumber.lengths })
            let older = try source(parts.filter { $0.number != PartNumber.lengths })
            #expect(try older.lineLengths() == source(parts).lineLengths())
        }
    }
}
