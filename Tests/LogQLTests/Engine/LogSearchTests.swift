internal import LogQL
internal import QueryModel
internal import TelemetryModel
internal import Testing

/// Queries for lines.
struct LogSearchTests {
    private static let entries: [LogEntry] = (0..<40).map { number in
        let stream: LabelSet = ["app": number % 2 == 0 ? "even" : "odd"]
        return LogEntry(
            stream, Int64(number / 2) * 1_000_000_000, #"{"n":\#(number),"user":"u\#(number % 5)"}"#, metadata: [("node", "n\(number % 3)")]
        )
    }

    private func search(
        _ text: String, _ options: LogOptions = LogOptions(start: 0, end: 100_000_000_000), rowsPerTable: Int? = nil,
        takesApart: Bool = false,
        threads: Int = 1
    ) throws -> LogResult {
        var engineOptions = LogEngineOptions()
        engineOptions.threadsPerQuery = threads
        let engine = LogQLEngine(options: engineOptions)
        let source = ArrayLogs(Self.entries, rowsPerTable: rowsPerTable, takesApart: takesApart)
        return try engine.logs(try engine.parse(text), options, source: source, budget: QueryBudget())
    }

    private func texts(_ result: LogResult) -> [String] { (0..<result.count).map { result.lines.string($0) } }

    @Test(arguments: [nil, 1, 7] as [Int?], [false, true])
    func `the newest lines come first, and no more than were asked for`(rowsPerTable: Int?, takesApart: Bool) throws {
        let result = try search(
            #"{app=~"even|odd"} | json | n >= 10"#, LogOptions(start: 0, end: 100_000_000_000, limit: 5), rowsPerTable: rowsPerTable,
            takesApart: takesApart, threads: 2)
        #expect(result.times == [19, 19, 18, 18, 17].map { $0 * 1_000_000_000 })
        #expect(Set(texts(result).prefix(2)) == [#"{"n":39,"user":"u4"}"#, #"{"n":38,"user":"u3"}"#])
    }

    @Test(arguments: [nil, 1, 7] as [Int?])
    func `the oldest lines come first where that is asked for`(rowsPerTable: Int?) throws {
        let options = LogOptions(start: 3_000_000_000, end: 6_000_000_000, limit: 100, direction: .forward)
        let result = try search(#"{app="even"}"#, options, rowsPerTable: rowsPerTable)
        #expect(result.times == [3, 4, 5].map { $0 * 1_000_000_000 })
        #expect(texts(result).first == #"{"n":6,"user":"u1"}"#)
    }

    @Test func `lines that follow too soon are left out`() throws {
        let options = LogOptions(start: 0, end: 100_000_000_000, direction: .forward, intervalNanoseconds: 5_000_000_000)
        let result = try search(#"{app="odd"}"#, options)
        #expect(result.times == [0, 5, 10, 15].map { $0 * 1_000_000_000 })
    }

    @Test(arguments: [false, true])
    func `labels are told by where they come from`(takesApart: Bool) throws {
        let result = try search(#"{app="even"} | json | n = 4"#, takesApart: takesApart)
        let labels = try #require(result.labels.first)
        #expect(result.count == 1 && result.labels.count == 1)
        #expect(labels.stream == ["app": "even"])
        #expect(labels.metadata == ["node": "n1"])
        #expect(labels.parsed == ["n": "4", "user": "u4"])
        #expect(labels.all == ["app": "even", "n": "4", "node": "n1", "user": "u4"])
    }

    @Test func `lines are grouped by all labels, or by those of streams`() throws {
        let result = try search(#"{app="even"} | json | user = "u0""#)
        #expect(result.streams(isCategorized: true).map(\.labels) == [["app": "even"]])
        #expect(result.streams(isCategorized: true)[0].lines == [0, 1, 2, 3])
        let streams = result.streams(isCategorized: false)
        #expect(streams.count == 4 && streams.allSatisfy { $0.lines.count == 1 })
        #expect(streams.map(\.labels) == streams.map(\.labels).sorted())
    }

    @Test func `errors of parsers are labels`() throws {
        let source = ArrayLogs([LogEntry(["app": "a"], 1, "no json")])
        let engine = LogQLEngine()
        let found = try engine.logs(
            try engine.parse(#"{app="a"} | json"#), LogOptions(start: 0, end: 10), source: source, budget: QueryBudget())
        #expect(found.labels.first?.parsed["__error__"] == "JSONParserErr")
        #expect(found.labels.first?.parsed["__error_details__"] != nil)
        let none = try engine.logs(
            try engine.parse(#"{app="a"} | json | __error__ = """#), LogOptions(start: 0, end: 10), source: source, budget: QueryBudget())
        #expect(none.count == 0)
    }

    @Test func `lines are as the pipeline leaves them`() throws {
        let result = try search(#"{app="even"} | json | line_format "{{.user}}-{{.n}}" |= "u2-" | label_format who=user"#)
        #expect(texts(result) == ["u2-32", "u2-22", "u2-12", "u2-2"])
        #expect(result.labels.allSatisfy { $0.all["who"] == "u2" && $0.all["user"] == nil })
    }

    @Test func `a needle is looked for only where it may be`() throws {
        let result = try search(#"{app=~".+"} |= "\"n\":17,""#, rowsPerTable: 10, takesApart: true)
        #expect(texts(result) == [#"{"n":17,"user":"u2"}"#])
        #expect(result.statistics.tablesRead == 1 && result.statistics.linesProcessed == 1)
    }

    @Test func `queries of the wrong kind are refused`() throws {
        let engine = LogQLEngine()
        let source = ArrayLogs(Self.entries)
        let logs = try engine.parse(#"{app="a"}"#)
        let metric = try engine.parse(#"rate({app="a"}[1m])"#)
        let options = LogOptions(start: 0, end: 10)
        #expect(throws: QueryError.self) { try engine.logs(metric, options, source: source, budget: QueryBudget()) }
        #expect(throws: QueryError.self) { try engine.instant(logs, time: 0, source: source, budget: QueryBudget()) }
        let range = RangeOptions(start: 0, end: 10, stepNanoseconds: 1)
        #expect(throws: QueryError.self) { try engine.range(logs, range, source: source, budget: QueryBudget()) }
        for range in [
            RangeOptions(start: 10, end: 0, stepNanoseconds: 1), RangeOptions(start: 0, end: 10, stepNanoseconds: 0),
            RangeOptions(start: 0, end: 1_000_000, stepNanoseconds: 1),
        ] {
            #expect(throws: QueryError.self) { try engine.range(metric, range, source: source, budget: QueryBudget()) }
        }
    }

    @Test func `times at the ends of what can be said do no harm`() throws {
        let engine = LogQLEngine()
        let source = ArrayLogs(Self.entries)
        for text in [
            #"rate({app="even"}[292y])"#, #"count_over_time({app="even"}[1s] offset 290y)"#,
            #"absent_over_time({app="x"}[1ms] offset -1700000h)"#,
        ] {
            let query = try engine.parse(text)
            for time in [Int64.min, -1, 0, 1, Int64.max] {
                _ = try engine.instant(query, time: time, source: source, budget: QueryBudget())
                let range = RangeOptions(start: time, end: time, stepNanoseconds: .max)
                _ = try engine.range(query, range, source: source, budget: QueryBudget())
            }
            for step in [9_000_000_000_000_000, 8_900_000_000_000_000_000, .max] as [Int64] {
                let range = RangeOptions(start: .min, end: .max, stepNanoseconds: step)
                _ = try engine.range(query, range, source: source, budget: QueryBudget())
            }
        }
        for direction in [LogDirection.forward, .backward] {
            let options = LogOptions(start: .min, end: .max, direction: direction, intervalNanoseconds: .max)
            #expect(try search(#"{app="even"}"#, options).count == 1)
        }
    }

    @Test func `one entry is run through a pipeline by itself`() throws {
        guard case .logs(let selector) = try LogQLParser().parse(#"{app="a"} |= "x" | json | v > 5 | line_format "{{.v}}""#).root else {
            Issue.record("the query asks for lines")
            return
        }
        var pipeline = try LogPipeline(selector)
        let entry = pipeline.run(stream: ["app": "a"], metadata: ["v": "m"], time: 1, line: Array(#"{"v":"x","w":7}"#.utf8))
        // The metadata's own `v` is no number, so the filter passes with an error.
        #expect(entry?.labels.metadata == ["v": "m"])
        #expect(entry?.labels.parsed["v_extracted"] == "x" && entry?.labels.parsed["__error__"] == "LabelFilterErr")
        #expect(entry?.line == Array("m".utf8))
        #expect(pipeline.run(stream: ["app": "b"], metadata: [:], time: 1, line: Array(#"{"v":"x"}"#.utf8)) == nil)
        #expect(pipeline.run(stream: ["app": "a"], metadata: [:], time: 1, line: Array(#"{"v":9}"#.utf8)) == nil)
        let passed = pipeline.run(stream: ["app": "a"], metadata: [:], time: 1, line: Array(#"{"v":9,"x":1}"#.utf8))
        #expect(passed?.line == Array("9".utf8) && passed?.labels.metadata.isEmpty == true)
    }
}
