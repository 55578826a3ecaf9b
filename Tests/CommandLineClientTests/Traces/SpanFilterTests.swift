internal import Testing

@testable internal import CommandLineClient

struct SpanFilterTests {
    @Test(arguments: [
        (SpanFilter(), nil, "{}"), (SpanFilter(), " { a } ", "{ a }"),
        (SpanFilter(service: "pay\"ments\\", isError: true), nil, #"{ resource.service.name = "pay\"ments\\" && status = error }"#),
        (
            SpanFilter(operation: "GET /", durationMin: "200ms", durationMax: "1h30m"), "{}",
            #"{ name = "GET /" && duration >= 200ms && duration <= 1h30m }"#
        ),
        // Of one selector the same span is meant; braces in strings do not end it.
        (SpanFilter(isError: true), #"{ .a = "}" || .b = `{` }"#, #"{ (.a = "}" || .b = `{`) && status = error }"#),
        (SpanFilter(isError: true), "{ .a = 1 } >> { .b = 2 }", "({ .a = 1 } >> { .b = 2 }) && ({ status = error })"),
        (SpanFilter(isError: true), "{ .a = 1 } | count() > 2", "({ .a = 1 } | count() > 2) && ({ status = error })"),
        (SpanFilter(tags: ["http.method=GET"]), nil, #"{ .http.method = "GET" }"#),
        (SpanFilter(tags: ["http.status_code=500"]), nil, #"{ (.http.status_code = 500 || .http.status_code = "500") }"#),
        (SpanFilter(tags: ["ok=true", "x=a=b"]), nil, #"{ (.ok = true || .ok = "true") && .x = "a=b" }"#),
        (SpanFilter(tags: ["resource.k8s.pod=p-1", "span.my key=1e5"]), nil, #"{ resource.k8s.pod = "p-1" && span."my key" = "1e5" }"#),
    ])
    func `options stand for conditions of one span`(filter: SpanFilter, given: String?, query: String) throws {
        #expect(try filter.query(given) == query)
    }

    @Test(arguments: [
        SpanFilter(durationMin: "5"), SpanFilter(durationMax: "5 s"), SpanFilter(durationMin: "1s } || {"), SpanFilter(tags: ["novalue"]),
        SpanFilter(tags: ["=x"]),
    ])
    func `what cannot be read is refused`(filter: SpanFilter) {
        let error = #expect(throws: ClientError.self) { try filter.query(nil) }
        #expect(error?.status == .usage)
        #expect(error?.message.hasPrefix("--") == true)
    }
}

struct QueryFaultTests {
    @Test(arguments: [
        ("1:3: parse error: x", "{ bad }", "  { bad }\n    ^"), ("invalid TraceQL query: 1:1: y", "é", "  é\n  ^"),
        ("parse error at line 2, col 2: z", "{ a }\n| b", "  | b\n   ^"), ("1:4: end", "é}", "  é}\n    ^"), ("1:9: beyond", "ab", ""),
        ("nothing said", "ab", ""), ("3:1: no such line", "ab", ""), ("1:1: of nothing", "", ""), ("1:3: x", "\ta", "   a\n    ^"),
        ("1:5: wide", "日x", "  日x\n     ^"),
    ])
    func `the place is shown under the query`(message: String, query: String, excerpt: String) {
        #expect(QueryFault(message, in: query).excerpt == excerpt)
    }
}

struct SpanTimeTests {
    @Test(arguments: [
        (UInt64(0), "0s"), (1, "1ns"), (999, "999ns"), (1000, "1µs"), (12_340, "12.3µs"), (999_600, "1ms"), (312_000_000, "312ms"),
        (1_240_000_000, "1.24s"), (59_940_000_000, "59.9s"), (59_960_000_000, "1m"), (90_000_000_000, "1m30s"), (7_500_000_000_000, "2h5m"),
        (90_000_000_000_000, "1d1h"), (UInt64.max, "213503d23h"),
    ])
    func `durations have three digits or two units`(nanoseconds: UInt64, text: String) {
        #expect(SpanTime(for: Terminal()).duration(nanoseconds) == text)
    }

    @Test func `changes have a sign`() {
        let time = SpanTime(for: Terminal(hasUnicode: false))
        #expect(time.change(from: 5000, to: 2000) == "-3us")
        #expect(time.change(from: 5, to: 5) == "0s")
        #expect(time.offset(of: 10, from: 4) == "+6ns")
        #expect(time.offset(of: 4, from: 10) == "-6ns")
        #expect(time.moment(UInt64.max).hasSuffix(" UTC"))
    }
}
