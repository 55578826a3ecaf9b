internal import QueryModel
internal import Testing
internal import TraceQL

struct ParserTests {
    @Test(arguments: SyntaxSamples.plain)
    func `the plain form of a query is itself`(text: String) throws { #expect(try TraceQLParser().parse(text).printed == text) }

    @Test(arguments: SyntaxSamples.written)
    func `other words have a plain form`(text: String, plain: String) throws {
        let query = try TraceQLParser().parse(text)
        #expect(query.printed == plain)
        #expect(query.text == text)
        #expect(try TraceQLParser().parse(plain).root == query.root)
    }

    @Test(arguments: SyntaxSamples.refused)
    func `a fault is told with its place and what to do`(text: String, line: Int, column: Int, part: String) throws {
        let error = try #require(throws: QueryError.self) { _ = try TraceQLParser().parse(text) }
        #expect(error.code == .badInput)
        #expect(error.message.hasPrefix("parse error at line \(line), col \(column): "), "\(text): \(error.message)")
        #expect(error.message.contains(part), "\(text): \(error.message)")
        let range = try #require(error.range)
        #expect(0 <= range.start && range.start <= range.end && range.end <= text.utf8.count)
    }

    @Test func `fields are parsed alone`() throws {
        #expect(try TraceQLParser().parseField("resource.service.name") == .attribute(.resource, "service.name"))
        #expect(try TraceQLParser().parseField(".http.method") == .attribute(nil, "http.method"))
        #expect(try TraceQLParser().parseField("span:status") == .intrinsic(.status))
        #expect(try TraceQLParser().parseField("span.\"a b\"") == .attribute(.span, "a b"))
        for text in ["", "foo", "name = 1", "\"text\"", "5"] {
            #expect(throws: QueryError.self) { _ = try TraceQLParser().parseField(text) }
        }
    }

    @Test func `metrics and searches are told apart`() throws {
        #expect(try !TraceQLParser().parse("{ } | count() > 2").isMetrics)
        #expect(try TraceQLParser().parse("({ } | rate()) * 2").isMetrics)
    }
}
