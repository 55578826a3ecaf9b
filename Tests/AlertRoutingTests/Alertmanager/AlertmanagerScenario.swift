internal import Foundation
internal import TelemetryModel
internal import TestSupport

/// What is done to Alertmanager and to the router alike.
struct AlertmanagerScenario: Codable {
    struct PostedAlert: Codable {
        var labels: [String: String]
        var annotations: [String: String] = [:]
        /// Seconds from the moment of posting.
        var endsAt: Double?
    }

    struct Matcher: Codable {
        var name: String
        var value: String
        var isRegex: Bool
        var isEqual: Bool
    }

    struct PostedSilence: Codable {
        var matchers: [Matcher]
        /// Seconds from the moment of posting.
        var startsAt: Double
        var endsAt: Double
        var createdBy = "me"
        var comment = "why"
    }

    struct Step: Codable {
        var at: Double
        var alerts: [PostedAlert] = []
        var silences: [PostedSilence] = []
        /// Places of silences among all that were posted before.
        var expired: [Int] = []
    }

    var config: String
    var steps: [Step] = []
    var until: Double

    /// What alertmanager_driver.py answers.
    struct Answer: Codable {
        struct Told: Codable {
            struct Body: Codable {
                struct Alert: Codable {
                    var status: String
                    var labels: [String: String]
                }
                var receiver: String
                var groupKey: String
                var alerts: [Alert]
            }
            var at: Double
            var path: String
            var body: Body
        }
        var steps: [Double]
        var told: [Told]
    }

    /// Seconds between steps; groups are looked at halfway between them, so that no step falls together with a look.
    static let pace = 4.0

    static let receivers = ["plain", "both", "quiet"]
    static let file = """
        global: {resolve_timeout: 5m}
        route:
          receiver: plain
          group_by: [alertname]
          group_wait: 2s
          group_interval: 4s
          repeat_interval: 9s
          routes:
          - matchers: ['team=~"x|y"']
            receiver: both
            continue: true
            group_by: [alertname, team]
          - match: {team: y}
            receiver: quiet
            group_by: ['...']
          - match_re: {team: 'z.*'}
            group_by: [job]
            routes:
            - matchers: ['deep="1"', 'odd!="a \\"b\\" \\\\ c"']
              receiver: quiet
          - matchers: [muted="always"]
            mute_time_intervals: [always]
          - matchers: [muted="never"]
            active_time_intervals: [always]
        inhibit_rules:
        - {source_matchers: [severity="critical"], target_matchers: ['severity=~"warning|critical"', 'soft="1"'], equal: [alertname, host]}
        mute_time_intervals: [{name: always, time_intervals: [{times: [{start_time: '00:00', end_time: '24:00'}]}]}]
        receivers:
        - {name: plain, webhook_configs: [{url: '@SINK@/plain/0'}]}
        - {name: both, webhook_configs: [{url: '@SINK@/both/0'}, {url: '@SINK@/both/1', send_resolved: false}]}
        - {name: quiet, webhook_configs: [{url: '@SINK@/quiet/0', send_resolved: false}]}
        """

    /// - Parameter steps: how many.
    init(seed: UInt64, steps count: Int) {
        var random = SeededGenerator(seed: seed)
        config = Self.file
        // No group is looked at around that time.
        until = Double(count) * Self.pace + 1.5
        var firing: [[String: String]] = []
        var silenceCount = 0
        for step in 0..<count {
            var posted = Step(at: Double(step) * Self.pace)
            for labels in firing where Int.random(in: 0..<3, using: &random) == 0 {
                let ends = Int.random(in: 0..<2, using: &random) == 0
                posted.alerts.append(PostedAlert(labels: labels, endsAt: ends ? 0 : nil))
                if posted.alerts.last?.endsAt != nil { firing.removeAll { $0 == labels } }
            }
            for _ in 0..<Int.random(in: 3...8, using: &random) {
                let labels = Self.labels(&random)
                if !firing.contains(labels), !posted.alerts.contains(where: { $0.labels == labels }) {
                    firing.append(labels)
                    posted.alerts.append(PostedAlert(labels: labels, annotations: ["summary": "s\(step)"]))
                }
            }
            if silenceCount > 0, Int.random(in: 0..<4, using: &random) == 0 {
                posted.expired.append(Int.random(in: 0..<silenceCount, using: &random))
            }
            if Int.random(in: 0..<2, using: &random) == 0 {
                silenceCount += 1
                let name = ["host", "team", "alertname"].randomElement(using: &random) ?? "host"
                let value = ["host": "h1|h2", "team": "x", "alertname": "A1"][name] ?? ""
                let delay = Double(Int.random(in: 0...1, using: &random)) * Self.pace
                posted.silences.append(
                    PostedSilence(
                        matchers: [Matcher(name: name, value: value, isRegex: name == "host", isEqual: true)], startsAt: delay + 0.05,
                        endsAt: delay + Self.pace * Double(Int.random(in: 1...3, using: &random))))
            }
            steps.append(posted)
        }
    }

    static func labels(_ random: inout SeededGenerator) -> [String: String] {
        func pick(_ values: [String]) -> String { values.randomElement(using: &random) ?? "" }
        var labels = ["alertname": pick(["A1", "A2", "A3"]), "host": pick(["h1", "h2", "h3", "h10"])]
        let optional = [
            ("team", ["x", "y", "z1", "z2"]), ("severity", ["warning", "critical"]), ("soft", ["1"]), ("muted", ["always", "never"]),
            ("deep", ["1"]), ("odd", [#"a "b" \ c"#, "é\n"]), ("job", ["j1", "j2"]), ("instance", ["i1", "i2"]),
        ]
        for (name, values) in optional where Int.random(in: 0..<(name == "muted" ? 5 : 2), using: &random) == 0 {
            labels[name] = pick(values)
        }
        return labels
    }
}
