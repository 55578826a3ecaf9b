internal import TelemetryModel
internal import Testing
internal import TraceQL

/// What conditions mean, on a few spans.
struct ConditionTests {
    private let spans: SpanBuilder = {
        var spans = SpanBuilder()
        spans.add(
            1, "get", lasts: 10,
            [Attribute("n", .int(7)), Attribute("x", .double(2.5)), Attribute("s", .string("Text")), Attribute("b", .bool(true))])
        spans.add(
            2, parent: 1, "put", lasts: 20, [Attribute("n", .double(7)), Attribute("s", .string("")), Attribute("b", .bool(false))],
            status: .error)
        spans.add(
            3, parent: 1, "pay\nnow", service: "bank", lasts: 30,
            [Attribute("n", .string("7")), Attribute("l", .array([.int(1), .int(5)]))])
        return spans
    }()

    private static let cases: [(String, [UInt64])] = [
        ("{ }", [1, 2, 3]), ("{ .n = 7 }", [1, 2]), ("{ .n = \"7\" }", [3]), ("{ .n != 7 }", []), ("{ .n != 8 }", [1, 2]),
        ("{ .x > 2 }", [1]),
        ("{ .x > 2.5 }", []), ("{ .s = \"\" }", [2]), ("{ .s >= \"T\" }", [1]), ("{ .s < \"T\" }", [2]), ("{ .b }", [1]), ("{ !.b }", [2]),
        ("{ .b != true }", [2]),
        ("{ !(.b = true) }", [2, 3]), ("{ .n != nil }", [1, 2, 3]), ("{ .x = nil }", [2, 3]), ("{ .missing != 1 }", []),
        ("{ name =~ \"p.*\" }", [2, 3]), ("{ name =~ \"p\" }", []), ("{ name !~ \"p.*\" }", [1]), ("{ name =~ \"pay.now\" }", [3]),
        ("{ .l = 5 }", [3]), ("{ .l != 5 }", [3]), ("{ .l != 5 && .l != 1 }", []), ("{ .l > 1 }", [3]), ("{ .l > 5 }", []),
        ("{ status = error }", [2]), ("{ status != error }", [1, 3]), ("{ duration > 10ms }", [2, 3]),
        ("{ duration >= 10ms && duration < 30ms }", [1, 2]),
        ("{ duration != 20ms }", [1, 3]), ("{ duration > 10000000 }", [2, 3]), ("{ duration <= 10000000.5 }", [1]),
        ("{ 15ms < duration }", [2, 3]),
        ("{ resource.service.name = \"bank\" }", [3]), ("{ .service.name = \"bank\" }", [3]), ("{ span.service.name = \"bank\" }", []),
        ("{ rootName = \"get\" && rootServiceName = \"shop\" }", [1, 2, 3]), ("{ traceDuration = 30ms }", [1, 2, 3]),
        ("{ .n + 1 = 8 }", [1, 2]), ("{ .n / 2 = 3 }", [1]), ("{ .n / 2 = 3.5 }", [2]), ("{ .n % 4 = 3 }", [1, 2]), ("{ .n / 0 = 1 }", []),
        ("{ -.n = -7 }", [1, 2]),
        ("{ .n ^ 2 > 48 }", [1, 2]), ("{ duration * 2 = 40ms }", [2]), ("{ duration - 5ms = 5ms }", [1]), ("{ .n > .x }", [1]),
        ("{ .missing = .missing }", []),
        ("{ span:childCount = 2 }", [1]), ("{ span:parentID = \"0000000000000001\" }", [2, 3]), ("{ span:id = \"0000000000000002\" }", [2]),
        ("{ trace:id = \"1\" }", [1, 2, 3]), ("{ trace:id != \"0001\" }", []), ("{ trace:id = \"2\" }", []), ("{ nestedSetLeft = 1 }", [1]),
        ("{ nestedSetParent = 1 }", [2, 3]),
        ("{ name = \"get\" || duration > 25ms }", [1, 3]), ("{ (name = \"get\" || .b = false) && duration < 15ms }", [1]),
        ("{ kind = unspecified }", [1, 2, 3]),
    ]

    @Test(arguments: cases)
    func `conditions pass the spans that they should`(text: String, expected: [UInt64]) throws {
        #expect(try spans.find(text).flatMap { $0 } == expected)
    }

    @Test func `events and links pass where any of them does`() throws {
        var spans = SpanBuilder()
        spans.add(1) { span in
            var first = SpanEvent(time: span.start + 5, name: "retry")
            first.attributes = [Attribute("n", .int(1))]
            var second = SpanEvent(time: span.start + 50, name: "error")
            second.attributes = [Attribute("n", .int(9))]
            span.events = [first, second]
            var link = SpanLink(traceID: TraceID(high: 0, low: 0xab), spanID: SpanID(0xcd))
            link.attributes = [Attribute("n", .int(3))]
            span.links = [link]
        }
        spans.add(2, parent: 1)
        for text in [
            "{ event:name = \"retry\" && event:name = \"error\" }", "{ event:name != \"retry\" }", "{ event.n > 5 }",
            "{ event:timeSinceStart = 50ns }",
            "{ link.n = 3 }", "{ link:traceID = \"ab\" }", "{ link:spanID = \"00000000000000cd\" }", "{ event.n != nil }",
        ] {
            #expect(try spans.find(text) == [[1]], "\(text)")
        }
        #expect(try spans.find("{ event:name != \"retry\" && event:name != \"error\" }").isEmpty)
        #expect(try spans.find("{ event.n = nil }") == [[2]])
        #expect(try spans.find("{ .n = 9 }").isEmpty)
    }

    @Test func `a conventional attribute of another type is found by comparison only`() throws {
        var spans = SpanBuilder()
        spans.add(1, "op", [Attribute("http.status_code", .string("200"))])
        spans.add(2, parent: 1, "op", [Attribute("http.status_code", .int(200))])
        #expect(try spans.find("{ .http.status_code = 200 }") == [[2]])
        #expect(try spans.find("{ .http.status_code = \"200\" }") == [[1]])
        #expect(try spans.find("{ .http.status_code != nil }") == [[2]])
        #expect(
            try spans.series("{ } | count_over_time() by (.http.status_code)") == [
                ".http.status_code=200: 10=1.0 20=0.0 30=0.0", ".http.status_code=nil: 10=1.0 20=0.0 30=0.0",
            ])
    }
}
