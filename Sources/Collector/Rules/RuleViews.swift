internal import HTTPAPI
internal import Rules

/// Rules as the API shows them.
extension RunningRuleGroup {
    var view: RuleGroupView {
        RuleGroupView(
            name: state.group.name, file: state.group.file, language: .init(state.group.language),
            intervalSeconds: Double(state.intervalMilliseconds) / 1000, limit: state.group.limit,
            evaluationSeconds: state.lastDurationSeconds, lastEvaluation: state.lastStarted,
            rules: state.group.rules.indices.map { state.view(of: $0) })
    }
}

extension RuleGroupState {
    fileprivate func view(of place: Int) -> RuleView {
        let rule = group.rules[place]
        let health = self.health[place]
        let shown = rule.alerting.map { terms in
            RuleView.Alerting(
                state: health.lastEvaluation == nil ? "unknown" : alerting[place].state.rawValue,
                holdSeconds: Double(terms.holdMilliseconds) / 1000, keepFiringSeconds: Double(terms.keepFiringMilliseconds) / 1000,
                annotations: terms.annotations,
                alerts: alerting[place].activeAlerts.map {
                    RuleAlertView(
                        labels: $0.labels, annotations: $0.annotations, state: $0.state.rawValue, activeAt: $0.activeAt,
                        keepFiringSince: $0.keepFiringSince, value: $0.value)
                })
        }
        return RuleView(
            name: rule.name, query: rule.expression.text, labels: rule.labels, health: health.state.rawValue, lastError: health.lastError,
            evaluationSeconds: health.evaluationSeconds, lastEvaluation: health.lastEvaluation, alerting: shown)
    }
}

extension RuleGroupView.Language {
    fileprivate init(_ language: RuleLanguage) {
        switch language {
        case .promQL: self = .promQL
        case .logQL: self = .logQL
        case .traceQL: self = .traceQL
        }
    }
}
