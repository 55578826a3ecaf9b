internal import ArgumentParser
internal import Collector
internal import CommandLineClient
internal import Foundation
internal import SQLiteSupport

extension Storage {
    struct SQL: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "sql",
            abstract: "Ask shard files with SQL.",
            discussion: """
                Opens shards, or the shards of a folder or data directory, for reading, each as
                it is at this moment; a server may run on them. What is in the journal still is
                not seen; POST /-/flush brings it into shards. Tables over all files:

                  samples    shard, series, metric, labels (JSON), time (ms), value,
                             histogram (JSON); hidden: bits
                  buckets    shard, series, metric, labels, time, lower, upper, count: of
                             native histograms
                  exemplars  shard, series, metric, labels, time, value, exemplar (JSON)
                  series     shard, series, metric, labels
                  labels     shard, series, name, value
                  pages      shard, id, seal, level, first_series, last_series, min_time,
                             max_time, items, bytes

                Of logs:

                  lines      shard, labels (JSON), time (ns), line, metadata (JSON)
                  streams    shard, labels, lines, first, last (ns)
                  blocks     shard, id, seal, level, streams, min_time, max_time, lines, bytes

                samples and buckets take arguments: samples('{job="node"}', since, until), times
                in milliseconds; each may be left out from the right, or be NULL. These, and
                conditions on shard, series, metric and time, are looked up: only pages that
                overlap are read. So does lines: lines('{service="orders"}', since, until), times
                in nanoseconds. With one file its own tables are there as well (page, posting,
                series_group, …; see docs/storage-format.md). SQLite shows a NaN as NULL; the
                column bits tells NaNs apart.

                EXAMPLES
                  perch storage sql data \\
                    "SELECT metric, count(*) FROM series GROUP BY 1 ORDER BY 2 DESC LIMIT 10"
                  perch storage sql data/metrics/2026-11-22.sqlite \\
                    "SELECT time, value FROM samples('up{job=\"node\"}') ORDER BY time"
                  perch storage sql data "SELECT labels ->> 'job' AS job, avg(value)
                    FROM samples('up', unixepoch('now', '-1 hour') * 1000) GROUP BY job"
                  perch storage sql a.sqlite b.sqlite --output csv "SELECT * FROM samples
                    WHERE metric = 'up' AND time BETWEEN 1795348800000 AND 1795352400000"
                  perch storage sql data "SELECT datetime(time / 1000000000, 'unixepoch'), line
                    FROM lines('{service=\"orders\"}') WHERE line LIKE '%declined%'"
                  perch storage sql data - < report.sql

                EXIT STATUS
                  0 answered, 1 a file cannot be read or a part of it is missing in the answer,
                  2 wrong usage, file or statement
                """
        )

        @Argument(help: ArgumentHelp("Shard files or folders, then the statement; - reads it from standard input.", valueName: "file… sql"))
        var arguments: [String]

        @Option(help: "table, json or csv.")
        var output: OutputFormat = .table

        func run() throws {
            try StorageOutput.reportingErrors { () throws(StorageCommandError) in
                guard arguments.count >= 2, let last = arguments.last else {
                    throw StorageCommandError("give at least one file and then a statement", status: 2)
                }
                let sql = last == "-" ? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self) : last
                let query = try StorageQuery(paths: arguments.dropLast(), remark: StorageOutput.remark)
                var renderer: RowRenderer
                do throws(ClientError) {
                    renderer = try RowRenderer(output) { StandardOutput.write($0) }
                } catch {
                    throw StorageCommandError(error.message, status: error.status.rawValue)
                }
                let isWhole = try query.run(
                    sql, columns: { renderer.begin(columns: $0) }, row: { renderer.row($0.map(RowCell.init)) })
                renderer.finish()
                if !isWhole { throw StorageCommandError("", status: 1) }
            }
        }
    }
}

extension RowCell {
    fileprivate init(_ value: SQLiteValue) {
        self =
            switch value {
            case .null: .null
            case .integer(let number): .integer(number)
            case .real(let number): .real(number)
            case .text(let text): .text(text)
            case .blob(let bytes): .blob(bytes)
            }
    }
}
