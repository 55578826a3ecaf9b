internal import Testing

@testable internal import Dashboards

@Suite struct VariableTests {
    private func text(_ text: String, _ values: [String: VariableValues.Chosen], _ language: DataSourceKind = .prometheus) -> String {
        var chosen = VariableValues()
        for (name, value) in values { chosen[name] = value }
        let window = QueryWindow(start: 0, end: 900_000)
        return chosen.text(text, builtIns: window.builtIns(step: 15_000), language: language)
    }

    @Test func `a variable stands in all three forms`() {
        let values = ["job": VariableValues.Chosen(["api"])]
        #expect(text("$job ${job} [[job]] ${job:raw} [[job:csv]] $jobs ${ job} $", values) == "api api api api api $jobs ${ job} $")
    }

    @Test func `one value is put into a text, several into a regular expression`() {
        #expect(text(#"{a="$v"}"#, ["v": .init([#"a\b"c"#])]) == #"{a="a\\b\"c"}"#)
        #expect(text(#"{a=~"$v"}"#, ["v": .init(["a.b"], isList: true)]) == #"{a=~"a\\.b"}"#)
        #expect(text(#"{a=~"$v"}"#, ["v": .init(["a.b", "c"], isList: true)]) == #"{a=~"(a\\.b|c)"}"#)
        #expect(text(#"{a=~"$v"}"#, ["v": .init(["a.b", "c"], isList: true)], .loki) == #"{a=~"a\\.b|c"}"#)
        #expect(text(#"{a=~"$v"}"#, ["v": .init([".*"], isList: true, isRaw: true)]) == #"{a=~".*"}"#)
    }

    @Test(arguments: [
        ("raw", "a.b,c d"), ("pipe", "a.b|c d"), ("regex", #"(a\.b|c d)"#), ("csv", "a.b,c d"), ("glob", "{a.b,c d}"),
        ("json", #"["a.b","c d"]"#), ("singlequote", "'a.b','c d'"), ("doublequote", #""a.b","c d""#), ("sqlstring", "'a.b','c d'"),
        ("distributed", "a.b,v=c d"), ("lucene", #"("a.b" OR "c d")"#), ("percentencode", "a.b%2Cc%20d"),
        ("queryparam", "var-v=a.b&var-v=c%20d"),
    ])
    func `values are written in the format that is named`(format: String, expected: String) {
        #expect(text("${v:\(format)}", ["v": .init(["a.b", "c d"], isList: true)]) == expected)
    }

    @Test func `time and step have names of their own`() {
        #expect(
            text("$__interval $__interval_ms $__rate_interval $__range ${__range_s} $__auto ${__from} ${__to:date:seconds}", [:])
                == "15s 15000 1m 15m 900 15s 0 900")
    }

    @Test func `steps follow from range, points and the shortest asked for`() {
        let hour = QueryWindow(start: 0, end: 3_600_000)
        #expect(hour.step(minInterval: nil, maxDataPoints: nil) == 15_000)
        #expect(hour.step(minInterval: 1000, maxDataPoints: nil) == 5000)
        #expect(hour.step(minInterval: nil, maxDataPoints: 60) == 60_000)
        #expect(hour.step(minInterval: 120_000, maxDataPoints: 10_000_000) == 120_000)
        #expect(QueryWindow(start: 0, end: 0).step(minInterval: 1, maxDataPoints: 0) == 1000)
    }

    @Test func `variables are defined once, used, and defined where they are used`() {
        let query =
            #"{"type": "query", "name": "unused", "datasource": {"type": "prometheus", "uid": "${prometheus}"}, "query": "label_values(up, job)"}"#
        #expect(Samples.notes(Samples.dashboard(variables: query)) == ["is not used"])
        #expect(Samples.errors(Samples.dashboard(variables: query + ", " + query)) == ["is there twice"])
        let panel = Samples.panel(targets: #"{"refId": "A", "expr": "up{job=\"$job\"}"}"#)
        #expect(Samples.errors(Samples.dashboard(panels: panel)) == ["there is no variable “job”"])
        let repeated = Samples.panel(extra: #""repeat": "job", "#)
        #expect(Samples.errors(Samples.dashboard(panels: repeated)) == ["is repeated by “job”, and there is no such variable"])
        let format = Samples.panel(targets: #"{"refId": "A", "expr": "up{job=\"${prometheus:shout}\"}"}"#)
        #expect(Samples.errors(Samples.dashboard(panels: format)) == ["there is no format “shout” of variables"])
        // What a regular expression found is no variable.
        let group = Samples.panel(targets: #"{"refId": "A", "expr": "label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")"}"#)
        #expect(Samples.errors(Samples.dashboard(panels: group)) == [])
    }

    @Test func `variables that wait for each other are told of`() {
        func query(_ name: String, _ other: String) -> String {
            #"{"type": "query", "name": "\#(name)", "datasource": {"type": "prometheus", "uid": "${prometheus}"}, "query": "label_values(up{x=\"$\#(other)\"}, job)"}"#
        }
        let errors = Samples.errors(Samples.dashboard(variables: query("a", "b") + ", " + query("b", "a")))
        #expect(errors.filter { $0.hasPrefix("waits for itself") }.count == 2)
        let dashboard = Samples.check(Samples.dashboard(variables: query("a", "b") + ", " + query("b", "prometheus"))).dashboard
        #expect(dashboard?.variableOrder == [0, 2, 1])
    }

    @Test func `a choice is what was asked for, saved, all or the first`() throws {
        func variable(_ extra: String) throws -> DashboardVariable {
            let text = Samples.dashboard(variables: #"{"type": "custom", "name": "v", "query": "a,b,c"\#(extra)}"#)
            return try #require(Samples.check(text).dashboard?.variable("v"))
        }
        let plain = try variable("")
        #expect(plain.values == ["a", "b", "c"])
        #expect(plain.choice(of: plain.values) == .init(["a"]))
        #expect(plain.choice(of: plain.values, wanted: ["z"]) == .init(["z"]))
        #expect(plain.choice(of: []) == nil)
        #expect(try variable(#", "current": {"value": "b"}"#).choice(of: ["a", "b"]) == .init(["b"]))
        #expect(try variable(#", "current": {"value": "b"}"#).choice(of: ["c"]) == .init(["c"]))
        let all = try variable(#", "includeAll": true, "multi": true, "current": {"value": ["$__all"]}"#)
        #expect(all.choice(of: ["a", "b"]) == .init(["a", "b"], isList: true))
        let own = try variable(#", "includeAll": true, "allValue": ".*", "current": {"value": "$__all"}"#)
        #expect(own.choice(of: ["a", "b"]) == .init([".*"], isList: true, isRaw: true))
    }

    @Test func `custom values are parted by commas, with texts in front of some`() throws {
        let text = Samples.dashboard(variables: #"{"type": "custom", "name": "v", "query": "a, One : 1 ,b\\,c, d\\e"}"#)
        #expect(Samples.check(text).dashboard?.variable("v")?.values == ["a", "1", "b,c", "d\\e"])
    }
}
