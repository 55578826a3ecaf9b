internal import QueryModel
internal import TelemetryModel
internal import Testing
internal import TraceQL

/// Structural operators, pipelines, grouping and aggregates, on a small tree:
///
///     1 a
///     ├── 2 b
///     │   ├── 4 c
///     │   └── 5 c
///     └── 3 b
///         └── 6 d
struct SpansetTests {
    private let tree: SpanBuilder = {
        var spans = SpanBuilder()
        for (id, parent, name) in [(1, 0, "a"), (2, 1, "b"), (3, 1, "b"), (4, 2, "c"), (5, 2, "c"), (6, 3, "d")]
            as [(UInt64, UInt64, String)]
        {
            spans.add(id, parent: parent, name, service: id < 4 ? "front" : "back", lasts: id, [Attribute("n", .int(Int64(id)))])
        }
        return spans
    }()

    private static let structural: [(String, [UInt64])] = [
        (#"{ name = "a" } > { }"#, [2, 3]), (#"{ name = "a" } >> { }"#, [2, 3, 4, 5, 6]), (#"{ name = "b" } > { name = "c" }"#, [4, 5]),
        (#"{ name = "c" } < { }"#, [2]), (#"{ name = "c" } << { }"#, [1, 2]), (#"{ name = "c" } ~ { name = "c" }"#, [4, 5]),
        (#"{ name = "d" } ~ { }"#, []),
        (#"{ .n = 2 } ~ { }"#, [3]), (#"{ name = "b" } !> { }"#, [1, 2, 3]), (#"{ name = "b" } !>> { name != "a" }"#, [2, 3]),
        (#"{ name = "c" } !< { }"#, [1, 3, 4, 5, 6]),
        (#"{ name = "d" } !<< { }"#, [2, 4, 5, 6]), (#"{ .n = 4 } !~ { name = "c" }"#, [4]), (#"{ name = "a" } &> { .n = 2 }"#, [1, 2]),
        (#"{ .n = 4 } &< { name = "b" }"#, [2, 4]), (#"{ name = "a" } &>> { name = "d" }"#, [1, 6]),
        (#"{ name = "d" } &<< { }"#, [1, 3, 6]),
        (#"{ .n = 4 } &~ { name = "c" }"#, [4, 5]), (#"{ name = "a" } > { name = "b" } > { name = "c" }"#, [4, 5]),
        (#"{ name = "a" } && { name = "d" }"#, [1, 6]),
        (#"{ name = "a" } && { name = "x" }"#, []), (#"{ name = "x" } || { name = "d" }"#, [6]),
        (#"{ name = "x" } !> { name = "b" }"#, [2, 3]),
    ]

    @Test(arguments: structural)
    func `structural operators find the spans that they should`(text: String, expected: [UInt64]) throws {
        #expect(try tree.find(text).flatMap { $0 } == expected)
    }

    @Test func `spans that are each other's parents do not hang the operators`() throws {
        var spans = SpanBuilder()
        spans.add(1, parent: 2, "a")
        spans.add(2, parent: 1, "b")
        spans.add(3, parent: 3, "c")
        #expect(try spans.find("{ name = \"a\" } >> { name = \"b\" }") == [[2]])
        #expect(try spans.find("{ } << { }") == [[1, 2, 3]])
        #expect(try spans.find("{ name = \"x\" } !>> { }") == [[1, 2, 3]])
        #expect(try spans.find("{ nestedSetLeft = 0 }") == [[1, 2, 3]])
    }

    private static let aggregates: [(String, [[UInt64]])] = [
        ("{ } | count() = 6", [[1, 2, 3, 4, 5, 6]]), ("{ } | count() > 6", []), (#"{ name = "c" } | sum(.n) = 9"#, [[4, 5]]),
        (#"{ name = "c" } | avg(.n) = 4.5"#, [[4, 5]]),
        ("{ } | max(duration) = 6ms", [[1, 2, 3, 4, 5, 6]]), ("{ } | min(duration) < 1ms", []),
        (#"{ name = "b" } | avg(duration) = 2500us"#, [[2, 3]]),
        ("{ } | sum(.missing) = 0", []), ("{ } | max(.n * 2) = 12", [[1, 2, 3, 4, 5, 6]]),
        ("{ } | by(name) | count() = 2", [[2, 3], [4, 5]]),
        ("{ } | by(name) | count() = 2 | coalesce()", [[2, 3, 4, 5]]), ("{ } | by(.n % 2) | sum(.n) = 9", [[1, 3, 5]]),
        ("{ } | by(name) | { .n > 4 }", [[5], [6]]), ("{ } | { .n > 2 } | { .n < 5 }", [[3, 4]]), ("count() > 5", [[1, 2, 3, 4, 5, 6]]),
        (#"({ name = "b" } | count() = 2) && ({ name = "d" } | count() = 1)"#, [[2, 3, 6]]),
        (#"({ name = "b" } | count() = 3) || ({ name = "d" })"#, [[6]]),
        (#"({ name = "a" } | count() = 1) > ({ name = "b" } | count() = 2)"#, [[2, 3]]),
        ("{ } | by(name) | { .n = 4 } ~ { .n = 5 }", [[5]]),
    ]

    @Test(arguments: aggregates)
    func `pipelines give the sets that they should`(text: String, expected: [[UInt64]]) throws { #expect(try tree.find(text) == expected) }

    @Test func `several sets of a trace are not for structural operators`() throws {
        let error = try #require(throws: QueryError.self) { try tree.find("({ } | by(name)) > ({ } | by(name))") }
        #expect(error.code == .execution && error.message.contains("coalesce()"))
    }

    @Test func `sets tell what was computed of them`() throws {
        let sets = try tree.search("{ } | by(resource.service.name) | max(duration) > 1ms | avg(.n) > 2").traces[0].spanSets
        #expect(
            sets.map(\.attributes) == [
                [
                    Attribute("by(resource.service.name)", .string("back")), Attribute("max(duration)", .string("6ms")),
                    Attribute("avg(.n)", .double(5)),
                ]
            ])
    }

    @Test func `an answer tells of traces and the spans asked for`() throws {
        var spans = tree
        spans.add(1, parent: 9, trace: 2, "lost", service: "back", at: 50, lasts: 10, status: .error)
        let result = try spans.search("{ status != ok && .n != 3 || name = \"lost\" } | select(span:parentID, resource.service.name)") {
            $0.spansPerSpanSet = 2
        }
        #expect(result.traces.map(\.traceID.low) == [2, 1])
        let (lost, found) = (result.traces[0], result.traces[1])
        #expect((lost.rootServiceName, lost.rootTraceName) == (TraceSummary.missingRoot, ""))
        #expect(lost.serviceStatistics == [ServiceStatistics(service: "back", spanCount: 1, errorCount: 1)])
        #expect(lost.start == 150_000_000 && lost.durationMilliseconds == 10)
        #expect((found.rootServiceName, found.rootTraceName) == ("front", "a"))
        #expect(found.spanSets[0].matched == 5 && found.spanSets[0].spans.count == 2)
        #expect(found.spanSets[0].spans[1].name == "b")
        #expect(
            found.spanSets[0].spans[1].attributes == [
                Attribute("status", .string("unset")), Attribute("n", .int(2)), Attribute("span:parentID", .string("0000000000000001")),
                Attribute("service.name", .string("front")),
            ])
        #expect(lost.spanSets[0].spans[0].attributes.contains(Attribute("span:parentID", .string("0000000000000009"))))
    }

    @Test func `the newest traces come first, no more than asked for, within the range`() throws {
        var spans = SpanBuilder()
        for trace in 1...9 as ClosedRange<UInt64> { spans.add(1, trace: trace, at: trace * 10, lasts: 5) }
        #expect(try spans.search("{ }") { $0.tracesMax = 3 }.traces.map(\.traceID.low) == [9, 8, 7])
        #expect(try spans.search("{ } | count() > 0 with (most_recent=true)") { $0.tracesMax = 2 }.traces.map(\.traceID.low) == [9, 8])
        let result = try spans.search("{ }") { $0.range = NanosecondRange(start: 134_000_000, end: 150_000_000) }
        #expect(result.traces.map(\.traceID.low) == [5, 4, 3])
        #expect(result.statistics.inspectedSpans == 9 && result.statistics.inspectedTraces == 9 && result.statistics.tableCount == 1)
    }

    @Test func `a search that nobody waits for ends`() throws {
        let budget = QueryBudget()
        budget.cancel()
        let engine = TraceQLEngine()
        let query = try engine.parse("{ .a = 1 }")
        let error = #expect(throws: QueryError.self) { try engine.search(query, SearchOptions(), source: tree.source, budget: budget) }
        #expect(error?.code == .canceled)
    }
}
