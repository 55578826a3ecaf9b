public import LabelMatching
public import QueryModel
internal import TelemetryModel

extension LogQLEngine {
    /// Lines that are read at a time.
    private static let patternLinesAtOnce = 4_096

    /// The patterns that the lines of some streams have, and how often by level and step of time; those with the most lines first.
    ///
    /// - Parameters:
    ///   - start, end: nanoseconds since 1970; `end` is exclusive.
    ///   - linesMax: the most lines that are looked at, about: those of the newest tables.
    public func patterns(
        _ matchers: [LabelMatcher], start: Int64, end: Int64, stepNanoseconds: Int64, linesMax: Int, source: any LogSource,
        budget: QueryBudget
    ) throws(QueryError) -> [MinedPattern] {
        let selection = LogSelection(matchers: matchers, start: start, end: end)
        let tables = try source.tables(selection, budget: budget).filter {
            $0.rowCount > 0 && $0.times.upperBound >= start && $0.times.lowerBound < end
        }
        var found: [MinedPattern] = []
        var lineCount = 0
        try TableScheduler(tables: tables, threads: options.threadsPerQuery).forEach { (table) throws(QueryError) in
            try PatternPart(TableReader(table, selection, budget: budget), stepNanoseconds, atOnce: LogQLEngine.patternLinesAtOnce)
        } merge: { (part) throws(QueryError) in
            found = PatternMiner.merged(found + part.patterns)
            lineCount += part.lineCount
            return lineCount < linesMax
        }
        return found
    }
}

/// The patterns of one table.
private struct PatternPart: Sendable {
    var patterns: [MinedPattern] = []
    var lineCount = 0

    /// Where receivers put the level of an entry that they found, and where senders do.
    private static let levelNames = ["detected_level", "level"]

    init(_ reader: TableReader, _ stepNanoseconds: Int64, atOnce: Int) throws(QueryError) {
        if reader.runs.isEmpty { return }
        var miner = PatternMiner(stepNanoseconds: stepNanoseconds)
        let levels = try reader.table.metadata(PatternPart.levelNames[0], budget: reader.budget)
        for run in reader.runs {
            let labels = reader.frame.streams[run.stream]
            let own = Array((PatternPart.levelNames.lazy.compactMap { labels[$0] }.first ?? "").utf8)
            var first = run.rows.lowerBound
            while first < run.rows.upperBound {
                try reader.budget.check()
                let rows = (first..<min(first + atOnce, run.rows.upperBound)).map { Int32($0) }
                let lines = try reader.table.lines(of: rows, budget: reader.budget)
                for (place, row) in rows.enumerated() {
                    let line = lines.bytes[lines.range(place)]
                    if let levels, levels.codes[Int(row)] >= 0 {
                        let level = levels.values.bytes[levels.values.range(Int(levels.codes[Int(row)]))]
                        miner.add(line, time: reader.frame.times[Int(row)], level: level)
                    } else {
                        miner.add(line, time: reader.frame.times[Int(row)], level: own)
                    }
                }
                first += rows.count
            }
            lineCount += run.rows.count
        }
        patterns = miner.patterns
    }
}
