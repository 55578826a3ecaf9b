internal import LogQL
internal import PromQL
internal import QueryModel
internal import TraceQL

/// Reads queries by the parsers that a server has.
enum QuerySyntax {
    /// What is wrong with a query once variables have values; nil where nothing is.
    static func fault(_ ask: DashboardQuery.Ask) -> String? {
        do throws(QueryError) {
            switch ask {
            case .promQL(let text, _), .queryResult(let text): _ = try PromQLParser(features: .all).parse(text)
            case .labelNames(let selector), .labelValues(_, let selector):
                if let selector { _ = try PromQLParser(features: .all).parseSelector(selector) }
            case .logQL(let text, _, _): _ = try LogQLParser().parse(text)
            case .logLabelValues(_, let selector):
                if let selector { _ = try LogQLParser().parseMatchers(selector) }
            case .traceQL(let text, _, _): _ = try TraceQLParser().parse(text)
            case .traceTagValues(let tag): _ = try TraceQLParser().parseField(tag)
            case .metricNames, .logLabelNames, .trace, .traceTagNames, .serviceMap, .jaegerSearch, .jaegerServices, .jaegerOperations,
                .jaegerDependencies, .alerts, .alertRules:
                break
            }
            return nil
        } catch {
            return error.message
        }
    }

    /// Whether a query of logs asks for lines; of numbers for false, and also where it cannot be read.
    static func asksForLines(_ text: String) -> Bool {
        guard let query = try? LogQLParser().parse(text), case .logs = query.root else { return false }
        return true
    }

    static func isTraceMetrics(_ text: String) -> Bool { (try? TraceQLParser().parse(text))?.isMetrics ?? false }
}

extension DashboardQuery.Ask {
    /// Whether the answer is log lines.
    public var asksForLines: Bool {
        if case .logQL(let text, _, _) = self { QuerySyntax.asksForLines(text) } else { false }
    }

    /// Whether the answer is numbers made of traces.
    public var asksForTraceMetrics: Bool {
        if case .traceQL(let text, _, _) = self { QuerySyntax.isTraceMetrics(text) } else { false }
    }
}
