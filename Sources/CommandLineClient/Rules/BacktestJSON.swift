internal import AlertModel
internal import RuleTesting
internal import Rules
internal import TelemetryModel

/// The replay of rules as one line of JSON:
///
///     {"end":S,"start":S,"variants":[{"for":S,"keep_firing_for":S,"notifications":[…],"rules":[…],"suppressed":[…],"totals":{…}}]}
///
/// Times and durations are seconds; `for` and `keep_firing_for` of a variant are null where the rules are as they were written.
enum BacktestJSON {
    static func render(_ report: BacktestReport) -> String {
        var json = JSONText()
        json.object { json in
            json.member("end") { $0.seconds(report.results.first?.result.end ?? 0) }
            json.member("start") { $0.seconds(report.results.first?.result.start ?? 0) }
            json.member("variants") { json in
                json.array(report.results) { json, element in variant(element.variation, element.result, &json) }
            }
        }
        return json.text + "\n"
    }

    private static func variant(_ variation: Backtest.Variation, _ result: BacktestResult, _ json: inout JSONText) {
        json.object { json in
            json.member("for") { optional(variation.hold, &$0) }
            json.member("keep_firing_for") { optional(variation.keepFiring, &$0) }
            json.member("notifications") { $0.array(result.notifications) { notification($1, &$0) } }
            json.member("rules") { $0.array(result.rules) { rule($1, &$0) } }
            json.member("suppressed") { json in
                json.array(result.suppressions) { json, suppression in
                    json.object { json in
                        json.member("alerts") { $0.raw(String(suppression.count)) }
                        json.member("by") { $0.array(suppression.decidedBy) { $0.string($1) } }
                        json.member("kind") { $0.string(suppression.kind.rawValue) }
                    }
                }
            }
            json.member("totals") { json in
                json.object { json in
                    json.member("fired") { $0.raw(String(result.firedCount)) }
                    json.member("firing_seconds") { $0.seconds(result.firingTime) }
                    json.member("notifications") { $0.raw(String(result.notifications.count)) }
                    json.member("notifications_firing") { $0.raw(String(result.pageCount)) }
                }
            }
        }
    }

    private static func rule(_ rule: RuleReplay, _ json: inout JSONText) {
        json.object { json in
            json.member("alerts") { $0.array(rule.alerts) { alert($1, &$0) } }
            json.member("failures") { $0.raw(String(rule.faultCount)) }
            json.member("file") { $0.string(rule.file) }
            json.member("first_failure") { $0.string(rule.firstFault) }
            json.member("for") { $0.seconds(rule.hold) }
            json.member("group") { $0.string(rule.group) }
            json.member("interval") { $0.seconds(rule.interval) }
            json.member("keep_firing_for") { $0.seconds(rule.keepFiring) }
            json.member("line") { $0.raw(String(rule.place.line)) }
            json.member("name") { $0.string(rule.name) }
        }
    }

    private static func alert(_ alert: AlertReplay, _ json: inout JSONText) {
        json.object { json in
            json.member("active_at") { $0.seconds(alert.activeAt) }
            json.member("ended_at") { optional(alert.endedAt, &$0) }
            json.member("fired_at") { optional(alert.firedAt, &$0) }
            json.member("kept_seconds") { $0.seconds(alert.keptFor) }
            json.member("labels") { labels(alert.labels, &$0) }
        }
    }

    private static func notification(_ notification: ReplayedNotification, _ json: inout JSONText) {
        json.object { json in
            json.member("firing") { $0.array(notification.firing) { labels($1, &$0) } }
            json.member("group_key") { $0.string(notification.groupKey) }
            json.member("group_labels") { labels(notification.groupLabels, &$0) }
            json.member("integration") { $0.string("\(notification.integration.kind)[\(notification.integration.index)]") }
            json.member("reason") { $0.string(notification.reason.rawValue) }
            json.member("receiver") { $0.string(notification.integration.receiver) }
            json.member("resolved") { $0.array(notification.resolved) { labels($1, &$0) } }
            json.member("time") { $0.seconds(notification.time) }
        }
    }

    private static func labels(_ labels: LabelSet, _ json: inout JSONText) {
        json.object { json in
            for label in labels { json.member(label.name) { $0.string(label.value) } }
        }
    }

    private static func optional(_ time: Int64?, _ json: inout JSONText) {
        if let time { json.seconds(time) } else { json.raw("null") }
    }
}
