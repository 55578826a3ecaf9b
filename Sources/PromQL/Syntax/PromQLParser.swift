public import QueryModel
public import TelemetryModel

/// Parses PromQL, the query language of Prometheus 3.
///
/// Faults are ``QueryError`` with code `badInput`; the message is worded as Prometheus words it, line and column in front
/// (`1:7: parse error: unexpected …`), and the range says where in the UTF-8 of the text the fault lies.
public struct PromQLParser: Sendable {
    /// The parts of the language that are accepted beyond the stable ones.
    public let features: LanguageFeatures

    public init(features: LanguageFeatures = []) { self.features = features }

    /// Parses and type checks a query.
    ///
    /// - Throws: ``QueryError`` with the first fault; also where the query nests deeper than any sensible one does.
    public func parse(_ text: String) throws(QueryError) -> Expression {
        try run(text) { parser throws(SyntaxFault) in
            let expression = try parser.parseExpression()
            try TypeChecker(text: parser.lexer.text).check(expression)
            return expression
        }
    }

    /// Parses a series selector as the APIs take it in `match[]`: a name, matchers in braces, or both, without range or offset.
    ///
    /// Whether the selector is bounded, that is, has a matcher that refuses the empty value, is left to the caller:
    /// see `LabelSelector.isBounded`.
    public func parseSelector(_ text: String) throws(QueryError) -> VectorSelector {
        try run(text) { parser throws(SyntaxFault) in try parser.parseSelector() }
    }

    /// Parses the name and labels of one series as they stand in rule tests: `foo`, `foo{a="b"}`, `{"foo", a="b"}`.
    public func parseMetric(_ text: String) throws(QueryError) -> LabelSet {
        try run(text) { parser throws(SyntaxFault) in try parser.parseMetric() }
    }

    /// Parses a series and its points as rule tests write them: see ``SeriesDescription``.
    ///
    /// - Parameter pointsMax: how many points it may stand for; the notation is short where they are many.
    public func parseSeriesDescription(_ text: String, pointsMax: Int = SeriesDescription.pointsMax) throws(QueryError) -> SeriesDescription
    {
        try run(text) { parser throws(SyntaxFault) in try parser.parseSeriesDescription(pointsMax: pointsMax) }
    }

    /// Parses what rule tests say of when the points of a series began to be counted: see ``SeriesStarts``.
    ///
    /// - Returns: nil where the name and labels are not followed by `@st`, so that it is a series with points.
    public func parseSeriesStarts(
        _ text: String, pointsMax: Int = SeriesDescription.pointsMax
    ) throws(QueryError) -> SeriesStarts? {
        try run(text) { parser throws(SyntaxFault) in try parser.parseSeriesStarts(pointsMax: pointsMax) }
    }

    private func run<Result>(_ text: String, _ body: (inout Parser) throws(SyntaxFault) -> Result) throws(QueryError) -> Result {
        var parser = Parser(Array(text.utf8), features: features)
        do throws(SyntaxFault) {
            return try body(&parser)
        } catch {
            throw error.error(in: parser.lexer.text)
        }
    }
}
