internal import ByteCoding
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import CommandLineClient

/// Answers of Loki's API that several tests need.
enum LogReplies {
    static func streams(_ result: String) -> String {
        #"{"status":"success","data":{"resultType":"streams","encodingFlags":["categorize-labels"],"result":[\#(result)],"stats":{"summary":{"execTime":0.1}}}}"#
    }

    static let two = streams(
        #"{"stream":{"service_name":"orders","pod":"a"},"values":[["1700000000500000000","second",{"structuredMetadata":{"detected_level":"error"}}],"#
            + #"["1700000000100000000","first",{}]]},"#
            + #"{"stream":{"service_name":"payments"},"values":[["1700000000300000000","{\"msg\":\"charged\",\"amount\":7}",{"parsed":{"amount":"7"}}]]}"#
    )
}

@Suite struct LogReplyTests {
    @Test func `streams become lines with labels by kind`() throws {
        let streams = try LogStreams(json: Array(LogReplies.two.utf8))
        #expect(streams.resultType == "streams")
        #expect(
            streams.entries == [
                LogEntry(
                    time: 1_700_000_000_500_000_000, line: "second", stream: ["service_name": "orders", "pod": "a"],
                    metadata: ["detected_level": "error"]),
                LogEntry(time: 1_700_000_000_100_000_000, line: "first", stream: ["service_name": "orders", "pod": "a"]),
                LogEntry(
                    time: 1_700_000_000_300_000_000, line: #"{"msg":"charged","amount":7}"#, stream: ["service_name": "payments"],
                    parsed: ["amount": "7"]),
            ])
        #expect(LogEntry.inOrder(streams.entries).map(\.line) == ["first", #"{"msg":"charged","amount":7}"#, "second"])
        #expect(LogEntry.inReverseOrder(streams.entries).first?.line == "second")
        #expect(streams.entries[0].labels == ["service_name": "orders", "pod": "a", "detected_level": "error"])
        #expect(streams.entries[0].service == "orders" && streams.entries[0].level == "error")
    }

    @Test func `messages of a tail say what was dropped`() throws {
        let text =
            #"{"streams":[{"stream":{"a":"b"},"values":[["5","x"]]}],"dropped_entries":[{"timestamp":"1","labels":{}},{}],"encodingFlags":[]}"#
        let streams = try LogStreams(json: Array(text.utf8))
        #expect(streams.entries.map(\.time) == [5] && streams.droppedCount == 2 && streams.resultType == nil)
    }

    @Test func `of numbers only the type is read`() throws {
        let text = #"{"status":"success","warnings":["w"],"data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]]}]}}"#
        let streams = try LogStreams(json: Array(text.utf8))
        #expect(streams.resultType == "matrix" && streams.entries.isEmpty && streams.warnings == ["w"])
    }

    @Test func `no answer whatever makes reading it trap`() {
        let seed = UInt64.random(in: 0...(.max))
        var random = SeededGenerator(seed: seed)
        let bytes = Array(LogReplies.two.utf8)
        for length in 0..<bytes.count { #expect(throws: JSONError.self) { try LogStreams(json: Array(bytes[..<length])) } }
        for _ in 0..<2_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? LogStreams(json: damaged)
            _ = LogFields(String(decoding: damaged, as: UTF8.self))
        }
    }
}

@Suite struct LogRenderingTests {
    private func entry(_ line: String, metadata: LabelSet = [:], parsed: LabelSet = [:]) -> LogEntry {
        LogEntry(
            time: 1_700_000_000_123_456_789, line: line, stream: ["service_name": "orders", "pod": "a"], metadata: metadata, parsed: parsed)
    }

    private func text(_ entry: LogEntry, _ terminal: Terminal = Terminal(), isCut: Bool = false, isContext: Bool = false) -> String {
        var renderer = LogTextRenderer(terminal: terminal, isCut: isCut)
        renderer.measure([entry])
        return renderer.render(entry, isContext: isContext)
    }

    @Test func `a line has time, level, service and message`() {
        #expect(text(entry("it failed", metadata: ["detected_level": "error"])) == "2023-11-14T22:13:20.123Z  ERROR  orders  it failed\n")
        #expect(text(entry("hello")) == "2023-11-14T22:13:20.123Z         orders  hello\n")
        #expect(text(entry("hm", metadata: ["detected_level": "unknown"])) == "2023-11-14T22:13:20.123Z         orders  hm\n")
    }

    @Test func `a JSON line is taken apart`() {
        let line =
            #"{"ts":"2023","level":"warn","msg":"slow query","http":{"status":500,"tags":["a", 1]},"user":"x y","ok":true,"none":null}"#
        #expect(
            text(entry(line, metadata: ["detected_level": "warn", "trace_id": "abc"]))
                == #"2023-11-14T22:13:20.123Z  WARN   orders  slow query  http.status=500  http.tags="["a", 1]"  user="x y"  ok=true  trace_id=abc"#
                .replacing(#""["a", 1]""#, with: #""[\"a\", 1]""#) + "\n")
        // The level of the line counts where nothing was detected.
        #expect(text(entry(#"{"severity":"ERROR","message":"m"}"#)).contains("  ERROR  orders  m\n"))
        // What is no object, or is broken, is text.
        for line in [#"["a"]"#, #"{"msg":"x"} trailing"#, #"{"msg":"#, "{}"] {
            #expect(text(entry(line)).hasSuffix("orders  " + line + "\n"))
        }
    }

    @Test func `what a query made is shown where the line does not say it`() {
        let entry = entry("a=1 b=2", metadata: ["trace_id": "t"], parsed: ["a": "1", "made": "new one"])
        #expect(text(entry) == "2023-11-14T22:13:20.123Z         orders  a=1 b=2  trace_id=t  made=\"new one\"\n")
    }

    @Test func `lines of their own stay lines, and nothing obeys what is in them`() {
        #expect(text(entry("boom\n  at main\n")) == "2023-11-14T22:13:20.123Z         orders  boom\n      at main\n")
        #expect(text(entry("red \u{1b}[31m")).contains(#"red \u{1b}[31m"#))
    }

    @Test func `colours go by level, and a width only counts where it is asked for`() {
        let colour = Terminal(width: 60, hasColor: true)
        let error = text(entry("it failed", metadata: ["detected_level": "error"]), colour)
        #expect(error.contains("\u{1b}[31mERROR  \u{1b}[0m") && error.contains("\u{1b}[31mit failed\u{1b}[0m"))
        #expect(text(entry("x", metadata: ["level": "warning"]), colour).contains("\u{1b}[33mWARN   \u{1b}[0m"))
        #expect(text(entry("x", metadata: ["level": "INFO"]), colour, isContext: true).contains("\u{1b}[2mx\u{1b}[0m"))
        let long = String(repeating: "y", count: 200)
        #expect(text(entry(long), Terminal(width: 60)).count > 200)
        let cut = text(entry(long), Terminal(width: 60), isCut: true)
        #expect(cut.count == 61 && cut.hasSuffix("…\n"))
    }

    @Test(arguments: [
        ("fatal", "FATAL"), ("CRITICAL", "FATAL"), ("err", "ERROR"), ("Warning", "WARN"), ("notice", "INFO"), ("dbg", "DEBUG"),
        ("trace", "TRACE"),
        ("unknown", ""), ("", ""), ("odd", "ODD"),
    ])
    func `levels have many names`(word: String, name: String) { #expect(LogLevel(word).name == name) }

    @Test func `the forms of logcli`() {
        let entries = [
            entry("  spaced  "), LogEntry(time: 1_700_000_001_000_000_000, line: "b\n", stream: ["service_name": "orders", "pod": "long"]),
        ]
        var formatter = LogLineFormatter(.default, terminal: Terminal())
        #expect(formatter.measure(entries) == #"common labels: {service_name="orders"}"#)
        #expect(formatter.line(entries[0]) == #"2023-11-14T22:13:20Z {pod="a"}      spaced  "# + "\n")
        #expect(formatter.line(entries[1]) == #"2023-11-14T22:13:21Z {pod="long"} b"# + "\n")
        #expect(LogLineFormatter(.raw, terminal: Terminal()).line(entries[1]) == "b\n")
        #expect(LogLineFormatter(.raw, terminal: Terminal()).line(entries[0]) == "  spaced  \n")
        let both = entry("x", metadata: ["trace_id": "t"], parsed: ["p": "q"])
        #expect(
            LogLineFormatter(.jsonl, terminal: Terminal()).line(both)
                == #"{"labels":{"p":"q","pod":"a","service_name":"orders","trace_id":"t"},"line":"x","timestamp":"2023-11-14T22:13:20.123456789Z"}"#
                + "\n")
        #expect(
            LogLineFormatter(.json, terminal: Terminal()).line(both)
                == #"{"time":"2023-11-14T22:13:20.123456789Z","timestamp":"1700000000123456789","labels":{"pod":"a","service_name":"orders"},"#
                + #""metadata":{"trace_id":"t"},"parsed":{"p":"q"},"line":"x"}"# + "\n")
    }
}
