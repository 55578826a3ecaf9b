internal import Foundation
internal import LabelMatching
internal import LogStorage
internal import SQLiteSupport
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// SQL over shards of logs, while the storage is open.
struct LogQueryTablesTests {
    private let fixture: LogFixture
    private let entries: [SentEntry]

    init() throws {
        var random = RandomLogs(seed: 90)
        var entries = random.entries(900)
        for index in entries.indices where index % 3 == 0 { entries[index].time -= LogFixture.day }
        fixture = try LogFixture()
        try fixture.append(entries)
        try fixture.storage.flush()
        // Copies of what is in a block, sealed and not merged.
        try fixture.append(Array(entries.prefix(50)))
        fixture.clock.advance(LogFixture.hour)
        try fixture.storage.maintain()
        var seen: Set<SentEntry> = []
        self.entries = entries.filter { seen.insert($0).inserted }
    }

    private func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.directory).filter { LogStorageInspection.kind(ofName: $0) == .shard }
            .sorted().map { fixture.directory + "/" + $0 }
    }

    private func rows(_ sql: String, warn: @escaping (String) -> Void = { Issue.record("\($0)") }) throws -> [[SQLiteValue]] {
        let connection = try SQLiteConnection(path: ":memory:")
        let parse: (String) throws -> [LabelMatcher] = { [LabelMatcher("service", equals: $0)] }
        for table in try LogQueryTables.tables(ofFiles: files(), parse: parse, warn: warn) { try connection.add(table) }
        let statement = try connection.singleStatement(sql)
        var rows: [[SQLiteValue]] = []
        while try statement.step() { rows.append(statement.columnNames.indices.map { statement.value(at: Int32($0)) }) }
        return rows
    }

    private func value(_ line: [UInt8]) -> SQLiteValue { String(validating: line, as: UTF8.self).map { .text($0) } ?? .blob(line) }

    @Test func `every line is there once, with what belongs to it`() throws {
        #expect(try files().count == 2)
        struct Row: Hashable {
            var labels: SQLiteValue
            var time: SQLiteValue
            var line: SQLiteValue
            var metadata: SQLiteValue
        }
        func json(_ labels: LabelSet) throws -> SQLiteValue {
            let members = labels.map { "\"\($0.name)\":\"\($0.value)\"" }
            return .text("{" + members.joined(separator: ",") + "}")
        }
        let found = try rows("SELECT labels, time, line, metadata FROM lines").map {
            Row(labels: $0[0], time: $0[1], line: $0[2], metadata: $0[3])
        }
        let expected = try entries.map {
            Row(labels: try json($0.labels), time: .integer($0.time), line: value($0.line), metadata: try json($0.metadata))
        }
        #expect(found.count == expected.count)
        #expect(Set(found).symmetricDifference(expected).isEmpty)
    }

    @Test func `arguments and conditions leave out the rest`() throws {
        let times = entries.map(\.time).sorted()
        let (start, end) = (times[times.count / 3], times[times.count / 3 * 2])
        func count(_ isWanted: (SentEntry) -> Bool) -> [[SQLiteValue]] { [[.integer(Int64(entries.count(where: isWanted)))]] }
        let own = count { $0.labels["service"] == "orders" && $0.time >= start && $0.time <= end }
        #expect(try rows("SELECT count(*) FROM lines('orders', \(start), \(end))") == own)
        #expect(
            try rows("SELECT count(*) FROM lines WHERE labels ->> 'service' = 'orders' AND time BETWEEN \(start) AND \(end)") == own)
        #expect(try rows("SELECT count(*) FROM lines(NULL, NULL, \(start))") == count { $0.time <= start })
        #expect(
            try rows("SELECT count(*) FROM lines WHERE shard = '2026-11-21.sqlite'")
                == count { $0.time < LogFixture.noon - LogFixture.hour * 12 })
        #expect(try rows("SELECT count(*) FROM lines WHERE time > 'x'") == [[.integer(0)]])
        #expect(throws: (any Error).self) { try rows("SELECT count(*) FROM lines(NULL, 'yesterday')") }
    }

    @Test func `streams and blocks are listed`() throws {
        let streams = try rows("SELECT DISTINCT labels FROM streams")
        #expect(streams.count == Set(entries.map(\.labels)).count)
        #expect(try rows("SELECT sum(lines) = (SELECT sum(lines) FROM streams), count(*) > 2 FROM blocks") == [[.integer(1), .integer(1)]])
    }

    @Test func `a damaged block is told of and the others are answered`() throws {
        let path = try files()[1]
        try fixture.storage.close()
        let connection = try SQLiteConnection(path: path)
        try connection.execute("UPDATE page SET data = zeroblob(40) WHERE id = (SELECT min(id) FROM page)")
        try connection.close()
        var warnings: [String] = []
        let found = try rows("SELECT count(*) FROM lines", warn: { warnings.append($0) })
        #expect(warnings.count == 1 && warnings[0].contains("block 1 cannot be read"))
        #expect(found != [[.integer(0)]] && found != [[.integer(Int64(entries.count))]])
        #expect(throws: LogStorageError.self) {
            try LogQueryTables.tables(ofFiles: [fixture.directory + "/lock"], parse: { _ in [] }, warn: { _ in })
        }
    }
}
