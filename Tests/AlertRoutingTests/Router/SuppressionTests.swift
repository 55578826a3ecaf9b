internal import AlertModel
internal import TelemetryModel
internal import Testing

@testable internal import AlertRouting

@Suite("What keeps alerts back")
struct SuppressionTests {
    private static let file = "route: {receiver: r, group_wait: 30s, group_interval: 1m, repeat_interval: 1h}"

    @Test func `a silenced alert is told when its silence is over, and both are recorded`() throws {
        var harness = try RouterHarness(Self.file)
        harness.set(try harness.silence("s1", #"a="1""#, seconds: 100))
        harness.receive([harness.alert("1"), harness.alert("2")])
        harness.pass(seconds: 85)
        #expect(harness.told.map(\.content) == ["2;"])
        let view = harness.router.alerts(at: harness.now)
        #expect(view.map(\.state).contains(.suppressed))
        #expect(view.flatMap(\.silencedBy) == ["s1"])
        harness.pass(seconds: 100)
        #expect(harness.told.map(\.content) == ["2;", "1,2;"])
        #expect(harness.told.map(\.at) == [30, 150])
        let events = harness.events.filter { [.silenced, .released].contains($0.kind) }
        #expect(events.map(\.kind) == [.silenced, .released])
        #expect(events[0].decidedBy == ["s1"])
        #expect(harness.router.alerts(at: harness.now).allSatisfy { $0.state == .active })
    }

    @Test func `silences that are set, changed and expired count from the next look on`() throws {
        var harness = try RouterHarness(Self.file)
        harness.receive([harness.alert("1")])
        harness.set(try harness.silence("s1", #"a="1""#))
        harness.set(try harness.silence("s2", #"a=~"1|2""#, from: 120))
        harness.pass(seconds: 40)
        #expect(harness.told.isEmpty)
        var expired = try #require(harness.router.silence("s1"))
        expired.endsAt = harness.now - 1
        expired.updatedAt = harness.now
        harness.set(expired)
        harness.pass(seconds: 60)
        #expect(harness.told.count == 1)
        #expect(harness.router.silence("s1") == expired)
        harness.pass(seconds: 60)
        #expect(harness.router.alerts(at: harness.now).map(\.silencedBy) == [["s2"]])
    }

    @Test func `a silence that comes again holds within its times only`() throws {
        // 2026-03-08 20:00 UTC is a Sunday.
        let start = try #require(rfc3339("2026-03-08T20:00:00Z"))
        var harness = try RouterHarness("route: {receiver: r, group_wait: 0s, group_interval: 1h, repeat_interval: 1m}", now: start)
        let nights = TimeInterval(times: [22 * 60..<24 * 60])
        harness.set(try harness.silence("nightly", "a=1", seconds: 400_000, recurrence: [nights]))
        harness.receive([harness.alert("1")])
        var told: [Int] = []
        for hour in 20..<48 {
            harness.forgetTold()
            harness.pass(seconds: 0)
            harness.receive([harness.alert("1")])
            harness.pass(seconds: 3600)
            if !harness.told.isEmpty { told.append(hour + 1) }
        }
        // Looked at at each full hour: told at 21, silent at 22 and 23, told from 24 (0 h) on until 45 (21 h).
        #expect(told == Array([21] + Array(24...45) + [48]))
    }

    @Test func `a silence that comes again without its zone does not hold`() throws {
        var harness = try RouterHarness(Self.file)
        harness.set(try harness.silence("s", "a=1", recurrence: [TimeInterval(location: "Test/Berlin")]))
        harness.receive([harness.alert("1")])
        #expect(harness.router.alerts(at: harness.now).map(\.state) == [.active])
        let silence = try harness.silence("s", "a=1", recurrence: [TimeInterval(location: "Test/Berlin")])
        _ = harness.router.set(silence, zones: TestZones.all, now: harness.now)
        #expect(harness.router.alerts(at: harness.now).map(\.state) == [.suppressed])
    }

    @Test func `an inhibited alert is told when what inhibits it has ended`() throws {
        var harness = try RouterHarness(
            """
            route: {receiver: r, group_wait: 30s, group_interval: 1m, repeat_interval: 1h}
            inhibit_rules:
            - source_matchers: [severity="critical"]
              target_matchers: [severity="warning"]
              equal: [host]
            """)
        let source = harness.alert("source", [("severity", "critical"), ("host", "h1")])
        let target = harness.alert("target", [("severity", "warning"), ("host", "h1")])
        harness.receive([target, harness.alert("other", [("severity", "warning"), ("host", "h2")]), source])
        harness.pass(seconds: 40)
        #expect(harness.told.map(\.content) == ["other,source;"])
        let views = harness.router.alerts(at: harness.now)
        #expect(views.filter { $0.state == .suppressed }.map(\.alert.labels) == [target.labels])
        #expect(views.flatMap(\.inhibitedBy) == [source.fingerprint])
        harness.receive([harness.ended(source)])
        harness.pass(seconds: 60)
        #expect(harness.told.map(\.content) == ["other,source;", "other,target;source"])
        #expect(harness.events.filter { $0.kind == .inhibited }.map(\.decidedBy) == [[source.fingerprint.description]])
        #expect(harness.events.filter { $0.kind == .released }.map(\.labels) == [target.labels])
    }

    @Test func `an alert that passes both lists is inhibited only by one that does not`() throws {
        let rule = InhibitRule(
            sourceMatchers: try MatcherSyntax.parse("kind=~node|both"), targetMatchers: try MatcherSyntax.parse("kind=~both|pod"))
        let labels = ["node", "both", "pod"].map { LabelSet([("alertname", "A"), ("kind", $0)]) }
        for (sources, targets) in [([0], [1, 2]), ([1], [2]), ([0, 1], [1, 2]), ([2], [])] as [([Int], [Int])] {
            var index = InhibitionIndex([rule])
            var table = AlertTable()
            for source in sources {
                let id = table.insert(Alert(labels: labels[source], startsAt: 0, endsAt: 100, updatedAt: 0))
                index.insert(id, labels[source])
            }
            let inhibited = labels.indices.filter { index.source(of: index.targets(labels[$0]), in: table, now: 50, revision: 1) != nil }
            #expect(inhibited == targets, "sources \(sources)")
            // Those that have ended inhibit nothing.
            #expect(labels.allSatisfy { index.source(of: index.targets($0), in: table, now: 100, revision: 2) == nil })
        }
    }

    @Test func `equal labels that are missing on both sides are equal`() throws {
        let rule = InhibitRule(
            sourceMatchers: try MatcherSyntax.parse("s=1"), targetMatchers: try MatcherSyntax.parse("t=1"), equal: ["x", "y"])
        var index = InhibitionIndex([rule])
        var table = AlertTable()
        let source = LabelSet([("s", "1"), ("x", "1")])
        index.insert(table.insert(Alert(labels: source, startsAt: 0, endsAt: 100, updatedAt: 0)), source)
        func isInhibited(_ labels: LabelSet) -> Bool {
            index.source(of: index.targets(labels), in: table, now: 0, revision: 1) != nil
        }
        #expect(isInhibited(["t": "1", "x": "1"]))
        #expect(!isInhibited(["t": "1"]))
        #expect(!isInhibited(["t": "1", "x": "1", "y": "2"]))
        #expect(!isInhibited(["t": "2", "x": "1"]))
    }

    @Test func `time intervals keep groups of their routes back`() throws {
        let start = try #require(rfc3339("2026-03-09T08:58:00Z"))
        var harness = try RouterHarness(
            """
            route:
              receiver: r
              group_wait: 0s
              group_interval: 1m
              routes:
              - {matchers: [a="mute"], mute_time_intervals: [office]}
              - {matchers: [a="active"], active_time_intervals: [office]}
              - {matchers: [a="both"], active_time_intervals: [office], mute_time_intervals: [late]}
            time_intervals:
            - name: office
              time_intervals: [{weekdays: ['monday:friday'], times: [{start_time: '09:00', end_time: '10:00'}]}]
            - name: late
              time_intervals: [{times: [{start_time: '09:30', end_time: '24:00'}]}]
            """, now: start)
        harness.receive(["mute", "active", "both"].map { harness.alert($0) })
        #expect(harness.told.map(\.content) == ["mute;"])
        let groups = harness.router.groups(at: harness.now)
        #expect(groups.map(\.mutedBy).sorted { $0.count < $1.count } == [[], ["office"], ["office"]])
        #expect(groups.flatMap(\.alerts).filter { $0.state == .suppressed }.count == 2)
        harness.pass(seconds: 180)
        #expect(harness.told.map(\.content) == ["mute;", "active;", "both;"])
        #expect(harness.told.map(\.at).suffix(2) == harness.told.suffix(2).map { _ in harness.told[0].at + 120 })
        harness.pass(seconds: 3600)
        let muted = harness.events.filter { $0.kind == .muted }
        #expect(
            muted.map { [$0.labels["a"] ?? ""] + $0.decidedBy } == [
                ["active", "office"], ["both", "office"], ["mute", "office"], ["both", "late"], ["active", "office"], ["both", "office"],
            ])
    }

    @Test func `what ends while it is kept back ends untold`() throws {
        var harness = try RouterHarness(Self.file)
        let alert = harness.alert("1")
        harness.receive([alert])
        harness.pass(seconds: 60)
        harness.set(try harness.silence("s", "a=1", seconds: 3000))
        harness.receive([harness.ended(alert)])
        harness.pass(seconds: 3600)
        #expect(harness.told.map(\.content) == ["1;"])
        #expect(harness.router.counts.groups == 0)
    }
}
