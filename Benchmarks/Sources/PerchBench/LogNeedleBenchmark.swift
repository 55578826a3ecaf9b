internal import LogStorage
internal import TelemetryModel

/// Lines of a trace id, of each block one that nobody asked before: what a search costs whose answer is a handful of lines.
struct LogNeedleBenchmark {
    private static let now: Int64 = 1_795_348_800_000_000_000
    private static let linesPerBatch = 1000

    let lines: Int

    func run() throws {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let needles = try fill(scratch.path)
        var options = LogStorageOptions()
        options.runsInBackground = false
        let storage = try LogStorage(directory: scratch.path, options: options, clock: { LogNeedleBenchmark.now })
        let tables = try storage.tables(matching: [], from: .min, to: .max)
        // One that is nowhere has the filters of all blocks read.
        keep(try find(String(repeating: "0123456789abcdef", count: 2), tables))
        var chosen: [String] = []
        for table in tables {
            if let needle = try needles.first(where: { try table.mayContain(Array($0.utf8)) }) { chosen.append(needle) }
        }
        var table = Table("a needle in \(tables.count) blocks of \(lines / max(tables.count, 1)) lines", "CPU ms")
        table.add("first of its block", shown(try median(chosen, tables), digits: 3))
        table.add("once more", shown(try median(chosen, tables), digits: 3))
        let absent = (0..<chosen.count).map { String(repeating: "fedcba987654321\($0 % 10)", count: 2) }
        table.add("one that is nowhere", shown(try median(absent, tables), digits: 3))
        table.print()
        try storage.close()
    }

    /// Milliseconds of CPU time.
    private func median(_ needles: [String], _ tables: [any StoredLogTable]) throws -> Double {
        var times: [Double] = []
        for needle in needles {
            let started = processSeconds()
            keep(try find(needle, tables))
            times.append((processSeconds() - started) * 1e3)
        }
        return times.sorted()[times.count / 2]
    }

    /// As the query engine asks.
    private func find(_ text: String, _ tables: [any StoredLogTable]) throws -> Int {
        let needle = Array(text.utf8)
        var found = 0
        for table in tables where try table.mayContain(needle) {
            keep(try table.frame().times.count)
            guard let rows = try table.rows(mayContain: needle) else { continue }
            for name in try table.metadataNames() { keep(try table.metadata(name)?.codes.count ?? 0) }
            found += try table.lines(of: rows).count
        }
        return found
    }

    /// - Returns: ids that are in the lines.
    private func fill(_ directory: String) throws -> [String] {
        var log = RequestLog(seed: 1, start: LogNeedleBenchmark.now - 3_600_000_000_000, step: 3.6e12 / Double(lines))
        var options = LogStorageOptions()
        options.runsInBackground = false
        let storage = try LogStorage(directory: directory, options: options, clock: { LogNeedleBenchmark.now })
        for _ in 0..<lines / LogNeedleBenchmark.linesPerBatch {
            keep(try storage.append(log.batch(LogNeedleBenchmark.linesPerBatch)).acceptedEntries)
            try storage.maintain()
        }
        try storage.flush()
        try storage.close()
        return log.needles
    }
}
