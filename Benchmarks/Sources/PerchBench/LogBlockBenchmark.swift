internal import LabelMatching
internal import LogStorage
internal import TelemetryModel

/// Taking log lines in, journal and sealing included: time and bytes for each line and column, and how soon a needle is found.
struct LogBlockBenchmark {
    private static let linesPerBatch = 1000
    private static let now: Int64 = 1_795_348_800_000_000_000

    let lines: Int

    func run() throws {
        var random = RequestLog(seed: 1, start: LogBlockBenchmark.now - 3_600_000_000_000, step: 3.6e12 / Double(lines))
        let batches = (0..<lines / LogBlockBenchmark.linesPerBatch).map { _ in random.batch(LogBlockBenchmark.linesPerBatch) }
        let bytes = batches.reduce(0) { $0 + $1.lines.bytes.count }
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        var options = LogStorageOptions()
        options.runsInBackground = false
        let storage = try LogStorage(directory: scratch.path, options: options, clock: { LogBlockBenchmark.now })
        var sealing = 0.0
        let appending = try seconds {
            for batch in batches {
                keep(try storage.append(batch).acceptedEntries)
                sealing += try seconds { try storage.maintain() }
            }
            sealing += try seconds { try storage.flush() }
        }
        let statistics = storage.statistics
        var table = Table("\(lines) lines of \(bytes / lines) bytes", "CPU time")
        table.add("append and journal", shown((appending - sealing) * 1e6 / Double(lines), digits: 2) + " µs/line")
        table.add("seal and merge", shown(sealing * 1e6 / Double(lines), digits: 2) + " µs/line")
        try addQueries(storage, random.needles, &table)
        table.print()
        var sizes = Table("bytes", "bytes/line")
        sizes.add("blocks", shown(Double(statistics.blockBytes) / Double(lines), digits: 2))
        sizes.add("files of shards", shown(Double(statistics.shardBytes) / Double(lines), digits: 2))
        sizes.add("journal, as written", shown(Double(statistics.journalBytesWritten) / Double(lines), digits: 2))
        sizes.print()
        try storage.close()
        try printColumns(scratch.path)
    }

    private func addQueries(_ storage: LogStorage, _ needles: [String], _ table: inout Table) throws {
        let tables = try storage.tables(matching: [], from: .min, to: .max)
        let needle = Array((needles.last ?? "").utf8)
        for (name, digits) in [("a needle, from the file", 3), ("a needle, from memory", 3)] {
            var found = 0
            let finding = try seconds {
                for table in tables where try table.mayContain(needle) {
                    guard let rows = try table.rows(mayContain: needle) else { continue }
                    found += try table.lines(of: rows).count
                }
            }
            table.add(name + ", \(found) lines", shown(finding * 1e3, digits: digits) + " ms")
        }
        let reading = try seconds { for table in tables { keep(try table.lines(of: (0..<Int32(table.rowCount)).map { $0 }).bytes.count) } }
        table.add("all lines", shown(reading * 1e6 / Double(lines), digits: 2) + " µs/line")
        let leaf = try seconds {
            for table in tables {
                guard let documents = try table.documents() else { continue }
                for (shape, document) in documents.shapes.enumerated() {
                    guard let status = document.leaves.firstIndex(where: { $0.path == ["status"] }) else { continue }
                    keep(try table.leaf(status, ofShape: shape).values.count)
                }
            }
        }
        table.add("the status of all lines", shown(leaf * 1e6 / Double(lines), digits: 3) + " µs/line")
    }

    private func printColumns(_ directory: String) throws {
        var columns = Table("column", "form", "bytes/line")
        for column in try LogStorageInspection.columnSizes(ofShard: directory + "/2026-11-22.sqlite") where column.bytes * 200 > lines {
            columns.add(column.name, column.forms.sorted().joined(separator: ", "), shown(Double(column.bytes) / Double(lines), digits: 2))
        }
        columns.print()
    }

    private func seconds(_ work: () throws -> Void) rethrows -> Double {
        let started = processSeconds()
        try work()
        return processSeconds() - started
    }
}
