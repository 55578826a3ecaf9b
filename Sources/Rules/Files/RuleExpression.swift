public import LogQL
public import PromQL
public import QueryModel
public import TraceQL

/// What a rule group's expressions are written in.
public enum RuleLanguage: String, Sendable, Hashable, CaseIterable {
    case promQL = "promql"
    /// Metric queries over logs, as Loki's ruler takes them.
    case logQL = "logql"
    /// Metrics queries over traces.
    case traceQL = "traceql"
}

/// The expression of a rule, parsed once.
public enum RuleExpression: Sendable {
    case promQL(Expression)
    case logQL(LogQuery)
    case traceQL(TraceQuery)

    /// Parses an expression that gives numbers.
    ///
    /// - Throws: ``QueryError`` with code `badInput`; the message says line and column within the text.
    public init(parsing text: String, _ language: RuleLanguage, features: LanguageFeatures = []) throws(QueryError) {
        switch language {
        case .promQL: self = .promQL(try PromQLParser(features: features).parse(text))
        case .logQL:
            let query = try LogQLParser().parse(text)
            guard case .metric = query.root else {
                throw QueryError(.badInput, "a rule needs numbers: wrap the log selector in a function such as count_over_time")
            }
            self = .logQL(query)
        case .traceQL:
            let query = try TraceQLParser().parse(text)
            guard case .metrics = query.root else {
                throw QueryError(.badInput, "a rule needs numbers: put a function such as | rate() behind the spans")
            }
            self = .traceQL(query)
        }
    }

    public var language: RuleLanguage {
        switch self {
        case .promQL: .promQL
        case .logQL: .logQL
        case .traceQL: .traceQL
        }
    }

    /// The expression in text; PromQL in the form in which Prometheus prints it, others as they were written.
    public var text: String {
        switch self {
        case .promQL(let expression): expression.description
        case .logQL(let query): query.text
        case .traceQL(let query): query.text
        }
    }
}
