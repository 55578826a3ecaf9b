public import LabelMatching
public import QueryModel

/// Reads LogQL as Loki 3 does. Pure: the same text always gives the same query.
public struct LogQLParser: Sendable {
    /// Longer texts are refused.
    public static let textBytesMax = 131_072

    public init() {}

    /// Parses and checks a query.
    ///
    /// - Throws: ``QueryError`` with code `badInput`, worded as Loki does: `parse error at line 1, col 8: syntax error: unexpected …`.
    public func parse(_ text: String) throws(QueryError) -> LogQuery {
        let query = try parseUnchecked(text)
        do throws(SyntaxFault) {
            try QueryValidator().check(query.root)
        } catch {
            throw error.error(in: [])
        }
        return query
    }

    /// Parses a query without asking that its selectors tell streams apart, such as `{}`.
    ///
    /// - Throws: as ``parse(_:)`` does.
    public func parseUnchecked(_ text: String) throws(QueryError) -> LogQuery {
        let bytes = Array(text.utf8)
        do throws(SyntaxFault) {
            if bytes.count >= LogQLParser.textBytesMax {
                throw SyntaxFault("input size too long (\(bytes.count) > \(LogQLParser.textBytesMax))")
            }
            var parser = try Parser(bytes)
            return LogQuery(text: text, root: try parser.parseQuery())
        } catch {
            throw error.error(in: bytes)
        }
    }

    /// Parses a selector alone, such as `{app="shop"}`; `{}` is allowed.
    ///
    /// - Throws: as ``parse(_:)`` does; also where the text is more than a selector.
    public func parseMatchers(_ text: String) throws(QueryError) -> [LabelMatcher] {
        guard case .logs(let selector) = try parseUnchecked(text).root, selector.stages.isEmpty else {
            throw QueryError(.badInput, "only label matchers are supported")
        }
        return selector.matchers
    }
}
