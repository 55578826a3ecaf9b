internal import Testing

@testable internal import Dashboards

@Suite struct QueryExtractionTests {
    private func asks(ofVariable query: String, type: String) -> [DashboardQuery.Ask] {
        let variable = #"{"type": "query", "name": "v", "datasource": {"type": "\#(type)", "uid": "x"}, "query": \#(query)}"#
        return Array(Samples.asks(Samples.dashboard(variables: variable)).dropFirst())
    }

    private func ask(_ target: String, type: String) -> DashboardQuery.Ask? {
        Samples.asks(
            Samples.dashboard(panels: Samples.panel(source: #"{"type": "\#(type)", "uid": "x"}"#, targets: #"{"refId": "A", \#(target)}"#))
        ).first
    }

    @Test func `queries of variables are what Prometheus' data source knows`() {
        #expect(
            asks(ofVariable: #""label_values(up{a=\"b,c\"}, job)""#, type: "prometheus") == [
                .labelValues(label: "job", selector: #"up{a="b,c"}"#)
            ])
        #expect(asks(ofVariable: #""label_values(job)""#, type: "prometheus") == [.labelValues(label: "job", selector: nil)])
        #expect(asks(ofVariable: #"{"query": "label_names()", "refId": "x"}"#, type: "prometheus") == [.labelNames(selector: nil)])
        #expect(asks(ofVariable: #""metrics(^shop_)""#, type: "prometheus") == [.metricNames(pattern: "^shop_")])
        #expect(asks(ofVariable: #""query_result(topk(3, up))""#, type: "prometheus") == [.queryResult("topk(3, up)")])
        #expect(asks(ofVariable: #""up{job=\"a\"}""#, type: "prometheus") == [.queryResult(#"up{job="a"}"#)])
    }

    @Test func `queries of variables are what the other data sources know`() {
        #expect(
            asks(ofVariable: #"{"label": "app", "stream": "{a=\"b\"}", "type": 1}"#, type: "loki") == [
                .logLabelValues(label: "app", selector: #"{a="b"}"#)
            ])
        #expect(asks(ofVariable: #"{"type": 0}"#, type: "loki") == [.logLabelNames])
        #expect(
            asks(ofVariable: #""label_values({a=\"b\"}, app)""#, type: "loki") == [.logLabelValues(label: "app", selector: #"{a="b"}"#)])
        #expect(
            asks(ofVariable: #"{"type": 1, "label": "resource.service.name"}"#, type: "tempo") == [
                .traceTagValues(tag: "resource.service.name")
            ])
        #expect(asks(ofVariable: #""services()""#, type: "jaeger") == [.jaegerServices])
    }

    @Test func `panels ask for a range or a moment`() {
        #expect(ask(#""expr": "up""#, type: "prometheus") == .promQL("up", .range))
        #expect(ask(#""expr": "up", "instant": true, "range": false"#, type: "prometheus") == .promQL("up", .instant))
        #expect(ask(#""expr": "up", "instant": true, "range": true"#, type: "prometheus") == .promQL("up", .range))
        #expect(ask(#""expr": "{a=\"b\"}", "maxLines": 5"#, type: "loki") == .logQL(#"{a="b"}"#, .range, lines: 5))
        #expect(
            ask(#""expr": "sum(rate({a=\"b\"}[$__auto]))", "queryType": "instant""#, type: "loki")
                == .logQL(#"sum(rate({a="b"}[15s]))"#, .instant, lines: 1000))
    }

    @Test func `traces are searched for, looked up, and mapped`() {
        #expect(ask(#""query": "{ .a = 1 }", "limit": 5"#, type: "tempo") == .traceQL("{ .a = 1 }", .range, limit: 5))
        #expect(ask(#""query": "5b8aa5a2d2c872e8""#, type: "tempo") == .trace(id: "5b8aa5a2d2c872e8"))
        #expect(ask(#""queryType": "serviceMap""#, type: "tempo") == .serviceMap)
        let filters =
            #""queryType": "traceqlSearch", "filters": [{"tag": "service.name", "scope": "resource", "operator": "=", "value": ["a", "b"], "valueType": "string"}, {"tag": "duration", "operator": ">", "value": "1s", "valueType": "duration"}]"#
        #expect(ask(filters, type: "tempo") == .traceQL(#"{resource.service.name=~"a|b" && duration>1s}"#, .range, limit: 20))
        #expect(
            ask(#""queryType": "search", "service": "orders", "operation": "POST", "limit": 3"#, type: "jaeger")
                == .jaegerSearch(service: "orders", operation: "POST", tags: "", limit: 3))
        #expect(ask(#""queryType": "dependencyGraph""#, type: "jaeger") == .jaegerDependencies)
        #expect(
            ask(#""filters": "severity=\"page\", a=\"b\"""#, type: "alertmanager") == .alerts(filters: [#"severity="page""#, #"a="b""#]))
    }

    @Test func `hidden queries, expressions and lists of alerts`() {
        let panels = [
            Samples.panel(
                targets:
                    #"{"refId": "A", "expr": "up", "hide": true}, {"refId": "B", "datasource": {"type": "__expr__", "uid": "__expr__"}, "expression": "$A * 2", "type": "math"}"#
            ), #"{"id": 2, "type": "alertlist", "title": "Firing", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8}}"#,
        ]
        let check = Samples.check(Samples.dashboard(panels: panels.joined(separator: ",")))
        #expect(check.dashboard?.queries.map(\.isHidden) == [true, false])
        #expect(check.dashboard?.queries.map(\.ask) == [.promQL("up", .range), .alertRules])
    }

    @Test func `annotations ask too, unless they are Grafana's own or off`() {
        let own =
            #"{"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": true, "name": "Annotations", "type": "dashboard"}"#
        let restarts =
            #"{"name": "Restarts", "datasource": {"type": "prometheus", "uid": "${prometheus}"}, "enable": true, "expr": "changes(process_start_time_seconds[1m]) > 0"}"#
        let off = #"{"name": "Off", "datasource": {"type": "prometheus", "uid": "${prometheus}"}, "enable": false, "expr": "x"}"#
        let check = Samples.check(Samples.dashboard(annotations: [own, restarts, off].joined(separator: ",")))
        #expect(check.findings == [])
        #expect(check.dashboard?.queries.map(\.origin) == [.panel(0), .annotation(1)])
    }

    @Test func `variables are put into queries before they are read`() {
        let variables =
            #"{"type": "custom", "name": "job", "query": "a,b", "multi": true, "includeAll": true}, {"type": "interval", "name": "window", "query": "1m,5m"}"#
        let panel = Samples.panel(targets: #"{"refId": "A", "expr": "rate(x{job=~\"$job\"}[$window])"}"#)
        let text = Samples.dashboard(panels: panel, variables: variables)
        #expect(Samples.check(text).findings == [])
        #expect(
            Samples.asks(text, ["job": .init(["a", "b"], isList: true), "window": .init(["5m"])])
                == [.promQL(#"rate(x{job=~"(a|b)"}[5m])"#, .range)])
    }
}
