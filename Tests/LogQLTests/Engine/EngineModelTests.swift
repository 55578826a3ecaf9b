internal import LogQL
internal import QueryModel
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Random queries over random entries give the same whether lines are held as text or taken apart, in one table or many, by one thread or two;
/// and what running the pipeline on one entry after the other gives.
struct EngineModelTests {
    private static func randomEntries(_ random: inout SeededGenerator) -> [LogEntry] {
        (0..<Int.random(in: 1...120, using: &random)).map { _ in
            var stream: LabelSet = ["app": ["a", "b"].randomElement(using: &random) ?? ""]
            if Bool.random(using: &random) { stream = stream.setting("level", ["info", "error"].randomElement(using: &random) ?? "") }
            var metadata: [(name: String, value: String)] = []
            for (name, values) in [("node", ["n1", "n2", ""]), ("user", ["m"]), ("level", ["debug"])]
            where Int.random(in: 0..<3, using: &random) == 0 {
                metadata.append((name, values.randomElement(using: &random) ?? ""))
            }
            return LogEntry(stream, Int64.random(in: 0..<60, using: &random) * 1_000_000_000, line(&random), metadata: metadata)
        }
    }

    private static func line(_ random: inout SeededGenerator) -> String {
        let status = ["200", "500", "\"500\"", "null", "\"x\"", "[1,2]", "503.5"].randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return "not json at all"
        case 1: return #"{"status":200,"status":500}"#
        case 2: return #"{"status":\#(status),"user":{"id":"u1","level":"deep"}}"#
        case 3: return #"{"level":"warn","user_id":"u2","status":\#(status)}"#
        case 4: return #"{"status":\#(status),"took":"\#(["1s", "250ms", "soon"].randomElement(using: &random) ?? "")"}"#
        case 5: return #"{"status":\#(status)"#
        case 6: return "status=\(Int.random(in: 0..<3, using: &random) * 250) took=2s"
        default: return #"{"user":"u\#(Int.random(in: 0..<3, using: &random))","status":\#(status),"ok":true}"#
        }
    }

    private static let filters = [
        "status >= 500", "status = \"500\"", "status != \"\"", "level = \"error\"", "level =~ \"e.*|w.*\"", "took > 500ms",
        "user != \"u1\"",
        "user_id = \"\"", "node = \"n1\"", "node =~ \".+\"", "level_extracted = \"warn\"", "user_extracted = \"u1\"", "ok = \"true\"",
        "status >= 500 or level = \"error\"", "took > 1s, status < 300", "(user = \"u2\" or took > 1s) and status != 200",
        "__error__ = \"\"",
        "nothing = \"\"", "nothing > 5",
    ]

    private static func selector(_ random: inout SeededGenerator) -> String {
        var text = [#"{app="a"}"#, #"{app=~".+"}"#, #"{app="b", level="error"}"#].randomElement(using: &random) ?? ""
        if Int.random(in: 0..<4, using: &random) == 0 {
            text += [#" |= "status""#, #" != "500""#, #" |~ "u[12]""#].randomElement(using: &random) ?? ""
        }
        func filter(_ text: inout String) {
            if Bool.random(using: &random) { text += " | " + (filters.randomElement(using: &random) ?? "") }
        }
        filter(&text)
        text += ["", " | json", " | json", " | json", " | logfmt", " | json status=\"status\""].randomElement(using: &random) ?? ""
        filter(&text)
        filter(&text)
        text +=
            ["", "", "", " | drop level", " | keep status, level", " | drop node | json", " | label_format x=status"].randomElement(
                using: &random) ?? ""
        filter(&text)
        return text
    }

    private static func metric(_ random: inout SeededGenerator) -> String {
        let selector = selector(&random)
        let group =
            ["level", "status", "node", "level, user", "status, level, node", "user_extracted", "level_extracted, ok", ""].randomElement(
                using: &random) ?? ""
        let range = ["10s", "7s", "25s"].randomElement(using: &random) ?? ""
        let by = ["by", "without"].randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "sum \(by) (\(group)) (count_over_time(\(selector) [\(range)]))"
        case 1: return "sum by (\(group)) (rate(\(selector) | __error__ = \"\" [\(range)]))"
        case 2: return "sum by (\(group)) (bytes_over_time(\(selector) | __error__ = \"\" [\(range)]))"
        case 3: return "max_over_time(\(selector) | unwrap status | __error__ = \"\" [\(range)]) by (\(group))"
        case 4: return "sum by (\(group)) (sum_over_time(\(selector) | unwrap duration(took) | __error__ = \"\" [\(range)] offset 3s))"
        default: return "count_over_time(\(selector) | __error__ = \"\" [\(range)])"
        }
    }

    private static func sources(_ entries: [LogEntry]) -> [ArrayLogs] {
        [
            ArrayLogs(entries), ArrayLogs(entries, takesApart: true), ArrayLogs(entries, rowsPerTable: 9),
            ArrayLogs(entries, rowsPerTable: 17, takesApart: true),
        ]
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `metric queries do not depend on how entries are held`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<25 {
            let sources = Self.sources(Self.randomEntries(&random))
            let text = Self.metric(&random)
            let times = RangeOptions(
                start: 5_000_000_000, end: 62_000_000_000,
                stepNanoseconds: [4, 10, 15].randomElement(using: &random).map { $0 * 1_000_000_000 } ?? 1)
            let query = try LogQLParser().parse(text)
            let answers = sources.enumerated().map { place, source -> String in
                var options = LogEngineOptions()
                options.threadsPerQuery = 1 + place % 2
                do throws(QueryError) {
                    let answer = try LogQLEngine(options: options).range(query, times, source: source, budget: QueryBudget())
                    return Self.shown(answer.value)
                } catch {
                    // Which of several errors is told depends on what is looked at first.
                    return error.message.prefix { $0 != "'" } + ""
                }
            }
            for answer in answers { #expect(answer == answers[0], "seed \(seed): \(text)") }
        }
    }

    private static func shown(_ value: QueryValue) -> String {
        guard case .matrix(let matrix) = value else { return "\(value)" }
        return matrix.map { series in
            "\(series.labels)"
                + zip(series.samples.timestamps, series.samples.values).map { " \($0):\(($1 * 1e6).rounded() / 1e6)" }.joined()
        }.joined(separator: "\n")
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func `lines are those that pass one by one`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let entries = Self.randomEntries(&random)
            let text = Self.selector(&random)
            let query = try LogQLParser().parse(text)
            guard case .logs(let selector) = query.root else { continue }
            var pipeline = try LogPipeline(selector)
            let options = LogOptions(
                start: 10_000_000_000, end: 50_000_000_000, limit: Int.random(in: 1...60, using: &random),
                direction: Bool.random(using: &random) ? .forward : .backward)
            var expected: [String] = []
            var times: [Int64] = []
            for entry in entries where entry.time >= options.start && entry.time < options.end {
                let metadata = Self.packed(entry.metadata)
                guard let passed = pipeline.run(stream: entry.stream, metadata: metadata, time: entry.time, line: entry.line) else {
                    continue
                }
                expected.append("\(entry.time) \(passed.labels) \(String(decoding: passed.line, as: UTF8.self))")
                times.append(entry.time)
            }
            times.sort { options.direction == .forward ? $0 < $1 : $0 > $1 }
            for (place, source) in Self.sources(entries).enumerated() {
                var engineOptions = LogEngineOptions()
                engineOptions.threadsPerQuery = 1 + place % 2
                let result = try LogQLEngine(options: engineOptions).logs(query, options, source: source, budget: QueryBudget())
                #expect(result.times == Array(times.prefix(options.limit)), "seed \(seed), source \(place): \(text)")
                var rest = expected
                for line in 0..<result.count {
                    let shown = "\(result.times[line]) \(result.labels[Int(result.labelCodes[line])]) \(result.lines.string(line))"
                    let index = rest.firstIndex(of: shown)
                    #expect(index != nil, "seed \(seed), source \(place): \(text): \(shown)")
                    if let index { rest.remove(at: index) }
                }
            }
        }
    }

    private static func packed(_ metadata: [(name: String, value: String)]) -> LabelSet {
        var packed: [UInt8] = []
        for (name, value) in metadata.sorted(by: { $0.name < $1.name }) {
            LabelSet.appendRun(name.utf8, to: &packed)
            LabelSet.appendRun(value.utf8, to: &packed)
        }
        return LabelSet(canonical: packed)
    }
}
