internal import Collector
internal import Foundation
internal import LogStorage
internal import MetricStorage
internal import SQLiteSupport
internal import TelemetryModel
internal import Testing

/// `perch storage sql`.
@Suite struct StorageQueryTests {
    private let fixture = try? DataDirectoryFixture()

    private func run(
        _ paths: [String], _ sql: String, _ remarks: OutputLines = OutputLines()
    ) throws -> (rows: [[SQLiteValue]], isWhole: Bool) {
        var rows: [[SQLiteValue]] = []
        let query = try StorageQuery(paths: paths, remark: { remarks.appendLine($0) })
        let isWhole = try query.run(sql, columns: { _ in }, row: { rows.append($0) })
        return (rows, isWhole)
    }

    private func failure(_ paths: [String], _ sql: String) -> StorageCommandError? {
        do {
            _ = try run(paths, sql)
            return nil
        } catch { return error as? StorageCommandError }
    }

    @Test func aRunningServersDirectoryIsAnswered() throws {
        let fixture = try #require(fixture)
        try fixture.fill()
        let storage = try fixture.open(fixture.data)
        defer { try? storage.close() }
        try storage.flush()
        let sql = "SELECT count(*), count(DISTINCT labels) FROM samples"
        for path in [fixture.data, fixture.data + "/metrics"] {
            #expect(try run([path], sql).rows == [[.integer(8000), .integer(40)]])
        }
        let selected = try run([fixture.data], #"SELECT count(*) FROM samples('load{host=~"h1.?"}')"#)
        #expect(selected.rows == [[.integer(11 * 200)]])
    }

    @Test func logsAreAnsweredBesideMetrics() throws {
        let fixture = try #require(fixture)
        try fixture.fill()
        var options = LogStorageOptions()
        options.runsInBackground = false
        let noon = DataDirectoryFixture.noon * 1_000_000
        let storage = try LogStorage(directory: fixture.data + "/logs", options: options, clock: { noon })
        var batch = LogBatch()
        for service in ["orders", "users"] {
            batch.beginPart(LabelSet([("service", service)]))
            for number in 0..<5 {
                batch.append(time: noon - Int64(number), line: Array("\(service) \(number)".utf8), metadata: LabelSet([("k", "v")]).packed)
            }
        }
        _ = try storage.append(batch)
        try storage.flush()
        let sql = "SELECT line, metadata ->> 'k' FROM lines('{service=\"users\"}', \(noon - 1)) ORDER BY time"
        #expect(try run([fixture.data], sql).rows == [[.text("users 1"), .text("v")], [.text("users 0"), .text("v")]])
        #expect(try run([fixture.data + "/logs"], "SELECT count(*) FROM lines").rows == [[.integer(10)]])
        let both = try run([fixture.data], "SELECT (SELECT count(*) FROM samples) > 0, (SELECT count(*) FROM streams)")
        #expect(both.rows == [[.integer(1), .integer(2)]])
        let file = fixture.data + "/logs/2026-11-22.sqlite"
        #expect(
            try run([file], "SELECT (SELECT sum(items) FROM page), (SELECT sum(lines) FROM blocks)").rows == [[.integer(10), .integer(10)]])
        #expect(failure([file], "SELECT * FROM lines('{service=\"users\"} | json')")?.message.contains("without stages") == true)
        try storage.close()
    }

    @Test func wrongUseIsToldWithItsPlace() throws {
        let fixture = try #require(fixture)
        try fixture.fill()
        let data = [fixture.data]
        #expect(failure([fixture.root + "/nothing"], "SELECT 1")?.status == 2)
        #expect(failure([fixture.root], "SELECT 1")?.message.hasSuffix("there are no shards in this folder") == true)
        let wrong = failure(data, "SELECT 1,\n  nowhere FROM samples")
        #expect(wrong == StorageCommandError("SQL, line 2, column 3: no such column: nowhere", status: 2))
        #expect(failure(data, "CREATE TABLE t(a)")?.message.contains("only statements that read") == true)
        #expect(failure(data, "SELECT * FROM samples('load{')")?.message.hasPrefix("SQL: selector load{: ") == true)
    }

    @Test func aBrokenPageIsAGap() throws {
        let fixture = try #require(fixture)
        try fixture.fill()
        let shard = try #require(try fixture.names(fixture.data + "/metrics").first { $0.hasPrefix("2026") && $0.hasSuffix(".sqlite") })
        let path = fixture.data + "/metrics/" + shard
        let connection = try SQLiteConnection(path: path)
        try connection.execute("UPDATE page SET data = substr(data, 1, 60)")
        try connection.close()
        let remarks = OutputLines()
        let answer = try run([fixture.data], "SELECT count(*) FROM samples", remarks)
        #expect(!answer.isWhole)
        #expect(remarks.all.first?.hasPrefix("warning: \(path): page ") == true)
        #expect(answer.rows != [[.integer(0)]])
    }
}
