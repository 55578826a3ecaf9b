internal import AlertRouting
internal import ConfigFile
internal import LabelMatching
internal import TelemetryModel
internal import Testing

@Suite("The route tree of a file")
struct RouteReadingTests {
    private static let file = """
        route:
          receiver: default
          group_by: [alertname, cluster]
          group_wait: 10s
          repeat_interval: 3h
          labels: {team: all, tier: "1"}
          routes:
          - matchers: ['severity="page"', team=~"a|b"]
            match: {zone: eu}
            match_re: {service: "x.*"}
            receiver: pager
            continue: true
            group_by: ['...']
            labels: {team: pagers}
            mute_time_intervals: [weekend]
            routes:
            - matchers: [deep="1"]
              group_by: []
            - matchers: [deep="2"]
          - matchers: [severity="page"]
            group_interval: 1m
          - receiver: all
        time_intervals: [{name: weekend, time_intervals: [{weekdays: [saturday, sunday]}]}]
        """

    @Test func `routes take over what they do not say`() throws {
        let configuration = try RoutingConfiguration(yaml: Self.file, receivers: ["default", "pager", "all"])
        let options = configuration.routes.map(\.options)
        #expect(options.map(\.receiver) == ["default", "pager", "pager", "pager", "default", "all"])
        #expect(options.map(\.groupsByAllLabels) == [false, true, false, true, false, false])
        #expect(
            options.map(\.groupBy) == [
                ["alertname", "cluster"], ["alertname", "cluster"], [], ["alertname", "cluster"], ["alertname", "cluster"],
                ["alertname", "cluster"],
            ])
        #expect(options.map(\.groupWaitMilliseconds) == Array(repeating: 10_000, count: 6))
        #expect(options.map(\.groupIntervalMilliseconds) == [300_000, 300_000, 300_000, 300_000, 60_000, 300_000])
        #expect(options.map(\.repeatIntervalMilliseconds) == Array(repeating: 10_800_000, count: 6))
        #expect(options.map(\.muteTimeIntervals) == [[], ["weekend"], [], [], [], []])
        #expect(options[2].labels.map { $0.name + "=" + $0.value } == ["team=pagers", "tier=1"])
        #expect(configuration.resolveTimeoutMilliseconds == 300_000)
    }

    @Test func `routes have the ids and keys of Alertmanager`() throws {
        let configuration = try RoutingConfiguration(yaml: Self.file, receivers: ["default", "pager", "all"])
        let page = #"{service=~"^(?:x.*)$",severity="page",team=~"a|b",zone="eu"}"#
        #expect(
            configuration.routes.map(\.id) == [
                "{}", "{}/\(page)/0", #"{}/\#(page)/0/{deep="1"}/0"#, #"{}/\#(page)/0/{deep="2"}/1"#, #"{}/{severity="page"}/1"#, "{}/{}/2",
            ])
        #expect(
            configuration.routes.map(\.key) == [
                "{}", "{}/\(page)", #"{}/\#(page)/{deep="1"}"#, #"{}/\#(page)/{deep="2"}"#, #"{}/{severity="page"}"#, "{}/{}",
            ])
    }

    @Test(
        arguments: [
            ([("severity", "page"), ("team", "a"), ("zone", "eu"), ("service", "xy")], [1, 4]),
            ([("severity", "page"), ("team", "a"), ("zone", "eu"), ("service", "xy"), ("deep", "2")], [3, 4]),
            ([("severity", "page"), ("team", "c")], [4]), ([("severity", "warn")], [5]),
        ] as [([(String, String)], [Int])])
    func `an alert takes the first route that matches, and those after it while they continue`(
        labels: [(String, String)], routes: [Int]
    ) throws {
        let configuration = try RoutingConfiguration(yaml: Self.file, receivers: ["default", "pager", "all"])
        #expect(configuration.routes(for: LabelSet(labels)).map(\.index) == routes)
        #expect(configuration.receivers(for: LabelSet(labels)).map(\.receiver) == routes.map { configuration.routes[$0].options.receiver })
    }

    @Test func `the tree is drawn as amtool draws it`() throws {
        let configuration = try RoutingConfiguration(
            yaml: """
                route:
                  receiver: a
                  routes:
                  - matchers: ['x="1"']
                    continue: true
                    receiver: b
                    routes:
                    - matchers: ['y="2"', 'z=~"a|b"']
                      receiver: c
                  - match: {q: "w"}
                    receiver: b
                """, receivers: ["a", "b", "c"])
        #expect(
            configuration.treeText == """
                .
                └── default-route  receiver: a
                    ├── {x="1"}  continue: true  receiver: b
                    │\u{a0}\u{a0} └── {y="2",z=~"a|b"}  receiver: c
                    └── {q="w"}  receiver: b

                """)
        #expect(
            configuration.treeText(for: ["x": "1", "y": "2", "z": "a", "q": "v"]) == """
                .
                └── default-route
                    └── {x="1"}
                        └── {y="2",z=~"a|b"}  receiver: c

                """)
        #expect(configuration.treeText(for: ["y": "2"]) == ".\n└── default-route  receiver: a\n")
    }

    @Test(arguments: [
        ("receivers: x", "1:1: no route provided in config"),
        ("route: {}", "1:8: root route must specify a default receiver"),
        ("route: {receiver: r, matchers: [a=b]}", "1:8: root route must not have any matchers"),
        ("route: {receiver: r, match: {a: b}}", "1:8: root route must not have any matchers"),
        ("route: {receiver: r, mute_time_intervals: [x]}", "1:8: root route must not have any mute time intervals"),
        ("route: {receiver: r, active_time_intervals: [x]}", "1:8: root route must not have any active time intervals"),
        ("route: {receiver: r, continue: true}", "1:8: cannot have continue in root route"),
        ("route: {receiver: s}", #"1:19: undefined receiver "s" used in route"#),
        ("route: {receiver: r, routes: [{routes: [{receiver: s}]}]}", #"1:52: undefined receiver "s" used in route"#),
        ("route: {receiver: r, routes: [{mute_time_intervals: [t]}]}", #"1:54: undefined time interval "t" used in route"#),
        ("route: {receiver: r, routes: [{active_time_intervals: [t]}]}", #"1:56: undefined time interval "t" used in route"#),
        ("route: {receiver: r, group_by: [a, b, a]}", #"1:39: duplicated label "a" in group_by"#),
        ("route: {receiver: r, group_by: ['...', b]}", "1:32: cannot have wildcard group_by (`...`) and other labels at the same time"),
        ("route: {receiver: r, group_by: ['']}", #"1:33: invalid label name "" in group_by list"#),
        ("route: {receiver: r, group_interval: 0s}", "1:38: group_interval cannot be zero"),
        ("route: {receiver: r, repeat_interval: 0s}", "1:39: repeat_interval cannot be zero"),
        ("route: {receiver: r, group_wait: 5}", #"1:34: expected a duration such as "15s", found "5""#),
        ("route: {receiver: r, routes: [{match: {'a b': c}}]}", #"1:47: invalid label name "a b""#),
        ("route: {receiver: r, routes: [{match_re: {a: '('}}]}", "1:46: error parsing regexp: missing closing ): `^(?s:^(?:()$)$`"),
        ("route: {receiver: r, routes: [{matchers: [a]}]}", "1:43: bad matcher format: a"),
        ("route: {receiver: r, routes: [{macthers: [a]}]}", #"1:32: unknown key "macthers" in route.routes[0]; did you mean "matchers"?"#),
        ("route: {receiver: r, labels: {'': x}}", #"1:35: invalid label name "" in route labels"#),
        ("route: {receiver: r}\ninhibit_rules: [{equal: ['']}]", #"2:26: invalid label name "" in equal list"#),
        ("route: {receiver: r}\ninhibit_rules: [{source_match: {'1': x}}]", #"2:38: invalid label name "1""#),
        ("route: {receiver: r}\ninhibit_rules: [{target_match: {a: x}, sources: 1}]", #"2:40: unknown key "sources" in inhibit_rules[0]"#),
        ("route: {receiver: r}\ntime_intervals: [{name: a}, {name: a}]", #"2:29: time interval "a" is not unique"#),
        ("route: {receiver: r}\nmute_time_intervals: [{name: a}, {name: a}]", #"2:34: mute time interval "a" is not unique"#),
        ("route: {receiver: r}\nmute_time_intervals: [{name: a}]\ntime_intervals: [{name: a}]", #"3:18: time interval "a" is not unique"#),
        ("route: {receiver: r}\ntime_intervals: [{}]", "2:18: missing name in time interval"),
        (
            "route: {receiver: r}\ntime_intervals: [{name: a, time_intervals: [{location: Mars/Olympus}]}]",
            "2:56: unknown time zone Mars/Olympus"
        ),
        ("route: {receiver: r}\ntime_intervals: [{name: a, time_intervals: [{months: [x]}]}]", "2:55: x is not a valid month"),
    ])
    func `what Alertmanager refuses is refused, at its place`(yaml: String, message: String) {
        let error = #expect(throws: ConfigError.self) { try RoutingConfiguration(yaml: yaml, receivers: ["r"]) }
        #expect(error.map { "\($0.line):\($0.column): \($0.message)" } == message)
    }

    @Test func `inhibition rules take their matchers in all forms`() throws {
        let configuration = try RoutingConfiguration(
            yaml: """
                route: {receiver: r}
                inhibit_rules:
                - name: one
                  source_match: {a: b}
                  source_match_re: {c: "d|e"}
                  source_matchers: [f!="g"]
                  target_match: {h: i}
                  target_match_re: {j: k.*}
                  target_matchers: ['{l="m", "n o"="p"}']
                  equal: [x, y]
                - target_matchers: [a="b"]
                """, receivers: ["r"])
        let rules = configuration.inhibitRules
        #expect(rules.map(\.name) == ["one", ""])
        #expect(MatcherText.text(rules[0].sourceMatchers) == #"{a="b",c=~"^(?:d|e)$",f!="g"}"#)
        #expect(MatcherText.text(rules[0].targetMatchers) == #"{h="i",j=~"^(?:k.*)$",l="m","n o"="p"}"#)
        #expect(rules[0].equal == ["x", "y"])
    }
}
