internal import QueryModel
internal import TelemetryModel
internal import Testing
internal import TraceQL

@Suite struct ResourceConditionTests {
    private let debug = [
        Attribute("service.name", .string("debug")), Attribute("replicas", .int(3)),
        Attribute("zones", .array([.string("a"), .string("b")])),
    ]

    @Test(arguments: [
        ("{ resource.service.name = \"debug\" }", true), ("{ resource.service.name = `deb` }", false),
        ("{ resource.service.name =~ \"deb.*\" }", true), ("{ resource.service.name =~ \"deb\" }", false),
        ("{ resource.service.name !~ \"shop.*\" }", true), ("{ resource.service.name != \"debug\" }", false),
        ("{ resource.replicas > 2 && resource.service.name = \"debug\" }", true), ("{ resource.replicas = \"3\" }", false),
        ("{ resource.zones = \"b\" }", true), ("{ resource.absent = nil }", true), ("{ resource.absent != \"x\" }", false),
        ("{ resource.absent = \"x\" || resource.replicas = 3 }", true), ("{ !(resource.replicas = 3) }", false),
    ])
    func aResourcePassesAsItsSpansDo(text: String, holds: Bool) throws {
        #expect(try ResourceCondition(parsing: text).holds(of: debug) == holds, "\(text)")
        // A query over a span of that resource says the same.
        var batch = SpanBatch()
        var resource = ResourceRecord()
        resource.attributes = debug
        (batch.resources, batch.scopes) = ([resource], [ScopeRecord()])
        batch.spans = [SpanRecord(traceID: TraceID(high: 1, low: 1), spanID: SpanID(1))]
        batch.spans[0].start = 1_000_000_000
        batch.spans[0].end = 1_500_000_000
        let engine = TraceQLEngine(options: TraceEngineOptions())
        let source = ArraySpanSource(all: [ArraySpanTable(batch)])
        let result = try engine.search(try engine.parse(text), SearchOptions(), source: source, budget: QueryBudget())
        #expect(result.traces.isEmpty != holds, "\(text)")
    }

    @Test(arguments: [
        ("{ name = \"x\" }", "name is no attribute of a resource"),
        ("{ .service.name = \"x\" }", "service.name is no attribute of a resource"),
        ("{ span.a = 1 }", "a is no attribute of a resource"), ("{ }", "expected a condition"), ("{ true }", "expected a condition"),
        ("{ resource.a = 1 } | count() > 1", "one filter alone"), ("{ resource.a = 1 } && { resource.b = 1 }", "one filter alone"),
        ("{ resource.a =~ \"(\" }", "parse error"), ("{service.name=\"debug\"}", "parse error"),
    ])
    func whatNoResourceCanAnswerIsRefused(text: String, reason: String) throws {
        let error = #expect(throws: QueryError.self) { try ResourceCondition(parsing: text) }
        #expect(error?.message.contains(reason) == true, "\(text): \(error?.message ?? "")")
    }
}
