internal import Collector
internal import Foundation
internal import MetricStorage
internal import SQLiteSupport
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
