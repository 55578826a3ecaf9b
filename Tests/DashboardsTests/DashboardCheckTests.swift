internal import TestSupport
internal import Testing

@testable internal import Dashboards

@Suite struct DashboardCheckTests {
    @Test func `a dashboard as reviewers like it has no finding`() {
        let check = Samples.check(Samples.dashboard())
        #expect(check.findings == [])
        #expect(check.dashboard?.panels.count == 1)
        #expect(check.dashboard?.queries.map(\.text) == ["sum(rate(http_requests_total[$__rate_interval]))"])
    }

    @Test func `findings name the line and column of what they are about`() throws {
        let text = Samples.dashboard(panels: "\n    " + Samples.panel(grid: #"{"x": 20, "y": 0, "w": 8, "h": 8}"#))
        let finding = try #require(Samples.check(text).findings.first)
        let line = text.split(separator: "\n", omittingEmptySubsequences: false)[finding.line - 1]
        #expect(line.dropFirst(finding.column - 1).hasPrefix(#"{"x": 20"#))
        #expect(finding.message == "reaches to column 28; the grid has 24")
        #expect(finding.subject == "panel “Requests”")
    }

    @Test(arguments: [
        ("{", "expected a name in quotes"), ("[]", "a dashboard is an object, not a list"),
        (#"{"title": "x"}"#, "there is no list “panels”; is this a dashboard?"),
        (#"{"panels": {}}"#, "“panels” is an object, and has to be a list"),
        (#"{"panels": [1]}"#, "a panel is an object, not a number"),
        (#"{"apiVersion": "v2", "panels": []}"#, "this is the form of Grafana's Kubernetes API; export it as classic JSON"),
        (#"{"panels": [], "uid": "a b"}"#, "the uid “a b” has other characters than letters, digits, - and _"),
        (#"{"panels": [], "uid": "\#(String(repeating: "a", count: 41))"}"#, "the uid is longer than 40 characters"),
        (#"{"panels": [], "time": {"from": "yesterday"}}"#, "time.from is “yesterday”; a time is such as now-1h or now"),
        (#"{"panels": [], "refresh": "soon"}"#, "refresh is “soon”, which is no duration"),
    ])
    func `files that Grafana does not take are refused`(text: String, message: String) {
        #expect(Samples.errors(text).contains { $0.hasPrefix(message) }, "\(Samples.errors(text))")
    }

    @Test(arguments: ["now", "now-6h", "now/d", "now-1d/d", "now+1h", "now/fQ", "2026-01-01T00:00:00Z"])
    func `times of all forms are times`(time: String) {
        #expect(Samples.errors(#"{"panels": [], "time": {"from": "\#(time)"}}"#) == [])
    }

    @Test func `panels lie beside each other, within 24 columns, and have ids of their own`() {
        let panels = [
            Samples.panel(id: 1, title: "A"), Samples.panel(id: 1, title: "B", grid: #"{"x": 11, "y": 7, "w": 4, "h": 2}"#),
            Samples.panel(id: 2, title: "C", grid: #"{"x": 12, "y": 0, "w": 12, "h": 7}"#),
            Samples.panel(id: 0, title: "D", grid: #"{"x": 0, "y": 8, "w": 11, "h": 0}"#),
        ]
        #expect(
            Samples.errors(Samples.dashboard(panels: panels.joined(separator: ","))) == [
                "has the id 1, as has panel “A”", "lies over panel “A”", "has the id 0; ids begin at 1",
                "gridPos needs x, y, w and h as whole numbers, w and h at least 1",
            ])
    }

    @Test func `panels of collapsed rows have a grid of their own, and the row as theirs`() {
        let row = """
            {"id": 10, "type": "row", "title": "More", "collapsed": true, "gridPos": {"x": 0, "y": 8, "w": 24, "h": 1},
             "panels": [\(Samples.panel(id: 11, title: "Inner", grid: #"{"x": 0, "y": 9, "w": 12, "h": 8}"#))]}
            """
        let text = Samples.dashboard(
            panels: [Samples.panel(), row, Samples.panel(id: 3, title: "Below", grid: #"{"x": 0, "y": 9, "w": 12, "h": 8}"#)]
                .joined(separator: ","))
        let check = Samples.check(text)
        #expect(check.findings == [])
        #expect(check.dashboard?.panels.map(\.title) == ["Requests", "More", "Inner", "Below"])
        #expect(check.dashboard?.panels.map(\.row) == [nil, nil, "More", nil])
        #expect(check.dashboard?.queries.count == 3)
    }

    @Test(arguments: [
        ("reqps", true), ("s", true), ("percentunit", true), ("currencyEUR", true), ("suffix:orders", true), ("si:req", true),
        ("seconds", false), ("suffix:", false), ("req/s", false),
    ])
    func `units are Grafana's or say that they are not`(unit: String, isKnown: Bool) {
        let panel = Samples.panel(extra: #""fieldConfig": {"defaults": {"unit": "\#(unit)"}, "overrides": []}, "#)
        #expect(Samples.errors(Samples.dashboard(panels: panel)).isEmpty == isKnown)
    }

    @Test(arguments: [
        (#"[{"color": "green", "value": null}, {"color": "red", "value": 1}]"#, [String]()),
        (#"[{"color": "green"}, {"color": "red", "value": 2}, {"color": "blue", "value": 1}]"#, ["thresholds have to ascend"]),
        (#"[{"color": "green"}, {"color": "red"}]"#, ["only the first threshold is without a value"]),
        (#"[{"value": null}]"#, ["a threshold has no color"]),
    ])
    func `thresholds ascend from the lowest`(steps: String, errors: [String]) {
        let panel = Samples.panel(
            extra: #""fieldConfig": {"defaults": {"thresholds": {"mode": "absolute", "steps": \#(steps)}}, "overrides": []}, "#)
        #expect(Samples.errors(Samples.dashboard(panels: panel)) == errors)
    }

    @Test func `links lead somewhere`() {
        let links = #"{"type": "link", "title": "a", "url": ""}, {"type": "page"}, {"type": "dashboards", "tags": ["shop"]}"#
        #expect(Samples.errors(Samples.dashboard(links: links)) == ["a link has no url", "a link has the type link or dashboards"])
        let panel = Samples.panel(
            extra:
                #""fieldConfig": {"defaults": {"links": [{"title": "t", "url": "ftp://x"}, {"title": "u", "url": "/d/shop?${__url_time_range}"}]}}, "#
        )
        #expect(Samples.errors(Samples.dashboard(panels: panel)) == ["the url “ftp://x” is neither a path nor one of http"])
    }

    @Test func `queries in three languages are read, and faults told where they stand`() throws {
        let targets = """
            {"refId": "A", "expr": "sum(rate(x[5m])"}, {"refId": "A", "expr": "x"}, {"refId": "B", "expr": " "},
            {"refId": "C", "datasource": {"type": "loki", "uid": "l"}, "expr": "{app=}"},
            {"refId": "D", "datasource": {"type": "tempo", "uid": "t"}, "query": "{ .a = }"}
            """
        let errors = Samples.errors(Samples.dashboard(panels: Samples.panel(targets: targets)))
        #expect(errors.count == 5, "\(errors)")
        #expect(errors.contains { $0.hasPrefix("query A: 1:16: parse error") })
        #expect(errors.contains("has two queries A"))
        #expect(errors.contains("query B is empty"))
        #expect(errors.contains { $0.hasPrefix("query C: parse error at line 1, col 6") })
        #expect(errors.contains { $0.hasPrefix("query D: ") })
    }

    @Test func `old ways are noted, not refused`() {
        // As the dashboards that the platform guide shows.
        let bare = #"{"panels": [{"type": "graph", "title": "Count", "datasource": "Prometheus", "targets": [{"expr": "rate(c[5m])"}]}]}"#
        let check = Samples.check(bare)
        #expect(!check.hasErrors)
        #expect(check.dashboard?.queries.map(\.kind) == [.prometheus])
        for word in ["no title", "no uid", "no schemaVersion", "old type “graph”", "named by its name", "no gridPos", "no id", "no refId"] {
            #expect(check.findings.contains { $0.message.contains(word) }, "\(word)")
        }
        let null =
            #"{"title": "a", "schemaVersion": 27, "panels": [{"id": 2, "type": "graph", "datasource": null, "targets": [{"refId": "A", "expr": "up"}]}]}"#
        #expect(Samples.notes(null).contains { $0.hasPrefix("the data source is the default one") })
        #expect(Samples.errors(null) == [])
    }

    @Test func `library panels are told of, as only Grafana has them`() {
        let panel = #"{"id": 1, "gridPos": {"x": 0, "y": 0, "w": 1, "h": 1}, "libraryPanel": {"uid": "u", "name": "Shared"}}"#
        #expect(Samples.notes(Samples.dashboard(panels: panel)).contains { $0.contains("library panel “Shared”") })
    }

    @Test func `data sources are variables of the right type`() {
        func errors(_ source: String) -> [String] { Samples.errors(Samples.dashboard(panels: Samples.panel(source: source))) }
        #expect(
            errors(#"{"type": "loki", "uid": "${prometheus}"}"#) == [
                "the data source has the type loki, and “$prometheus” is one of type prometheus"
            ])
        #expect(errors(#"{"type": "prometheus", "uid": "$other"}"#).contains("the data source is “$other”, and there is no such variable"))
        #expect(errors(#""[[prometheus]]""#) == [])
        #expect(Samples.notes(Samples.dashboard(panels: Samples.panel(source: #"{"type": "prometheus", "uid": "abc"}"#))).count == 2)
    }

    @Test func `dashboards side by side have uids of their own and links to each other`() {
        let linking = Samples.dashboard(
            links: #"{"type": "link", "title": "a", "url": "/d/shop"}, {"type": "link", "title": "b", "url": "/d/other/name?x=1"}"#)
        let checks = [DashboardCheck(linking, file: "a.json"), DashboardCheck(Samples.dashboard(), file: "b.json")]
        let findings = DashboardSet.findings(checks)
        #expect(findings[0].map(\.message) == ["a link leads to the dashboard “other”, which is not among those checked"])
        #expect(findings[1].map(\.message) == ["has the uid “shop”, as has a.json"])
    }

    @Test func `no bytes make the check trap`() {
        let text = Samples.dashboard(
            panels: Samples.panel(
                extra: #""repeat": "service", "fieldConfig": {"defaults": {"unit": "s", "thresholds": {"steps": [{"color": "a"}]}}}, "#),
            variables: #"{"type": "custom", "name": "service", "query": "a : b,c\\,d", "multi": true}"#)
        let bytes = Array(text.utf8)
        for length in 0..<bytes.count { _ = DashboardCheck(String(decoding: bytes[..<length], as: UTF8.self), file: "x") }
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        for _ in 0..<2000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<damaged.count, using: &generator)
                damaged[place] = #"{}[]":,$0-1e9ax"#.utf8.randomElement(using: &generator) ?? 0
            }
            _ = DashboardCheck(String(decoding: damaged, as: UTF8.self), file: "x")
        }
    }
}
