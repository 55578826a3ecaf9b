internal import Dashboards
internal import Foundation
internal import LinearRegex
internal import TelemetryModel

/// The questions of dashboards, put to the APIs that Grafana's data sources use.
extension PerchClient {
    /// What a dashboard's question was answered with.
    enum DashboardAnswer: Sendable {
        /// A number of series, lines or traces; and whether there is nothing in the series but NaN.
        case count(Int, isOnlyNaN: Bool = false)
        case texts([String])
    }

    /// Asks a question whose variables have values.
    ///
    /// - Parameter step: in milliseconds.
    func answer(_ ask: DashboardQuery.Ask, in window: QueryWindow, step: Int64) async throws(ClientError) -> DashboardAnswer {
        switch ask {
        case .promQL(let text, .instant): return count(try await query(text, at: window.end))
        case .promQL(let text, .range):
            // Grafana puts both ends on multiples of the step.
            let start = window.start / step * step
            return count(try await queryRange(text, from: start, to: window.end / step * step, stepMilliseconds: step))
        case .labelNames(let selector): return .texts(try await names("/api/v1/labels", selector, window))
        case .labelValues(let label, let selector):
            return .texts(try await names("/api/v1/label/\(escaped(label))/values", selector, window))
        case .metricNames(let pattern): return .texts(try await metricNames(pattern, window))
        case .queryResult(let text): return .texts(elements(try await query(text, at: window.end)))
        case .logQL, .logLabelNames, .logLabelValues: return try await logAnswer(ask, in: window, step: step)
        case .traceQL, .trace, .traceTagNames, .traceTagValues: return try await traceAnswer(ask, in: window, step: step)
        case .serviceMap:
            let seconds = max(1, (window.end - window.start) / 1000)
            return count(
                try await query("sum by (client, server) (rate(traces_service_graph_request_total[\(seconds)s])) > 0", at: window.end))
        case .jaegerSearch, .jaegerServices, .jaegerOperations, .jaegerDependencies: return try await jaegerAnswer(ask, in: window)
        case .alerts(let filters):
            let request = Request(path: "/api/v2/alerts", parameters: filters.map { .init(name: "filter", value: $0) })
            return .count(try await decoded([Anything].self, request).count)
        case .alertRules:
            let reply = try await decoded(
                RuleGroups.self, Request(path: "/api/v1/rules", parameters: [.init(name: "type", value: "alert")]))
            return .count(reply.data.groups.reduce(0) { $0 + $1.rules.count })
        }
    }

    // MARK: Metrics

    private func count(_ reply: QueryReply) -> DashboardAnswer {
        switch reply.result {
        case .scalar(let point): .count(1, isOnlyNaN: point.value.number.isNaN)
        case .string: .count(1)
        case .vector(let elements): .count(elements.count, isOnlyNaN: elements.allSatisfy { $0.point.value.isNaN })
        case .matrix(let series): .count(series.count, isOnlyNaN: series.allSatisfy { $0.points.allSatisfy { $0.value.isNaN } })
        }
    }

    private func names(_ path: String, _ selector: String?, _ window: QueryWindow) async throws(ClientError) -> [String] {
        var parameters = [seconds("start", window.start), seconds("end", window.end)]
        if let selector { parameters.append(.init(name: "match[]", value: selector)) }
        return try await call(Request(path: path, parameters: parameters), of: [String].self).data ?? []
    }

    private func metricNames(_ pattern: String, _ window: QueryWindow) async throws(ClientError) -> [String] {
        let names = try await names("/api/v1/label/__name__/values", nil, window)
        do throws(LinearPatternError) {
            let pattern = try LinearPattern(pattern, anchored: false)
            return names.filter { pattern.matches($0) }
        } catch {
            throw .usage("metrics(): \(error)")
        }
    }

    /// Elements as Grafana shows them to a variable's regular expression: `name{label="value"} number time`.
    private func elements(_ reply: QueryReply) -> [String] {
        switch reply.result {
        case .scalar(let point): [point.value.text]
        case .string(_, let text): [text]
        case .vector(let elements):
            elements.map { element in
                let labels = element.labels.filter { $0.name != "__name__" }.map { "\($0.name)=\(quoted($0.value))" }
                let name = element.labels.first { $0.name == "__name__" }?.value ?? ""
                return "\(name){\(labels.joined(separator: ","))} \(element.point.value.text) \(element.point.time)"
            }
        case .matrix: []
        }
    }

    // MARK: Logs

    private func logAnswer(_ ask: DashboardQuery.Ask, in window: QueryWindow, step: Int64) async throws(ClientError) -> DashboardAnswer {
        let range = window.span
        switch ask {
        case .logQL(let text, let form, let lines):
            let answer: LogAnswer
            if form == .instant && !ask.asksForLines {
                answer = try await logNumbers(text, at: range.end)
            } else {
                answer = try await logs(text, in: range, limit: lines, order: .backward, stepMilliseconds: step)
            }
            switch answer {
            case .lines(let entries, _): return .count(entries.count)
            case .numbers(let reply): return count(reply)
            }
        case .logLabelValues(let label, let selector):
            struct Names: Decodable { let data: [String]? }
            var parameters = [Request.Parameter(name: "start", value: String(range.start)), .init(name: "end", value: String(range.end))]
            if let selector { parameters.append(.init(name: "query", value: selector)) }
            let request = Request(path: "/loki/api/v1/label/\(escaped(label))/values", parameters: parameters)
            return .texts(try await decoded(Names.self, request).data ?? [])
        default: return .texts(try await logNames())
        }
    }

    // MARK: Traces

    private func traceAnswer(_ ask: DashboardQuery.Ask, in window: QueryWindow, step: Int64) async throws(ClientError) -> DashboardAnswer {
        switch ask {
        case .traceQL(let text, let form, let limit):
            guard ask.asksForTraceMetrics else { return .count(try await searchTraces(text, in: window.span, limit: limit).count) }
            var parameters = [Request.Parameter(name: "q", value: text), seconds("start", window.start), seconds("end", window.end)]
            if form == .range { parameters.append(.init(name: "step", value: "\(max(1, step / 1000))s")) }
            let path = form == .range ? "/tempo/api/metrics/query_range" : "/tempo/api/metrics/query"
            return .count(try await decoded(TraceSeries.self, Request(path: path, parameters: parameters)).series?.count ?? 0)
        case .trace(let text):
            let found = try await trace(try TraceArgument.id(text))
            return .count(found == nil ? 0 : 1)
        case .traceTagValues(let tag):
            struct Values: Decodable {
                struct Value: Decodable { let value: String }
                let tagValues: [Value]?
            }
            let request = Request(
                path: "/tempo/api/v2/search/tag/\(escaped(tag))/values",
                parameters: [seconds("start", window.start), seconds("end", window.end)])
            return .texts(try await decoded(Values.self, request).tagValues?.map(\.value) ?? [])
        default:
            struct Tags: Decodable {
                struct Scope: Decodable { let tags: [String]? }
                let scopes: [Scope]?
            }
            return .texts(try await decoded(Tags.self, Request(path: "/tempo/api/v2/search/tags")).scopes?.flatMap { $0.tags ?? [] } ?? [])
        }
    }

    private func jaegerAnswer(_ ask: DashboardQuery.Ask, in window: QueryWindow) async throws(ClientError) -> DashboardAnswer {
        struct List: Decodable { let data: [Anything]? }
        switch ask {
        case .jaegerSearch(let service, let operation, let tags, let limit):
            var parameters: [Request.Parameter] = [
                .init(name: "service", value: service), .init(name: "limit", value: String(limit)),
                .init(name: "start", value: String(window.start * 1000)), .init(name: "end", value: String(window.end * 1000)),
            ]
            if !operation.isEmpty, operation != "All" { parameters.append(.init(name: "operation", value: operation)) }
            if !tags.isEmpty { parameters.append(.init(name: "tags", value: tags)) }
            return .count(try await decoded(List.self, Request(path: "/jaeger/api/traces", parameters: parameters)).data?.count ?? 0)
        case .jaegerDependencies:
            let request = Request(
                path: "/jaeger/api/dependencies",
                parameters: [
                    .init(name: "endTs", value: String(window.end)), .init(name: "lookback", value: String(window.end - window.start)),
                ])
            return .count(try await decoded(List.self, request).data?.count ?? 0)
        case .jaegerOperations(let service): return .texts(try await operations(of: service).map(\.name))
        default: return .texts(try await services())
        }
    }

    // MARK: Answers

    /// A value that is only counted.
    private struct Anything: Decodable { init(from decoder: any Decoder) {} }

    private struct TraceSeries: Decodable { let series: [Anything]? }

    private struct RuleGroups: Decodable {
        struct Groups: Decodable { let groups: [Group] }
        struct Group: Decodable { let rules: [Anything] }
        let data: Groups
    }

    private func seconds(_ name: String, _ milliseconds: Int64) -> Request.Parameter {
        .init(name: name, value: String(milliseconds / 1000))
    }

    private func escaped(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text }

    private func decoded<Answer: Decodable>(_ type: Answer.Type, _ request: Request) async throws(ClientError) -> Answer {
        let response = try await answer(request)
        guard response.status == 200 else {
            let message = refusal(response)
            throw ClientError("\(request.path) answered \(response.status)\(message.isEmpty ? "" : ": " + message)")
        }
        do { return try JSONDecoder().decode(type, from: response.body) } catch {
            throw ClientError("\(request.path) gave an answer that cannot be read: \(error)")
        }
    }
}

extension QueryReply.Value {
    /// Whether it is a number that is none; a histogram is something to show.
    fileprivate var isNaN: Bool {
        if case .float = self { number.isNaN } else { false }
    }
}

extension QueryWindow {
    fileprivate var span: PerchClient.TimeSpan {
        .init(start: UInt64(max(0, start)) * 1_000_000, end: UInt64(max(0, end)) * 1_000_000)
    }
}
