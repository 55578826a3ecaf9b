internal import Foundation
internal import LogStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Lines come back byte for byte, whatever they are, once they lie in a block.
struct LineRoundTripTests {
    /// - Returns: the table of the block.
    @discardableResult
    private func check(_ lines: [[UInt8]], _ comment: String, step: Int64 = 1_000_000) throws -> any StoredLogTable {
        let fixture = try LogFixture()
        let labels = LabelSet([("service", "orders")])
        let entries = lines.enumerated().map { index, line in
            SentEntry(labels: labels, time: LogFixture.noon + Int64(index) * step, line: line, metadata: LabelSet())
        }
        try fixture.append(entries)
        try fixture.storage.flush()
        let tables = try fixture.tables()
        let table = try #require(tables.count == 1 ? tables[0] : nil, "\(comment)")
        let found = try TableReading.entries(table)
        for (sent, found) in zip(entries, found) where sent != found {
            Issue.record(
                "\(comment): \(String(decoding: sent.line, as: UTF8.self)) came back as \(String(decoding: found.line, as: UTF8.self))")
        }
        #expect(found.count == entries.count, "\(comment)")
        #expect(try table.lineLengths().map { Int($0) } == lines.map(\.count), "\(comment)")
        #expect(try fixture.storage.verify() == [], "\(comment)")
        return table
    }

    @Test func `numbers come back with all their digits`() throws {
        let numbers = [
            "0", "00", "007", "7", "1.0", "1.50", "01.5", "1.", ".5", "1.2.3", "1.2.3.4", "999999999999999999", "9999999999999999999",
            "123456789012345678901", "0.000000000000000001", "12.5ms", "12ms", "1e5", "-3", "+4", "1,000", "0x1f", "5.5.", "10.0.0.1:80",
        ]
        for number in numbers { try check((0..<40).map { Array("value \(number) is \($0)".utf8) }, number) }
        var generator = SeededGenerator(seed: 9)
        try check((0..<300).map { _ in Array("v=\(numbers.randomElement(using: &generator) ?? "")".utf8) }, "all")
        try check(
            (0..<300).map { _ in
                Array(#"{"v":\#(["1", "1.5", "0.25", "12.0", "-1", "1e9", "1.50"].randomElement(using: &generator) ?? "")}"#.utf8)
            }, "JSON")
    }

    @Test func `times that are the entry's own cost nothing and others come back`() throws {
        let stamps = [
            "2026-11-22T12:00:00Z", "2026-11-22 12:00:00,123", "2026-11-22T12:00:00.1234567890Z", "2026-02-30T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-11-22T24:00:00Z", "2026-11-22T23:59:60Z", "9999-12-31T23:59:59.999999999Z", "2026-11-22t12:00:00.5+02:00",
            "2026-11-22T12:00:00.",
            "2262-04-11T23:47:16.854775807Z", "1970-01-01T00:00:00.000000001Z",
        ]
        for stamp in stamps { try check((0..<40).map { Array("\(stamp) event \($0)".utf8) }, stamp) }
    }

    @Test func `ids of every length and case come back`() throws {
        var random = RandomLogs(seed: 4)
        for digits in [7, 8, 11, 12, 16, 17, 24, 31, 32, 33, 40, 64] {
            let ids = (0..<700).map { _ in random.hex(digits) }
            try check(ids.map { Array("id \($0)".utf8) }, "\(digits) digits")
            try check(ids.map { Array(#"{"id":"\#($0.uppercased())"}"#.utf8) }, "\(digits) upper digits")
            try check(
                (0..<1400).map { Array(#"{"id":"\#(ids[$0 / 3])","n":\#($0),"user":"us-\#(ids[$0 / 3].hashValue & 0xffff)"}"#.utf8) },
                "repeated")
        }
        let uuids = (0..<400).map { _ in "\(random.hex(8))-\(random.hex(4))-\(random.hex(4))-\(random.hex(4))-\(random.hex(12))" }
        try check(uuids.map { Array("request \($0) done".utf8) }, "UUIDs")
        try check(
            uuids.enumerated().map { Array("request \($0.isMultiple(of: 2) ? $1 : $1.uppercased()) done".utf8) }, "UUIDs of both cases")
    }

    @Test(arguments: 0..<6) func `lines of all kinds come back`(round: Int) throws {
        let seed = UInt64.random(in: 0...1_000_000) &+ UInt64(round)
        var random = RandomLogs(seed: seed)
        let lines = random.entries(400).map(\.line)
        try check(lines, "seed \(seed)")
        // Damaged here and there.
        let damaged = lines.map { line -> [UInt8] in
            var line = line
            for _ in 0..<random.below(3) where !line.isEmpty { line[random.below(line.count)] = UInt8(random.below(256)) }
            return line
        }
        try check(damaged, "damaged, seed \(seed)")
    }

    @Test func `every truncation of a line comes back`() throws {
        let line = Array(#"{"ts":"2026-11-22T12:00:00.123456Z","a":{"b":[1,2,{"c":null}]},"s":"q\"\u00e9☕","n":-1.5e3,"t":true}"#.utf8)
        try check((0...line.count).map { Array(line[..<$0]) }, "truncations")
    }

    @Test func `a long line and many shapes come back`() throws {
        var lines: [[UInt8]] = (0..<1500).map { Array(#"{"key-\#($0)":\#($0)}"#.utf8) }
        lines.append(Array(String(repeating: "long 17 ", count: 200_000).utf8))
        lines.append(Array(("{" + (0..<600).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}").utf8))
        try check(lines, "many shapes")
    }

    @Test func `lines of requests take few bytes`() throws {
        var random = RandomLogs(seed: 5)
        var entries: [SentEntry] = []
        while entries.count < 20_000 { entries += random.entries(1000).filter { $0.line.starts(with: Array("{\"ts\"".utf8)) } }
        let fixture = try LogFixture()
        try fixture.append(entries)
        try fixture.storage.flush()
        let statistics = fixture.storage.statistics
        let bytes = Double(statistics.blockBytes) / Double(statistics.blockEntries)
        print("\(bytes) bytes an entry")
        // Half of it is ids, which nothing makes smaller.
        #expect(bytes < 45)
    }
}
