internal import Foundation
internal import LogQL
internal import QueryModel
internal import TelemetryModel
internal import Testing

/// The published scripts give what they say they give, however the entries lie in tables.
struct ConformanceTests {
    /// How entries are laid out.
    struct Layout: CustomTestStringConvertible, Sendable {
        var rowsPerTable: Int?
        var takesApart = false
        var threads = 1

        var testDescription: String {
            "\(rowsPerTable.map { "\($0) rows to a table" } ?? "one table"), \(takesApart ? "documents" : "text")"
        }
    }

    static let layouts = [
        Layout(), Layout(rowsPerTable: 3, threads: 2), Layout(takesApart: true), Layout(rowsPerTable: 5, takesApart: true),
    ]

    @Test(
        .enabled(if: !Conformance.scripts.isEmpty, "the published scripts are not beside the package"),
        arguments: Conformance.scripts, layouts)
    func `scripts give what they say`(script: URL, layout: Layout) throws {
        let commands = try LogScript(String(contentsOf: script, encoding: .utf8)).commands
        var entries: [LogEntry] = []
        var source = ArrayLogs([])
        var counts = (passed: 0, failed: 0)
        for command in commands {
            switch command {
            case .clear: (entries, source) = ([], ArrayLogs([]))
            case .load(let more):
                entries += more
                source = ArrayLogs(entries, rowsPerTable: layout.rowsPerTable, takesApart: layout.takesApart)
            case .query(let query):
                let fault = ScriptQuery(query, threads: layout.threads).fault(source)
                if let fault { Issue.record("\(script.lastPathComponent):\(query.line): \(query.text)\n\(fault)") }
                if fault == nil { counts.passed += 1 } else { counts.failed += 1 }
            }
        }
        print("\(script.lastPathComponent), \(layout.testDescription): \(counts.passed) passed, \(counts.failed) failed")
        #expect(counts.passed > 0)
    }
}

/// Runs one query of a script.
struct ScriptQuery {
    let query: LogScript.Query
    let engine: LogQLEngine

    init(_ query: LogScript.Query, threads: Int) {
        self.query = query
        var options = LogEngineOptions()
        options.threadsPerQuery = threads
        engine = LogQLEngine(options: options)
    }

    private func answer(_ source: ArrayLogs) throws(QueryError) -> QueryValue {
        let parsed = try engine.parse(query.text)
        let budget = QueryBudget()
        if query.step == 0 { return try engine.instant(parsed, time: query.start, source: source, budget: budget).value }
        let times = RangeOptions(start: query.start, end: query.end, stepNanoseconds: query.step)
        return try engine.range(parsed, times, source: source, budget: budget).value
    }

    /// What is wrong with the answer; nil for nothing.
    func fault(_ source: ArrayLogs) -> String? {
        let value: QueryValue
        do throws(QueryError) {
            value = try answer(source)
        } catch {
            guard case .failure(let text) = query.expectation else { return "fails: \(error)" }
            return text.isEmpty || error.message.contains(text) ? nil : "fails otherwise: \(error)"
        }
        switch query.expectation {
        case .failure: return "does not fail: \(value)"
        case .scalar(let expected):
            guard case .scalar(let sample) = value, Self.equal(sample.value, expected) else { return "gives \(value)" }
            return nil
        case .empty: return compare([], isOrdered: false, value)
        case .series(let series, let isOrdered): return compare(series, isOrdered: isOrdered, value)
        }
    }

    private func compare(_ expected: [(labels: LabelSet, points: [Double?])], isOrdered: Bool, _ value: QueryValue) -> String? {
        var found: [(labels: LabelSet, points: [Double?])] = []
        switch value {
        case .vector(let vector):
            for sample in vector {
                guard case .float(let number) = sample.value, sample.timestamp == query.start / 1_000_000 else { return "gives \(value)" }
                found.append((sample.labels, [number]))
            }
        case .matrix(let matrix):
            let count = Int((query.end - query.start) / query.step) + 1
            for series in matrix {
                var points = [Double?](repeating: nil, count: count)
                for (time, number) in zip(series.samples.timestamps, series.samples.values) {
                    let place = (time * 1_000_000 - query.start) / query.step
                    guard place >= 0, place < count, points[Int(place)] == nil else { return "gives \(value)" }
                    points[Int(place)] = number
                }
                found.append((series.labels, points))
            }
        default: return "gives \(value)"
        }
        let wanted = isOrdered ? expected : expected.sorted { $0.labels < $1.labels }
        if !isOrdered { found.sort { $0.labels < $1.labels } }
        let agrees =
            wanted.count == found.count
            && zip(wanted, found).allSatisfy { wanted, found in
                wanted.labels == found.labels && wanted.points.count == found.points.count
                    && zip(wanted.points, found.points).allSatisfy { Self.equal($0, $1) }
            }
        return agrees ? nil : "gives \(found)\nnot   \(wanted)"
    }

    private static func equal(_ left: Double?, _ right: Double?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        if left.isNaN || right.isNaN { return left.isNaN && right.isNaN }
        if left == right { return true }
        let difference = (left - right).magnitude
        return difference <= 1e-9 || difference / max(left.magnitude, right.magnitude) <= 1e-9
    }
}
