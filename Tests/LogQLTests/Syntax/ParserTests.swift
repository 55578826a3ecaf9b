internal import LogQL
internal import QueryModel
internal import Testing

struct ParserTests {
    @Test(arguments: SyntaxSamples.printed.indices)
    func `queries are printed in one form, which reads as the same query`(index: Int) throws {
        let (text, printed) = SyntaxSamples.printed[index]
        let query = try LogQLParser().parse(text)
        let found = LogQLPrinter().text(query)
        #expect(found == printed, "\(text)")
        // What is no number is equal to nothing.
        if text == "1 / 0" { return }
        #expect(try LogQLParser().parse(found).root == query.root, "\(text) prints \(found)")
        let pretty = LogQLPrinter().prettified(query)
        #expect(try LogQLParser().parse(pretty).root == query.root, "\(text) prints \(pretty)")
    }

    @Test(arguments: RefusedSamples.all.indices)
    func `what is no query is refused in Loki's words`(index: Int) {
        let (text, message) = RefusedSamples.all[index]
        let error = #expect(throws: QueryError.self, "\(text)") { try LogQLParser().parse(text) }
        #expect(error?.message == message, "\(text)")
        #expect(error?.code == .badInput)
    }

    @Test func `operators bind as in Loki`() throws {
        let query = try LogQLParser().parse(
            "vector(1) or vector(2) and vector(3) == vector(4) + vector(5) * vector(6) ^ vector(7) ^ vector(8)")
        #expect(
            LogQLPrinter().text(query).replacing(".000000", with: "")
                == "(vector(1) or (vector(2) and (vector(3) == (vector(4) + (vector(5) * (vector(6) ^ (vector(7) ^ vector(8))))))))")
        let left = try LogQLParser().parse("vector(1) - vector(2) - vector(3)")
        #expect(LogQLPrinter().text(left).replacing(".000000", with: "") == "((vector(1) - vector(2)) - vector(3))")
    }

    @Test func `long queries are broken into lines`() throws {
        let text =
            #"sum by (service, level) (rate({app="shop", env="production"} |= "a rather long text" != "another one" | json"#
            + #" | status >= 500 | line_format "{{.message}}" [5m] offset 1h)) / on (service) group_left (team) count(vector(1))"#
        let pretty = LogQLPrinter().prettified(try LogQLParser().parse(text))
        #expect(
            pretty == #"""
                  sum by (service, level)(
                    rate(
                      {app="shop", env="production"}
                        |= "a rather long text" != "another one"
                        | json
                        | status>=500
                        | line_format "{{.message}}" [5m] offset 1h
                    )
                  )
                / on (service) group_left (team)
                  count(vector(1.000000))
                """#)
    }

    @Test func `selectors alone may match all streams`() throws {
        #expect(try LogQLParser().parseMatchers("{}").isEmpty)
        #expect(try LogQLParser().parseMatchers(#"{a!="b"}"#).count == 1)
        #expect(throws: QueryError.self) { try LogQLParser().parseMatchers(#"{a="b"} | json"#) }
    }
}
