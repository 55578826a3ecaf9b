internal import TelemetryModel
internal import Testing

@testable internal import CommandLineClient

struct WaterfallTests {
    private func draw(
        _ tree: TraceTree, width: Int, isUnicode: Bool = true, hasColor: Bool = false, _ options: WaterfallPlan.Options = .init()
    ) -> String {
        let terminal = Terminal(width: width, hasColor: hasColor, hasUnicode: isUnicode)
        return WaterfallRenderer(tree, terminal: terminal, options: options).render()
    }

    private func draw(_ trace: String, width: Int, isUnicode: Bool = true, _ options: WaterfallPlan.Options = .init()) -> String {
        draw(TraceNotation.tree(trace), width: width, isUnicode: isUnicode, options)
    }

    /// The trace with everything that stands beneath a span.
    private func detailed() -> TraceTree {
        var batch = TraceNotation.batch(TraceNotation.checkout)
        var exception = SpanEvent(time: TraceNotation.time(280), name: "exception")
        exception.attributes = [
            Attribute("exception.type", .string("Declined")), Attribute("exception.message", .string("insufficient funds")),
            Attribute("exception.stacktrace", .string("a\nb")),
        ]
        var retry = SpanEvent(time: TraceNotation.time(100), name: "retry")
        retry.attributes = [Attribute("attempt", .int(2)), Attribute("reason", .string("timeout"))]
        batch.spans[3].events = [exception, retry]
        var link = SpanLink(traceID: TraceID(high: 1, low: 2), spanID: SpanID(3))
        link.attributes = [Attribute("kind", .string("batch"))]
        batch.spans[3].links = [link]
        return TraceTree(batch)
    }

    @Test func `sixty columns`() {
        #expect(
            draw(TraceNotation.checkout, width: 60) == """
                5b8aa5a2d2c872e8321cf37308d69df2  checkout POST /checkout
                2026-11-27 22:40:28.125 UTC  312ms  9 spans of 5 services
                ✗ 1 error

                SPAN                         TIME  0s                  312ms
                checkout POST /checkout     312ms  ░░░░░░░░░░░░░░░░░░░░░░░██
                ├ cart GET /cart/{id}        20ms  ░░
                │ └ cart SELECT cart         12ms  ██
                ├ ✗ payments POST /charge   260ms    ░░░░░░░░░░░░░░░░░░████
                │ │ ✗ card declined
                │ ├ payments validate         4ms    █
                │ └ fraud score             210ms     ██░░░░░░░░░░░░░░██
                │   ├ fraud SELECT history   46ms     ░░░░░
                │   └ fraud SELECT rules    180ms      ████████████████
                └ audit log                  70ms    ░░░░░░░

                █ critical path: fraud 210ms (67%), payments 50ms (16%),
                  checkout 32ms (10%), cart 20ms (6%)

                """)
    }

    @Test func `eighty columns, with error, events and links`() {
        #expect(
            draw(detailed(), width: 80) == """
                5b8aa5a2d2c872e8321cf37308d69df2  checkout POST /checkout
                2026-11-27 22:40:28.125 UTC  312ms  9 spans of 5 services  ✗ 1 error

                SPAN                         TIME  0s                  156ms               312ms
                checkout POST /checkout     312ms  █░░█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░███
                ├ cart GET /cart/{id}        20ms  █░░█
                │ └ cart SELECT cart         12ms   ██
                ├ ✗ payments POST /charge   260ms      ░█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░██████
                │ │ ✗ card declined
                │ │ ✗ +280ms Declined: insufficient funds
                │ │ • +100ms retry attempt=2 reason=timeout
                │ │ → trace 00000000000000010000000000000002 span 0000000000000003 kind=batch
                │ ├ payments validate         4ms      ██
                │ └ fraud score             210ms       ████░░░░░░░░░░░░░░░░░░░░░░░░░░██
                │   ├ fraud SELECT history   46ms        ░░░░░░░
                │   └ fraud SELECT rules    180ms          ███████████████████████████
                └ audit log                  70ms      ░░░░░░░░░░░

                █ critical path: fraud 210ms (67%), payments 50ms (16%), checkout 32ms (10%),
                  cart 20ms (6%)

                """)
    }

    @Test func `a hundred and twenty columns`() {
        #expect(
            draw(TraceNotation.checkout, width: 120) == """
                5b8aa5a2d2c872e8321cf37308d69df2  checkout POST /checkout
                2026-11-27 22:40:28.125 UTC  312ms  9 spans of 5 services  ✗ 1 error

                SPAN                         TIME  0s                 78ms                 156ms                234ms              312ms
                checkout POST /checkout     312ms  █░░░░░░█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░██████
                ├ cart GET /cart/{id}        20ms   █░░░██
                │ └ cart SELECT cart         12ms    ████
                ├ ✗ payments POST /charge   260ms          █░█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░████████████
                │ │ ✗ card declined
                │ ├ payments validate         4ms          ██
                │ └ fraud score             210ms            ██████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░████
                │   ├ fraud SELECT history   46ms             ░░░░░░░░░░░░░░
                │   └ fraud SELECT rules    180ms                  ██████████████████████████████████████████████████
                └ audit log                  70ms          ░░░░░░░░░░░░░░░░░░░░

                █ critical path: fraud 210ms (67%), payments 50ms (16%), checkout 32ms (10%), cart 20ms (6%)

                """)
    }

    @Test func `ASCII where the locale has no more`() {
        let text = draw(detailed(), width: 80, isUnicode: false)
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
        #expect(text.contains("| | ! +280ms Declined: insufficient funds\n"))
        #expect(text.contains("|   `-fraud SELECT rules    180ms          ###########################\n"))
    }

    @Test func `errors are red, services have colours of their own`() {
        let text = draw(detailed(), width: 80, hasColor: true)
        #expect(text.contains("\u{1b}[31mpayments\u{1b}[0m"))
        #expect(text.contains("\u{1b}[31m✗ card declined\u{1b}[0m"))
        #expect(text.contains("\u{1b}[36mcheckout\u{1b}[0m"))
        #expect(text.contains("\u{1b}[33mcart\u{1b}[0m"))
    }

    @Test(arguments: [20, 40, 41, 60, 80, 81, 120, 200])
    func `no line is wider than the terminal`(width: Int) {
        var batch = TraceNotation.batch(TraceNotation.checkout)
        batch.resources[0].attributes = [Attribute("service.name", .string("サービス-service-with-a-long-name"))]
        batch.spans[5].name = String(repeating: "界", count: 80)
        batch.spans[8].name = "a\u{1b}[31mred\u{7}\n\u{202e}gnp.exe"
        batch.spans[8].statusCode = .error
        batch.spans[8].statusMessage = String(repeating: "long ", count: 100)
        for isUnicode in [true, false] {
            let text = draw(TraceTree(batch), width: width, isUnicode: isUnicode)
            for line in text.split(separator: "\n") { #expect(displayWidth(String(line)) <= max(40, width), "\(line)") }
            #expect(!text.unicodeScalars.contains { $0.value == 0x1b || $0.value == 7 || $0.value == 0x202e })
        }
        #expect(draw(TraceTree(batch), width: 200).contains("a\\u{1b}[31mred\\u{7}\\n\\u{202e}gnp.exe"))
    }

    @Test func `odd traces are drawn and said to be odd`() {
        let text = draw("1 3 a x 5 10\n2 1 a y 3 4\n3 2 a z 6 7\n4 99 a lost 5 4\n5 - a root 0 10\n6 - b other 2 8", width: 80)
        #expect(
            text == """
                5b8aa5a2d2c872e8321cf37308d69df2  a root
                2026-11-27 22:40:28.125 UTC  10ms  6 spans of 2 services

                SPAN      TIME  0s            2.5ms            5ms            7.5ms         10ms
                a root    10ms  ████████████████████████████████████████████████████████████████
                b other    6ms              ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
                a y        1ms                     ░░░░░░░
                └ a z      1ms                                        ░░░░░░░
                  └ a x    5ms                                  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
                a lost      0s                                  ░

                █ critical path: a 10ms (100%)
                1 span names a parent that is not here
                1 span is its own ancestor; shown as a root
                1 span ends before it starts; shown without length
                2 spans are roots

                """)
        let point = draw("1 - a instant 5 5\n2 1 a also 5 5", width: 60)
        #expect(point.contains("a instant    0s  ░\n"))
        #expect(!point.contains("critical path"))
        #expect(draw(TraceTree(SpanBatch()), width: 60).contains("0 spans of 0 services"))
    }

    // MARK: Folding

    private func queries(_ count: Int, error: Int? = nil) -> String {
        "1 - shop list 0 1000\n"
            + (0..<count).map { "\($0 + 2) 1 db SELECT \($0 * 10) \($0 * 10 + ($0 == 3 ? 9 : 5))\($0 == error ? " gone" : "")" }.joined(
                separator: "\n")
    }

    @Test func `siblings alike are folded but for the first, the longest and errors`() {
        let text = draw(queries(50, error: 20), width: 70)
        #expect(text.contains("├ ⋯ 47 more SELECT  Σ235ms  "))
        #expect(text.contains("✗ db SELECT"))
        #expect(text.contains("47 spans not shown; --all or --depth N shows more\n"))
        #expect(draw(queries(50), width: 70, .init(isAll: true)).split(separator: "\n").count == 2 + 1 + 51 + 1)
        #expect(!draw(queries(5), width: 70).contains("more"))
    }

    @Test func `levels beyond the depth are counted, errors shown all the same`() {
        let text = draw(TraceNotation.checkout, width: 80, .init(levels: 1))
        #expect(text.contains("checkout POST /checkout (+3)"))
        #expect(text.contains("└ ✗ payments POST /charge (+4)"))
        #expect(!text.contains("cart GET"))
        let two = draw(TraceNotation.checkout, width: 80, .init(levels: 2))
        #expect(two.contains("├ cart GET /cart/{id} (+1)"))
        #expect(!two.contains("SELECT"))
    }

    @Test func `large trees are cut where they fit`() {
        var lines = ["1 - a root 0 1000"]
        for parent in 0..<20 {
            lines.append("\(100 + parent) 1 a mid\(parent) 0 900")
            for child in 0..<10 { lines.append("\(1000 + parent * 10 + child) \(100 + parent) b leaf\(child) 0 800") }
        }
        let text = draw(lines.joined(separator: "\n"), width: 80)
        #expect(text.contains("├ a mid3 (+10)"))
        #expect(!text.contains("leaf"))
        #expect(text.contains("200 spans not shown"))
        let whole = draw(lines.joined(separator: "\n"), width: 80, .init(levels: 3))
        #expect(whole.contains("leaf9"))
    }

    @Test func `deep trees keep their innermost lines`() {
        let chain = (1...60).map { "\($0) \($0 == 1 ? "-" : String($0 - 1)) s n\($0) 0 \(100 - $0)" }.joined(separator: "\n")
        let text = draw(chain, width: 80)
        #expect(text.contains("⋯           "))
        #expect(text.contains("└ s n60"))
    }
}
