internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

/// The entries of a table that a selection is about.
struct TableReader {
    /// Neighbouring rows of one stream.
    struct Run {
        /// The stream's place in the frame.
        var stream: Int
        var rows: Range<Int>
    }

    let table: any LogTable
    let budget: QueryBudget
    let frame: LogFrame
    /// The rows by streams; none of them empty.
    let runs: [Run]

    init(_ table: any LogTable, _ selection: LogSelection, budget: QueryBudget) throws(QueryError) {
        self.table = table
        self.budget = budget
        frame = try table.frame(budget: budget)
        var runs: [Run] = []
        for (stream, labels) in frame.streams.enumerated() where selection.matchers.allSatisfy({ $0.matches(labels) }) {
            let all = Int(frame.streamStarts[stream])..<Int(frame.streamStarts[stream + 1])
            let rows = frame.rows(all, from: selection.start, before: selection.end)
            if !rows.isEmpty { runs.append(Run(stream: stream, rows: rows)) }
        }
        self.runs = runs
    }

    /// Whether lines may pass the tests, as far as is known without reading any.
    static func mayPass(_ tests: [LineTest], _ table: any LogTable, budget: QueryBudget) throws(QueryError) -> Bool {
        for test in tests {
            guard let sets = test.literals else { continue }
            var mayPass = false
            for literals in sets where !mayPass {
                mayPass = true
                for literal in literals where !literal.isEmpty && mayPass { mayPass = try table.mayContain(literal, budget: budget) }
            }
            if !mayPass { return false }
        }
        return true
    }
}

extension TableReader {
    /// The rows that may pass the tests, as far as that is known without reading lines; nil for all.
    func rows(mayPass tests: [LineTest]) throws(QueryError) -> RowMask? {
        var result: RowMask?
        for test in tests {
            guard let alternatives = test.literals, let rows = try rows(mayContainOneOf: alternatives) else { continue }
            if result == nil { result = rows } else { result?.formIntersection(rows) }
        }
        return result
    }

    /// The rows whose lines may contain all texts of one of some sets.
    private func rows(mayContainOneOf alternatives: [[[UInt8]]]) throws(QueryError) -> RowMask? {
        var result = RowMask(rowCount: frame.times.count)
        for literals in alternatives {
            var mask: RowMask?
            for literal in literals where !literal.isEmpty {
                guard let rows = try table.rows(mayContain: literal, budget: budget) else { continue }
                var found = RowMask(rowCount: frame.times.count)
                for row in rows { found.insert(Int(row)) }
                if mask == nil { mask = found } else { mask?.formIntersection(found) }
            }
            guard let mask else { return nil }
            result.formUnion(mask)
        }
        return result
    }
}

extension LogFrame {
    /// Of the rows of a stream those in a range of time.
    func rows(_ all: Range<Int>, from start: Int64, before end: Int64) -> Range<Int> {
        let first = firstRow(all) { $0 >= start }
        return first..<firstRow(first..<all.upperBound) { $0 >= end }
    }

    /// The first row whose time passes, where all behind it do as well.
    private func firstRow(_ rows: Range<Int>, _ passes: (Int64) -> Bool) -> Int {
        var (low, high) = (rows.lowerBound, rows.upperBound)
        while low < high {
            let middle = low + (high - low) / 2
            if passes(times[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
