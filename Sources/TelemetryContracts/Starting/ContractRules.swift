/// Alerting rules to start from, and unit tests for each of them. Thresholds are guesses that whoever runs the service has to think about.
public struct ContractRules: Sendable {
    struct Rule {
        var alert: String
        var expression: String
        var holdMinutes: Int
        var severity: String
        /// Labels that the expression's result has.
        var resultLabels: [(name: String, value: String)]
        var summary: String
        /// Series over which it fires, and such over which it does not.
        var firing: [Series]
        var quiet: [Series]
    }

    /// A series of a unit test, in the notation of promtool.
    struct Series {
        var series: String
        var values: String
    }

    private let contract: Contract
    private let selector: String
    /// The matchers of the selector that say what a label is.
    private let equalities: [(name: String, value: String)]

    /// - Parameters:
    ///   - selector: the matchers of the service's series, such as `job="shop"`.
    ///   - equalities: labels and values that the selector asks for by `=`: the tests' series have them.
    public init(_ contract: Contract, selector: String, equalities: [(name: String, value: String)]) {
        self.contract = contract
        self.selector = selector
        self.equalities = equalities
    }

    /// A rule file of Prometheus.
    public var yaml: String {
        var text = """
            # Rules to start from, made from the contract of \(DocumentJSON.quoted(contract.service)) by `perch contract rules`.
            # The thresholds are guesses: think about each.
            groups:
              - name: \(DocumentJSON.quoted(contract.service + "-contract"))
                rules:

            """
        if rules.isEmpty { return text.replacing("    rules:\n", with: "    rules: []\n") }
        for rule in rules {
            text += """
                      - alert: \(rule.alert)
                        expr: \(DocumentJSON.quoted(rule.expression))
                        for: \(rule.holdMinutes)m
                        labels:
                          severity: \(rule.severity)
                          service: \(DocumentJSON.quoted(contract.service))
                        annotations:
                          summary: \(DocumentJSON.quoted(rule.summary))

                """
        }
        return text
    }

    /// A file of unit tests for `promtool test rules` and `perch rules test`: each alert fires where it is to, and nowhere else.
    ///
    /// - Parameter ruleFile: the name of the file that ``yaml`` is in.
    public func tests(ruleFile: String) -> String {
        var text = "rule_files: [\(DocumentJSON.quoted(ruleFile))]\nevaluation_interval: 1m\ntests:"
        if rules.isEmpty { return text + " []\n" }
        text += "\n"
        for rule in rules {
            text += test(rule, rule.firing, isFiring: true)
            text += test(rule, rule.quiet, isFiring: false)
        }
        return text
    }

    private func test(_ rule: Rule, _ series: [Series], isFiring: Bool) -> String {
        var text = """
              - name: \(DocumentJSON.quoted("\(rule.alert) \(isFiring ? "fires" : "does not fire")"))
                interval: 1m
                input_series:

            """
        for one in series {
            text += "      - series: \(quoted(one.series))\n        values: \(quoted(one.values))\n"
        }
        text += "    alert_rule_test:\n      - eval_time: \(rule.holdMinutes + 20)m\n        alertname: \(rule.alert)\n"
        guard isFiring else { return text + "        exp_alerts: []\n" }
        text += "        exp_alerts:\n          - exp_labels:\n"
        text += "              severity: \(rule.severity)\n              service: \(quoted(contract.service))\n"
        for label in rule.resultLabels { text += "              \(label.name): \(quoted(label.value))\n" }
        return text + "            exp_annotations:\n              summary: \(quoted(rule.summary))\n"
    }

    private func quoted(_ text: String) -> String { DocumentJSON.quoted(text) }

    // MARK: Rules

    var rules: [Rule] {
        contract.metrics.flatMap { metric -> [Rule] in
            var rules: [Rule] = []
            if metric.isClosed { rules.append(missing(metric)) }
            if let failing = failing(metric) { rules.append(failing) }
            if let slow = slow(metric) { rules.append(slow) }
            for label in metric.labels where label.values == nil { rules.append(crowded(metric, label)) }
            return rules
        }
    }

    /// Nothing arrives of a metric that is there from the start of the service.
    private func missing(_ metric: Contract.Metric) -> Rule {
        let sample = metric.type == .histogram && !metric.isNative ? metric.name + "_count" : metric.name
        let others = metric.isNative ? " and absent(\(metric.name)_count{\(selector)})" : ""
        return Rule(
            alert: camel(metric.name) + "Missing", expression: "absent(\(sample){\(selector)})\(others)", holdMinutes: 10,
            severity: "warning",
            resultLabels: equalities, summary: "\(contract.service) does not report \(metric.name).",
            firing: [Series(series: series("contract_test_other"), values: "1x40")],
            quiet: [Series(series: series(sample, metric), values: "0+1x40")])
    }

    /// Words that tell of failure in the values of labels.
    private static let failures: Set<String> = [
        "error", "failed", "failure", "declined", "rejected", "refused", "timeout", "timed_out", "aborted", "dropped", "denied", "invalid",
    ]

    /// More than a twentieth goes wrong, as far as a label tells.
    private func failing(_ metric: Contract.Metric) -> Rule? {
        guard metric.type == .counter else { return nil }
        for label in metric.labels {
            let values = label.values ?? []
            let bad = values.filter { ContractRules.failures.contains($0.lowercased()) }
            guard let worst = bad.first, let good = values.first(where: { !bad.contains($0) }) else { continue }
            // These values have nothing in them that a regular expression would take for its own.
            let wrong = "\(metric.name){\(selector), \(label.name)=~\(queryText(bad.joined(separator: "|")))}"
            func counts(_ perMinute: Int) -> [Series] {
                [
                    Series(series: series(metric.name, metric, [label.name: good]), values: "0+100x60"),
                    Series(series: series(metric.name, metric, [label.name: worst]), values: "0+\(perMinute)x60"),
                ]
            }
            return Rule(
                alert: camel(metric.name) + "Failing",
                expression: "sum(rate(\(wrong)[5m])) / sum(rate(\(metric.name){\(selector)}[5m])) > 0.05", holdMinutes: 10,
                severity: "critical", resultLabels: [],
                summary: "More than 5 % of \(metric.name) of \(contract.service) have \(label.name) \(bad.joined(separator: " or ")).",
                firing: counts(20), quiet: counts(1))
        }
        return nil
    }

    /// The slowest hundredth takes more than a second, or more than the largest bucket below one shows.
    private func slow(_ metric: Contract.Metric) -> Rule? {
        guard metric.type == .histogram, metric.unit == "seconds" else { return nil }
        let bounds = metric.bounds ?? [0.1, 1, 10]
        guard let limit = bounds.first(where: { $0 >= 1 }) ?? bounds.last else { return nil }
        let above = bounds.first { $0 > limit }
        let quantile = ContractDashboard.quantile("0.99", metric, selector, "5m")
        // Where there is no bucket above, the quantile cannot be seen to be larger.
        let comparison = above == nil ? ">= \(limit)" : "> \(limit)"
        func counts(isSlow: Bool) -> [Series] {
            bounds.map { bound in
                let isIn = isSlow ? bound > limit : true
                return Series(
                    series: series(metric.name + "_bucket", metric, [:], [("le", "\(bound)")]), values: isIn ? "0+60x60" : "0+0x60")
            } + [Series(series: series(metric.name + "_bucket", metric, [:], [("le", "+Inf")]), values: "0+60x60")]
        }
        let expression = metric.isNative ? "(\(quantile)) \(comparison)" : "\(quantile) \(comparison)"
        return Rule(
            alert: camel(metric.name) + "Slow", expression: expression, holdMinutes: 10, severity: "warning", resultLabels: [],
            summary: "The 99th percentile of \(metric.name) of \(contract.service) is above \(limit) s.", firing: counts(isSlow: true),
            quiet: counts(isSlow: false))
    }

    /// An open label has more values than there may be, so that some are counted together.
    private func crowded(_ metric: Contract.Metric, _ label: Contract.Label) -> Rule {
        let sample = metric.type == .histogram ? metric.name + "_count" : metric.name
        let other = Contract.otherValue
        return Rule(
            alert: camel(metric.name) + camel(label.name) + "Crowded",
            expression: "count(\(sample){\(selector), \(label.name)=\(queryText(other))}) > 0", holdMinutes: 5, severity: "info",
            resultLabels: [],
            summary: "\(metric.name) of \(contract.service) has more than \(label.valuesMax ?? 0) values of \(label.name).",
            firing: [Series(series: series(sample, metric, [label.name: other]), values: "0+1x40")],
            quiet: [Series(series: series(sample, metric, [label.name: "one"]), values: "0+1x40")])
    }

    // MARK: Names

    /// A series of a test: with the labels that the selector asks for, and for each label of the metric a value.
    private func series(
        _ name: String, _ metric: Contract.Metric? = nil, _ values: [String: String] = [:], _ further: [(name: String, value: String)] = []
    ) -> String {
        let own = (metric?.labels ?? []).map { (name: $0.name, value: values[$0.name] ?? $0.values?.first ?? "one") }
        let labels = equalities + own + further
        return name + "{" + labels.map { "\($0.name)=\(queryText($0.value))" }.joined(separator: ", ") + "}"
    }

    /// `shop_orders_total` as `ShopOrdersTotal`.
    private func camel(_ name: String) -> String {
        name.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
