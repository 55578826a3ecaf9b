internal import QueryModel
internal import TelemetryModel
internal import Testing
internal import TraceQL

struct TagTests {
    private let spans: SpanBuilder = {
        var spans = SpanBuilder()
        spans.add(
            1, "get", service: "a",
            [Attribute("http.method", .string("GET")), Attribute("n", .int(2)), Attribute("l", .array([.string("x"), .string("y")]))])
        spans.add(
            2, "put", service: "b", [Attribute("http.method", .string("PUT")), Attribute("n", .double(0.5)), Attribute("b", .bool(true))]
        ) {
            var event = SpanEvent(time: $0.start, name: "retry")
            event.attributes = [Attribute("e", .int(1))]
            $0.events = [event]
        }
        return spans
    }()

    private func names(_ scope: TagScope?, _ filter: String? = nil) throws -> [TagNames] {
        try TraceQLEngine().tagNames(scope, TagOptions(filter: filter), source: spans.source, budget: QueryBudget())
    }

    private func values(_ field: String, _ filter: String? = nil, limit: Int = 0) throws -> [TagValue] {
        try TraceQLEngine().tagValues(field, TagOptions(filter: filter, limit: limit), source: spans.source, budget: QueryBudget())
    }

    @Test func `names come by scope`() throws {
        #expect(try names(.span) == [TagNames(scope: .span, names: ["b", "http.method", "l", "n"])])
        #expect(try names(nil).map(\.scope) == [.resource, .span, .event, .intrinsic])
        #expect(try names(.span, "{ resource.service.name = \"a\" }") == [TagNames(scope: .span, names: ["http.method", "l", "n"])])
        #expect(try names(.link).isEmpty)
        #expect(try names(.intrinsic)[0].names.contains("span:status"))
    }

    @Test func `values come with their types`() throws {
        #expect(try values(".n") == [TagValue(.float, "0.5"), TagValue(.int, "2")])
        #expect(try values("span.l") == [TagValue(.string, "x"), TagValue(.string, "y")])
        #expect(try values(".b") == [TagValue(.bool, "true")])
        #expect(try values("name") == [TagValue(.string, "get"), TagValue(.string, "put")])
        #expect(try values("event:name") == [TagValue(.string, "retry")])
        #expect(try values("status").map(\.kind) == [.keyword, .keyword, .keyword])
        #expect(try values("duration").isEmpty)
        #expect(try values(".service.name", limit: 1) == [TagValue(.string, "a")])
        #expect(throws: QueryError.self) { try values("nonsense") }
    }

    @Test(arguments: [
        ("{ resource.service.name = \"b\" }", ["PUT"]), ("{ resource.service.name = \"b\" && .n = }", ["PUT"]),
        ("{ .n = && resource.service.name = \"b\"", ["PUT"]),
        ("{ resource.service.name = \"b\" || .n = }", ["GET", "PUT"]), ("{", ["GET", "PUT"]), ("nonsense", ["GET", "PUT"]),
        ("", ["GET", "PUT"]),
        ("{ name = \"get\" && \"unfinished", ["GET"]), ("{ name = \"get\" } | rate()", ["GET"]), ("{ name = \"nobody\" }", []),
    ])
    func `half a query filters by what is finished`(filter: String, expected: [String]) throws {
        #expect(try values(".http.method", filter).map(\.text) == expected)
    }

    @Test(arguments: [
        ("service.name=shop", "{ resource.service.name = `shop` }"), ("a=b c=\"d e\"", "{ .a = `b` } && { .c = `d e` }"),
        ("http.status_code=200", "{ (.http.status_code = `200`) || (.http.status_code = 200) }"),
        ("error=true name=get", "{ status = error } && { name = `get` }"),
        ("b=true", "{ (.b = `true`) || (.b = true) }"), ("x=1.5", "{ (.x = `1.5`) || (.x = 1.5) }"), ("", "{ }"),
        ("status.code=ok root.name=r", "{ status = ok } && { rootName = `r` }"),
    ])
    func `tags of the older search become a query`(tags: String, expected: String) throws {
        #expect(try TraceQLEngine().parse(tags: tags, minDuration: nil, maxDuration: "").text == expected)
        #expect(try TraceQLParser().parse(expected).printed == expected)
    }

    @Test func `durations of the older search bound the trace`() throws {
        let engine = TraceQLEngine()
        #expect(
            try engine.parse(tags: "", minDuration: "100ms", maxDuration: "2s").text
                == "{ (traceDuration >= 100ms) && (traceDuration <= 2s) }")
        #expect(throws: QueryError.self) { try engine.parse(tags: "", minDuration: "2s", maxDuration: "1s") }
        for tags in ["a=1 a=2", "=x", "a=\"x", "\"a\"", "a=b=c"] {
            #expect(throws: QueryError.self) { try engine.parse(tags: tags, minDuration: nil, maxDuration: nil) }
        }
        #expect(throws: QueryError.self) { try engine.parse(tags: "", minDuration: "soon", maxDuration: nil) }
    }
}
