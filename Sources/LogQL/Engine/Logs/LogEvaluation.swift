internal import QueryModel
internal import TelemetryModel

/// Answers one query for lines.
struct LogEvaluation: Sendable {
    let selector: LogSelector
    let plan: PipelinePlan
    let options: LogOptions
    let budget: QueryBudget
    let threads: Int
    /// What columns say of the plan.
    let columns: ColumnPlan

    init(selector: LogSelector, plan: PipelinePlan, options: LogOptions, budget: QueryBudget, threads: Int) {
        self.selector = selector
        self.plan = plan
        self.options = options
        self.budget = budget
        self.threads = threads
        columns = ColumnPlan(plan)
    }

    private var isBackward: Bool { options.direction == .backward }
    /// So many lines have to be found; all where it depends on the others which of them count.
    private var neededCount: Int { options.intervalNanoseconds > 0 ? .max : options.limit }

    func run(_ source: any LogSource) throws(QueryError) -> LogResult {
        var result = LogResult()
        if options.limit <= 0 || options.start >= options.end { return result }
        let selection = LogSelection(matchers: selector.matchers, start: options.start, end: options.end)
        var tables: [any LogTable] = []
        for table in try source.tables(selection, budget: budget) {
            if table.rowCount == 0 || table.times.upperBound < options.start || table.times.lowerBound >= options.end { continue }
            tables.append(table)
        }
        // Those that can have the first lines first.
        if isBackward {
            tables.sort { $0.times.upperBound > $1.times.upperBound }
        } else {
            tables.sort { $0.times.lowerBound < $1.times.lowerBound }
        }
        let found = FoundLines(countMax: neededCount, isBackward: isBackward)
        try collect(tables, selection, found, &result)
        fill(&result, from: found)
        return result
    }

    private func collect(
        _ tables: [any LogTable], _ selection: LogSelection, _ found: FoundLines, _ result: inout LogResult
    ) throws(QueryError) {
        var next = 0
        while next < tables.count {
            // What is worse than what there is cannot matter, so tables of a round look only at what is better.
            let bound = found.bound
            if let bound, found.isBeyond(bound, tables[next].times) { break }
            let round = Array(tables[next..<Swift.min(next + threads, tables.count)])
            next += round.count
            try TableScheduler(tables: round, threads: threads).forEach { (table) throws(QueryError) in
                try TableLines(evaluation: self, table: table, selection: selection, bound: bound).find()
            } merge: { (lines) throws(QueryError) in
                result.statistics.add(lines.statistics)
                try found.add(lines, budget: budget)
                return true
            }
        }
    }

    private func isNear(_ time: Int64, _ other: Int64) -> Bool {
        let (difference, overflowed) = time.subtractingReportingOverflow(other)
        return !overflowed && difference.magnitude < UInt64(options.intervalNanoseconds)
    }

    private func fill(_ result: inout LogResult, from found: FoundLines) {
        var codes: [LogLabels: Int32] = [:]
        var codesOfTable: [[Int32]] = found.tables.map { [Int32](repeating: -1, count: $0.labels.count) }
        var last: Int64?
        for line in found.lines {
            if result.count == options.limit { break }
            let table = found.tables[Int(line.table)]
            let time = table.times[Int(line.index)]
            if let last, options.intervalNanoseconds > 0, isNear(time, last) { continue }
            last = time
            let number = Int(table.labelNumbers[Int(line.index)])
            if codesOfTable[Int(line.table)][number] < 0 {
                let labels = table.labels[number]
                let code = codes[labels] ?? Int32(result.labels.count)
                if Int(code) == result.labels.count {
                    codes[labels] = code
                    result.labels.append(labels)
                }
                codesOfTable[Int(line.table)][number] = code
            }
            result.times.append(time)
            result.labelCodes.append(codesOfTable[Int(line.table)][number])
            result.lines.append(table.lines.bytes[table.lines.range(Int(line.index))])
        }
        result.statistics.entriesReturned = result.count
    }
}

/// The lines found so far, over all tables, the first ones first.
final class FoundLines {
    struct Line {
        var time: Int64
        var table: Int32
        var index: Int32
    }

    private(set) var lines: [Line] = []
    private(set) var tables: [TableLines.Found] = []
    private let countMax: Int
    private let isBackward: Bool

    init(countMax: Int, isBackward: Bool) {
        self.countMax = countMax
        self.isBackward = isBackward
    }

    /// The time of the last line that counts, where there are enough.
    var bound: Int64? { lines.count >= countMax ? lines.last?.time : nil }

    /// Whether all times lie behind a bound.
    func isBeyond(_ bound: Int64, _ times: ClosedRange<Int64>) -> Bool {
        isBackward ? times.upperBound < bound : times.lowerBound > bound
    }

    func add(_ found: TableLines.Found, budget: QueryBudget) throws(QueryError) {
        if found.times.isEmpty { return }
        try budget.reserve(bytes: found.lines.bytes.count + found.times.count * 64)
        let table = Int32(tables.count)
        tables.append(found)
        var merged: [Line] = []
        merged.reserveCapacity(Swift.min(countMax, lines.count + found.times.count))
        var (left, right) = (0, 0)
        while merged.count < countMax, left < lines.count || right < found.times.count {
            let takesLeft: Bool
            if left == lines.count {
                takesLeft = false
            } else if right == found.times.count {
                takesLeft = true
            } else {
                takesLeft = isBackward ? lines[left].time >= found.times[right] : lines[left].time <= found.times[right]
            }
            if takesLeft {
                merged.append(lines[left])
                left += 1
            } else {
                merged.append(Line(time: found.times[right], table: table, index: Int32(right)))
                right += 1
            }
        }
        lines = merged
    }
}
