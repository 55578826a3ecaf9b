internal import PerchMetrics
internal import Rules

/// What rules say of themselves, under `perch_rule_*`: the numbers of Prometheus' `prometheus_rule_*`.
enum RuleMetrics {
    /// Notes how long rules and groups take.
    static func observer(in registry: MetricRegistry) -> @Sendable (RuleDuration) -> Void {
        let rules = registry.histogram(
            "perch_rule_evaluation_duration_seconds", help: "Time that the evaluation of a rule took.", unit: "seconds")
        let groups = registry.histogram(
            "perch_rule_group_duration_seconds", help: "Time that the evaluation of a rule group took.", unit: "seconds")
        return { duration in
            switch duration {
            case .rule(let seconds): rules.record(seconds)
            case .group(let seconds): groups.record(seconds)
            }
        }
    }

    static func register(in registry: MetricRegistry, _ groups: @escaping @Sendable () -> [RunningRuleGroup]) {
        let counters: [(name: String, help: String, value: @Sendable (RuleGroupCounts) -> Int)] = [
            ("group_iterations_total", "Evaluations of a rule group that were due, missed ones included.", { $0.iterations }),
            ("group_iterations_missed_total", "Evaluations that did not happen because the one before took too long.", { $0.missed }),
            ("evaluations_total", "Evaluations of rules.", { $0.evaluations }),
            ("evaluation_failures_total", "Evaluations of rules that failed, or whose samples were not kept.", { $0.failures }),
        ]
        for counter in counters {
            registry.collected("perch_rule_" + counter.name, kind: .counter, help: counter.help) { samples in
                for group in groups() { samples.add(["rule_group": group.key], Double(counter.value(group.counts))) }
            }
        }
        let gauges: [(name: String, help: String, value: @Sendable (RunningRuleGroup) -> Double)] = [
            ("group_interval_seconds", "Time between two evaluations.", { Double($0.state.intervalMilliseconds) / 1000 }),
            (
                "group_last_evaluation_timestamp_seconds", "When the last evaluation began.",
                { Double($0.state.lastStarted ?? 0) / 1000 }
            ),
            ("group_last_duration_seconds", "Time that the last evaluation took.", { $0.state.lastDurationSeconds }),
            (
                "group_last_rule_duration_sum_seconds", "Time that the rules of the last evaluation took together.",
                { $0.counts.ruleSeconds }
            ),
            (
                "group_last_restore_duration_seconds", "Time that reading alerts back from their series took after the start.",
                { $0.counts.restoreSeconds }
            ),
            ("group_rules", "Rules of a group.", { Double($0.state.group.rules.count) }),
            ("group_last_evaluation_samples", "Samples that the last evaluation wrote.", { Double($0.state.lastSampleCount) }),
        ]
        for gauge in gauges {
            registry.collected("perch_rule_" + gauge.name, kind: .gauge, help: gauge.help) { samples in
                for group in groups() { samples.add(["rule_group": group.key], gauge.value(group)) }
            }
        }
    }
}

extension RunningRuleGroup {
    fileprivate var key: String { state.group.key.description }
}
