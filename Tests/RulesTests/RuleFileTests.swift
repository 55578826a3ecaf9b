import ConfigFile
import PromQL
import Rules
import TelemetryModel
import Testing

@Suite struct RuleFileTests {
    private func faults(_ text: String) -> [String] {
        do throws(ConfigError) {
            _ = try RuleFile.parse(text, file: "rules.yml")
            return []
        } catch {
            return error.all.map(\.description)
        }
    }

    @Test func `a file has its groups and rules`() throws {
        let file = try RuleFile.parse(
            """
            groups:
            - name: example
              interval: 15s
              query_offset: 5s
              limit: 10
              labels: {team: shop, severity: none}
              rules:
              - record: job:up:sum
                expr: sum by (job) (up)
              - alert: HighRequestLatency
                expr: http_request_duration_seconds{quantile="0.9"} > 1
                for: 10m
                keep_firing_for: 5m
                labels: {severity: page}
                annotations:
                  summary: "High request latency on {{ $labels.instance }}"
            """, file: "rules.yml")
        let group = try #require(file.groups.first)
        #expect(group.name == "example" && group.intervalMilliseconds == 15_000 && group.queryOffsetMilliseconds == 5_000)
        #expect(group.limit == 10 && group.rules.count == 2)
        #expect(group.rules[0].labels == [Label(name: "severity", value: "none"), Label(name: "team", value: "shop")])
        #expect(group.rules[1].labels == [Label(name: "severity", value: "page"), Label(name: "team", value: "shop")])
        let terms = try #require(group.rules[1].alerting)
        #expect(terms.holdMilliseconds == 600_000 && terms.keepFiringMilliseconds == 300_000)
        #expect(group.rules[1].expression.text == #"http_request_duration_seconds{quantile="0.9"} > 1"#)
        #expect(group.rules[1].place.line == 10)
    }

    @Test func `nothing is a file without groups`() throws {
        #expect(try RuleFile.parse("", file: "f").groups.isEmpty)
        #expect(try RuleFile.parse("groups:", file: "f").groups.isEmpty)
    }

    @Test func `every fault is told with its place`() {
        #expect(
            faults(
                """
                groups:
                - name: a
                  rules:
                  - record: x
                    alert: y
                    expr: up
                  - expr: up
                  - record: z
                    for: 5m
                    expr: up
                    annotations: {a: b}
                  - alert: q
                    expr: up{
                  - alert: r
                    expr: up
                    labels: {"__name__": x}
                  - alert: s
                    expr: up
                    annotations: {a: "{{ $labels.x "}
                - name: a
                """) == [
                    "rules.yml:5:5: group \"a\", rule 1, \"y\": only one of 'record' and 'alert' must be set",
                    "rules.yml:7:5: group \"a\", rule 2, \"\": one of 'record' or 'alert' must be set",
                    "rules.yml:9:5: group \"a\", rule 3, \"z\": invalid field 'for' in recording rule",
                    "rules.yml:11:5: group \"a\", rule 3, \"z\": invalid field 'annotations' in recording rule",
                    "rules.yml:13:14: group \"a\", rule 4, \"q\": could not parse expression: 1:4: parse error: unexpected end of input inside braces",
                    "rules.yml:16:26: invalid label name: __name__",
                    "rules.yml:19:22: group \"a\", rule 6, \"s\": annotation \"a\": template: __alert_s:1: unclosed action",
                ])
        #expect(
            faults("groups:\n- name: a\n- name: a\n") == ["rules.yml:3:3: groupname: \"a\" is repeated in the same file"])
        #expect(faults("groups:\n- rules: []\n") == ["rules.yml:2:3: Groupname must not be empty"])
        #expect(faults("groups:\n- name: a\n  intervall: 5s\n").first?.contains("did you mean \"interval\"") == true)
    }

    @Test(arguments: [
        ("expr: sum(up) by (job) + foo bar", "1:30"),
        ("expr: 'sum(up) + foo bar'", "1:22"),
        ("expr: \"sum(up) + foo bar\"", "1:22"),
        ("expr: |\n      sum(up)\n        + foo bar", "3:15"),
        ("expr: >-\n      sum(up)\n\n      + foo\n      bar", "5:7"),
    ])
    func `a fault in an expression is told where it stands in the file`(text: String, place: String) {
        let document = "groups:\n- name: a\n  rules:\n  - record: x\n    \(text)\n"
        let parts = place.split(separator: ":").compactMap { Int($0) }
        let offset = (line: parts[0] + 4, column: parts[0] == 1 ? parts[1] + 4 : parts[1])
        #expect(faults(document).first?.hasPrefix("rules.yml:\(offset.line):\(offset.column): ") == true, "\(faults(document))")
    }
}
