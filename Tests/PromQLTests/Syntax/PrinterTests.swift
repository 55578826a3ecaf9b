internal import PromQL
internal import QueryModel
internal import Testing

struct PrinterTests {
    private let parser = SyntaxSamples.parser

    @Test(arguments: [
        ("SUM(up)BY(job)", "sum by (job) (up)"),
        ("sum by () (up)", "sum(up)"),
        ("sum without () (up)", "sum without () (up)"),
        ("topk  (5,up)", "topk(5, up)"),
        ("up{b='2',a=\"1\"}", "up{a=\"1\",b=\"2\"}"),
        ("{__name__=\"up\"}", "{__name__=\"up\"}"),
        ("{\"a b\"=\"c\"}", "{\"a b\"=\"c\"}"),
        ("up[300]", "up[5m]"),
        ("up offset -90", "up offset -1m30s"),
        ("up offset 5m @ 1.5", "up @ 1.500 offset 5m"),
        ("up @ -0.5", "up @ -0.500"),
        ("up[5m] offset 1m anchored @ end()", "up[5m] anchored @ end() offset 1m"),
        ("up[90d]", "up[90d]"),
        ("up[14d]", "up[2w]"),
        ("a==bool on(x)group_left b", "a == bool on (x) group_left () b"),
        ("a - ignoring() b", "a - b"),
        ("a - fill(1e6) b", "a - fill (1e+06) b"),
        ("1e6", "1000000"),
        ("0.000001", "0.000001"),
        ("-iNf", "-Inf"),
        ("-5m", "-5m"),
        ("'a\"b'", #""a\"b""#),
        ("sum by (\"without\", \"inf\") (a)", "sum by (\"without\", \"inf\") (a)"),
        ("a offset - -5m + 3", "a offset + +5m + 3"),
        ("a[max_of(1h,step()*2):]", "a[max_of(1h, step() * 2):]"),
    ])
    func `the canonical form`(query: String, expected: String) throws {
        #expect(try parser.parse(query).description == expected)
    }

    @Test(arguments: SyntaxSamples.valid)
    func `what is printed parses to the same`(query: String) throws {
        let expression = try parser.parse(query)
        let printed = expression.description
        let again = try parser.parse(printed)
        // What is not a number equals nothing.
        if query != "NaN" { #expect(again.stripped == expression.stripped, "printed as \(printed)") }
        #expect(again.description == printed)
    }

    @Test(arguments: SyntaxSamples.valid, [10, 40])
    func `what is prettified parses to the same`(query: String, width: Int) throws {
        let expression = try parser.parse(query)
        let again = try parser.parse(expression.prettified(widthMax: width))
        #expect(again.description == expression.description)
    }

    @Test func `short expressions stay on one line`() throws {
        #expect(try parser.parse("sum(rate(up[5m]))").prettified() == "sum(rate(up[5m]))")
    }

    @Test func `long expressions are split and indented`() throws {
        let query = """
            histogram_quantile(0.99, sum by (le, service) (rate(http_request_duration_seconds_bucket{service="checkout"}[5m]))) > on (service) \
            group_left (team) -slo_target_seconds{kind="latency"}
            """
        #expect(
            try parser.parse(query).prettified() == """
                  histogram_quantile(
                    0.99,
                    sum by (le, service) (rate(http_request_duration_seconds_bucket{service="checkout"}[5m]))
                  )
                > on (service) group_left (team)
                  -slo_target_seconds{kind="latency"}
                """)
    }
}
