public import QueryModel

/// Parses TraceQL, the query language of Grafana Tempo.
///
/// Faults are ``QueryError`` with code `badInput`; the message has line and column in front (`parse error at line 1, col 7: …`), and the range
/// says where in the UTF-8 of the text the fault lies.
public struct TraceQLParser: Sendable {
    public init() {}

    /// Parses and checks a query.
    ///
    /// - Throws: ``QueryError`` with the first fault; also where the query nests deeper than any sensible one does, or asks for what
    ///   the language names but Tempo does not support either.
    public func parse(_ text: String) throws(QueryError) -> TraceQuery {
        try run(text) { parser throws(SyntaxFault) in try parser.parseQuery(text) }
    }

    /// Parses the name of a field: `resource.service.name`, `.http.method`, `name`, `span:status`.
    public func parseField(_ text: String) throws(QueryError) -> TraceField {
        try run(text) { parser throws(SyntaxFault) in try parser.parseLoneField() }
    }

    private func run<Result>(_ text: String, _ body: (inout Parser) throws(SyntaxFault) -> Result) throws(QueryError) -> Result {
        let bytes = Array(text.utf8)
        do throws(SyntaxFault) {
            var parser = try Parser(bytes)
            return try body(&parser)
        } catch {
            throw error.error(in: bytes)
        }
    }
}
