internal import ByteCoding
internal import ColumnCoding
internal import Compression
internal import Foundation
internal import LogStorage
internal import SQLiteSupport
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Bytes that are wrong although their checksums hold: nothing traps, and whatever can be said is said.
struct LogFuzzTests {
    @Test func `parts of blocks with anything in them are refused or read`() throws {
        let seed = UInt64.random(in: 0...1_000_000)
        var random = RandomLogs(seed: seed)
        let fixture = try LogFixture()
        try fixture.append(random.entries(500))
        try fixture.storage.flush()
        try fixture.storage.close()
        let path = fixture.directory + "/2026-11-22.sqlite"
        let sound = try Data(contentsOf: URL(fileURLWithPath: path))
        try? FileManager.default.removeItem(atPath: path + ".sums")
        let (compressor, decompressor) = (try ZstdCompressor(), try ZstdDecompressor())
        var refused = 0
        for _ in 0..<120 {
            let connection = try SQLiteConnection(path: path)
            let count = try #require(try connection.integer("SELECT count(*) FROM part"))
            let id = try #require(try connection.integer("SELECT id FROM part LIMIT 1 OFFSET \(random.below(Int(count)))"))
            let select = try connection.statement("SELECT data FROM part WHERE id = ?1")
            select.bind(id, at: 1)
            _ = try select.step()
            let part = try DecodedPart(select.bytes(at: 0), decompressor)
            select.reset()
            var writer = PartWriter()
            (writer.soft, writer.hard) = (part.soft, part.hard)
            for _ in 0...random.below(3) {
                if !writer.soft.isEmpty, random.below(4) > 0 {
                    // Mostly near the front, where structure is.
                    let place = random.chance(2) ? random.below(min(writer.soft.count, 200)) : random.below(writer.soft.count)
                    writer.soft[place] = UInt8(random.below(256))
                } else if !writer.hard.isEmpty {
                    writer.hard.removeLast(random.below(min(3, writer.hard.count)))
                }
            }
            let update = try connection.statement("UPDATE part SET data = ?1 WHERE id = \(id)")
            try update.run(bytes: try writer.encoded(compressor), at: 1)
            try connection.close()
            try fixture.restart()
            do { try readEverything(fixture) } catch is LogStorageError { refused += 1 }
            _ = try fixture.storage.verify()
            try fixture.storage.close()
            try sound.write(to: URL(fileURLWithPath: path))
        }
        print("\(refused) of 120 changed parts were refused, seed \(seed)")
    }

    private func readEverything(_ fixture: LogFixture) throws {
        for table in try fixture.tables() {
            _ = try table.frame()
            let rows = (0..<Int32(table.rowCount)).map { $0 }
            // Few first: what is in memory as a whole is not read in parts.
            _ = try? table.lines(of: Array(rows.prefix(3)))
            _ = try? table.lines(of: Array(rows.suffix(12)))
            _ = try table.lines(of: rows)
            _ = try table.lineLengths()
            for name in try table.metadataNames() { _ = try table.metadata(name) }
            for (shape, document) in (try table.documents()?.shapes ?? []).enumerated() {
                for leaf in document.leaves.indices { _ = try table.leaf(leaf, ofShape: shape) }
            }
            for needle in ["a", "trace_id", "10.1", "0123456789abcdef", "2026-11"] {
                _ = try table.mayContain(Array(needle.utf8))
                _ = try table.rows(mayContain: Array(needle.utf8))
            }
        }
    }

    @Test func `journal entries with anything in them are told of and the others come back`() throws {
        let seed = UInt64.random(in: 0...1_000_000)
        var random = RandomLogs(seed: seed)
        let fixture = try LogFixture()
        let sent = random.entries(40)
        try fixture.append(sent)
        try fixture.storage.close()
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: fixture.directory).filter {
                $0.hasPrefix("journal-") && $0.hasSuffix(".sqlite")
            }.max())
        let connection = try SQLiteConnection(path: fixture.directory + "/" + name)
        let select = try connection.statement("SELECT payload FROM entry")
        _ = try select.step()
        let payload = select.bytes(at: 0)
        select.reset()
        // Version, checksum, number of entries (one byte), length of the body (two bytes or three), frame.
        var reader = ByteReader(payload)
        try reader.skip(5)
        let entries = try reader.readVarint()
        let length = Int(try reader.readVarint())
        let body = try ZstdDecompressor().decompress(payload, in: reader.position..<payload.count, limit: length)
        let compressor = try ZstdCompressor()
        for round in 0..<200 {
            var changed = body
            if round % 4 == 0 { changed.removeLast(random.below(changed.count)) }
            for _ in 0...random.below(3) where !changed.isEmpty { changed[random.below(changed.count)] = UInt8(random.below(256)) }
            var bytes: [UInt8] = [1, 0, 0, 0, 0]
            bytes.appendVarint(random.chance(10) ? UInt64(random.below(100_000)) : entries)
            bytes.appendVarint(count: changed.count)
            try compressor.compress(changed, into: &bytes)
            let sum = CRC32C.checksum(bytes, in: 5..<bytes.count)
            for shift in 0..<4 { bytes[1 + shift] = UInt8(truncatingIfNeeded: sum >> UInt32(shift * 8)) }
            let insert = try connection.statement("INSERT INTO entry (payload) VALUES (?1)")
            try insert.run(bytes: bytes, at: 1)
        }
        try connection.close()
        try fixture.restart()
        let found = Set(try TableReading.entries(fixture.tables()))
        #expect(found.isSuperset(of: sent), "seed \(seed)")
        try fixture.storage.flush()
        #expect(Set(try TableReading.entries(fixture.tables())).isSuperset(of: sent), "seed \(seed)")
    }
}
