internal import GraphImage
internal import TelemetryModel
internal import Testing

@testable internal import CommandLineClient

struct GraphTests {
    private func series(_ labels: LabelSet, _ values: [Double?]) -> QueryReply.Series {
        let points = values.enumerated().compactMap { index, value in
            value.map { QueryReply.Point(time: Timestamp(index) * 60_000, value: .float("\($0)")) }
        }
        return QueryReply.Series(labels: labels, points: points)
    }

    private func graph(_ series: [QueryReply.Series], _ terminal: Terminal, unit: QuantityUnit = .none, minutes: Int64 = 30) -> String {
        GraphRenderer(terminal: terminal, unit: unit, start: 0, end: minutes * 60_000, stepMilliseconds: 60_000).render(series)
    }

    @Test func `a line rises from corner to corner`() {
        let text = graph(
            [series(["job": "api"], (0...30).map { Double($0) * 100 })], Terminal(width: 40, height: 12, hasUnicode: true))
        #expect(
            text == """
                4k ┤
                   │                             ⣀⣀⡠⠤⠤⠒⠒
                2k ┤                  ⢀⣀⣀⠤⠤⠤⠔⠒⠊⠉⠉
                   │         ⣀⣀⡠⠤⠔⠒⠒⠉⠉⠁
                 0 ┤⣀⣀⠤⠤⠒⠒⠊⠉⠉
                   └┬───────────┬──────────┬───────────┬
                    00:00     00:10      00:20     00:30
                1970-01-01T00:00:00Z to 1970-01-01T00:3…
                ● {job="api"}  last 3k  min 0  max 3k

                """)
    }

    @Test func `without Unicode everything is ASCII and lines have symbols`() {
        let lines = [
            series(["job": "a", "zone": "x"], Array(repeating: 1, count: 31)),
            series(["job": "b", "zone": "x"], Array(repeating: 3, count: 31)),
        ]
        let text = graph(lines, Terminal(width: 60, height: 20, hasUnicode: false))
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
        #expect(text.contains("all: {zone=\"x\"}\n* {job=\"a\"}  last 1  min 1  max 1\n+ {job=\"b\"}  last 3  min 3  max 3\n"))
        #expect(text.contains(String(repeating: "*", count: 40)))
    }

    @Test(arguments: [20, 40, 80, 133, 300], [true, false])
    func `no line is wider than the terminal`(width: Int, hasUnicode: Bool) {
        let long = String(repeating: "long", count: 40)
        let lines = (0..<25).map { index in series(["instance": "\(long)\(index)"], (0...30).map { Double(($0 * index) % 17) * 1e7 }) }
        let text = graph(lines, Terminal(width: width, height: 24, hasUnicode: hasUnicode), unit: .bytes)
        for line in text.split(separator: "\n") { #expect(displayWidth(String(line)) <= width) }
        #expect(text.contains("and 5 more series"))
    }

    @Test func `a gap breaks the line`() {
        var values: [Double?] = Array(repeating: 5, count: 31)
        for index in 10..<20 { values[index] = nil }
        let text = graph([series([:], values)], Terminal(width: 60, height: 12))
        let row = text.split(separator: "\n").first { $0.unicodeScalars.contains { (0x2801...0x28ff).contains($0.value) } }
        #expect(row?.contains("          ") == true)
    }

    @Test func `colours only where the terminal has them`() {
        let lines = [series(["a": "1"], [1, 2, 3]), series(["a": "2"], [3, 2, 1])]
        #expect(graph(lines, Terminal(hasColor: true)).contains("\u{1b}[36m"))
        #expect(!graph(lines, Terminal(hasColor: false)).contains("\u{1b}"))
    }

    @Test func `nothing to draw is said`() {
        let nothing = "no data from 1970-01-01T00:00:00Z to 1970-01-01T00:30:00Z\n"
        #expect(graph([], Terminal()) == nothing)
        #expect(graph([series([:], [.nan, .infinity])], Terminal()) == nothing)
    }

    @Test(arguments: [
        [1e308, -1e308], [.leastNonzeroMagnitude, 0], [1e15, 1e15 + 1], [-5, -5], [0, 0],
        [.greatestFiniteMagnitude, .greatestFiniteMagnitude],
        [123_456.789, 123_456.790],
    ])
    func `extreme values draw`(values: [Double]) {
        for unit in QuantityUnit.allCases {
            let text = graph([series([:], values)], Terminal(width: 60, height: 20), unit: unit)
            #expect(text.contains("┤"))
        }
    }

    @Test func `histograms draw as means`() {
        let point = QueryReply.Point(time: 60_000, value: .histogram(ReplySamples.histogram))
        let text = graph([QueryReply.Series(labels: [:], points: [point])], Terminal())
        #expect(text.contains("last 1.5  min 1.5  max 1.5  (means of histograms)"))
    }
}

struct QuantityUnitTests {
    @Test(arguments: [
        (0.0, QuantityUnit.none, "0"), (1, .none, "1"), (999, .none, "999"), (1000, .none, "1k"), (1234.5, .none, "1.23k"),
        (999_999, .none, "1M"), (-2_500_000, .none, "-2.5M"), (0.0025, .none, "0.0025"), (1e-9, .none, "1e-9"), (2.5e20, .none, "2.5e20"),
        (.nan, .none, "NaN"), (-.infinity, .none, "-Inf"), (512, .bytes, "512 B"), (1536, .bytes, "1.5 KiB"), (0, .bytes, "0 B"),
        (3 * 0x1p30, .bytes, "3 GiB"), (0.25, .seconds, "250 ms"), (90, .seconds, "1.5 m"), (0.000012, .seconds, "12 us"),
        (86_400, .seconds, "1 d"), (0.256, .ratio, "25.6%"), (1, .ratio, "100%"),
    ])
    func `numbers are short and have their unit`(value: Double, unit: QuantityUnit, text: String) { #expect(unit.text(value) == text) }

    @Test(arguments: [
        ("up", QuantityUnit.none), ("node_memory_free_bytes", .bytes), ("rate(node_network_receive_bytes_total[5m])", .bytes),
        ("sum by (job) (process_resident_memory_bytes)", .bytes), ("rate(process_cpu_seconds_total[5m])", .none),
        ("process_uptime_seconds", .seconds),
        ("histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))", .seconds),
        ("rate(http_request_duration_seconds_sum[5m]) / rate(http_request_duration_seconds_count[5m])", .seconds),
        ("rate(http_request_duration_seconds_count[5m])", .none), ("free_bytes / size_bytes", .none), ("free_bytes / 1024", .bytes),
        ("count(free_bytes)", .none), ("cache_hit_ratio", .ratio), ("not a query (", .none), ("free_bytes > 5", .bytes),
    ])
    func `the unit is inferred from names`(expression: String, unit: QuantityUnit) {
        #expect(QuantityUnit.inferred(from: expression) == unit)
    }
}
