internal import HTTPTypes
internal import LabelMatching
internal import TelemetryModel

/// `/api/v1/rules`, `/api/v1/alerts` and `/api/v1/alertmanagers`; and the first two under `/prometheus`, where Grafana asks for the rules of a data
/// source of logs.
public struct RulesAPI: HTTPEndpoints {
    private let environment: QueryEnvironment
    private let groups: @Sendable () -> [RuleGroupView]
    private let alertmanagers: @Sendable () -> AlertmanagersView

    /// - Parameter groups: sorted by file and name.
    public init(
        _ environment: QueryEnvironment, groups: @escaping @Sendable () -> [RuleGroupView],
        alertmanagers: @escaping @Sendable () -> AlertmanagersView
    ) {
        self.environment = environment
        self.groups = groups
        self.alertmanagers = alertmanagers
    }

    public func addRoutes(to routes: inout Routes) {
        let logGroups: @Sendable () -> [RuleGroupView] = { [groups] in groups().filter { $0.language == .logQL } }
        for (prefix, groups) in [("", groups), ("/prometheus", logGroups)] {
            // Loki's ruler says of every answer that there is no error.
            let isLoki = !prefix.isEmpty
            routes.on(prefix + "/api/v1/rules", .get) { call in try await rules(call, groups, isLoki: isLoki) }
            routes.on(prefix + "/api/v1/alerts", .get) { _ in RulesAPI.alerts(groups(), isLoki: isLoki) }
        }
        routes.on("/api/v1/alertmanagers", .get) { _ in
            let view = alertmanagers()
            return .success { writer in
                writer.beginObject()
                for (name, urls) in [("activeAlertmanagers", view.active), ("droppedAlertmanagers", view.dropped)] {
                    writer.name(name)
                    writer.beginArray()
                    for url in urls {
                        writer.beginObject()
                        writer.member("url", url)
                        writer.endObject()
                    }
                    writer.endArray()
                }
                writer.endObject()
            }
        }
    }

    private static func answer(isLoki: Bool, _ data: (inout JSONWriter) -> Void) -> APIReply {
        guard isLoki else { return .success(Notices(), data) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("status", "success")
        writer.name("data")
        data(&writer)
        writer.member("errorType", "")
        writer.member("error", "")
        writer.endObject()
        return .json(writer)
    }

    private static func alerts(_ groups: [RuleGroupView], isLoki: Bool) -> APIReply {
        answer(isLoki: isLoki) { writer in
            writer.beginObject()
            writer.name("alerts")
            writer.beginArray()
            for group in groups {
                for rule in group.rules { for alert in rule.alerting?.alerts ?? [] { writer.alert(alert) } }
            }
            writer.endArray()
            writer.endObject()
        }
    }

    private func rules(_ call: APICall, _ groups: @Sendable () -> [RuleGroupView], isLoki: Bool) async throws -> APIReply {
        let filter = try RuleFilter(try await call.parameters(), environment)
        let (page, next) = try filter.page(of: groups())
        return RulesAPI.answer(isLoki: isLoki) { writer in
            writer.beginObject()
            writer.name("groups")
            writer.beginArray()
            for group in page { writer.ruleGroup(group, showsAlerts: !filter.excludesAlerts) }
            writer.endArray()
            if let next { writer.member("groupNextToken", next) }
            writer.endObject()
        }
    }
}

/// Which groups and rules a request wants to see.
private struct RuleFilter {
    private var showsAlerting = true
    private var showsRecording = true
    private var ruleNames: Set<String>
    private var groupNames: Set<String>
    private var files: Set<String>
    private var selectors: [LabelSelector]
    private(set) var excludesAlerts = false
    private var groupLimit: Int?
    private var token: String?

    init(_ parameters: FormParameters, _ environment: QueryEnvironment) throws {
        ruleNames = Set(parameters.all("rule_name[]"))
        groupNames = Set(parameters.all("rule_group[]"))
        files = Set(parameters.all("file[]"))
        selectors = try environment.selectors(parameters)
        if let type = parameters["type"]?.lowercased() {
            guard type == "alert" || type == "record" else { throw APIFailure.parameter("type", "not supported value \(quoted(type))") }
            showsAlerting = type == "alert"
            showsRecording = type == "record"
        }
        if let text = parameters["exclude_alerts"]?.lowercased() {
            switch text {
            case "1", "t", "true": excludesAlerts = true
            case "0", "f", "false": break
            default:
                throw APIFailure.parameter(
                    "exclude_alerts", "error converting exclude_alerts: strconv.ParseBool: parsing \(quoted(text)): invalid syntax")
            }
        }
        token = parameters["group_next_token"]
        guard let text = parameters["group_limit"] else {
            if token != nil {
                throw APIFailure.parameter(
                    "group_next_token", "group_limit needs to be present in order to paginate over the groups")
            }
            return
        }
        guard let limit = Int32(text) else {
            throw APIFailure.parameter(
                "group_limit", "group_limit needs to be a valid number: strconv.ParseInt: parsing \(quoted(text)): invalid syntax")
        }
        if limit <= 0 { throw APIFailure.parameter("group_limit", "group_limit needs to be greater than 0") }
        groupLimit = Int(limit)
    }

    /// The groups that are shown, and the token of the first one that is not for want of room.
    func page(of groups: [RuleGroupView]) throws -> (groups: [RuleGroupView], next: String?) {
        var page: [RuleGroupView] = []
        var isFound = token == nil
        for group in groups {
            if !isFound {
                if RuleFilter.token(of: group) != token { continue }
                isFound = true
            }
            if !groupNames.isEmpty, !groupNames.contains(group.name) { continue }
            if !files.isEmpty, !files.contains(group.file) { continue }
            var shown = group
            shown.rules = group.rules.filter(shows)
            if shown.rules.isEmpty { continue }
            if let groupLimit, page.count == groupLimit { return (page, RuleFilter.token(of: group)) }
            page.append(shown)
        }
        if !isFound {
            throw APIFailure.parameter("group_next_token", "invalid group_next_token '\(token ?? "")'. were rule groups changed?")
        }
        return (page, nil)
    }

    private func shows(_ rule: RuleView) -> Bool {
        guard rule.alerting == nil ? showsRecording : showsAlerting else { return false }
        if !ruleNames.isEmpty, !ruleNames.contains(rule.name) { return false }
        if selectors.isEmpty { return true }
        let labels = LabelSet(rule.labels.map { ($0.name, $0.value) })
        return selectors.contains { $0.matches(labels) }
    }

    /// Stands for a group; says nothing to clients.
    private static func token(of group: RuleGroupView) -> String {
        String(LabelSet([("file", group.file), ("name", group.name)]).stableHash, radix: 16)
    }
}

extension JSONWriter {
    fileprivate mutating func ruleGroup(_ group: RuleGroupView, showsAlerts: Bool) {
        beginObject()
        member("name", group.name)
        member("file", group.file)
        name("rules")
        beginArray()
        for rule in group.rules { self.rule(rule, showsAlerts: showsAlerts) }
        endArray()
        name("interval")
        value(group.intervalSeconds)
        member("limit", group.limit)
        name("evaluationTime")
        value(group.evaluationSeconds)
        member("lastEvaluation", moment(group.lastEvaluation))
        endObject()
    }

    private mutating func rule(_ rule: RuleView, showsAlerts: Bool) {
        beginObject()
        if let alerting = rule.alerting { member("state", alerting.state) }
        member("name", rule.name)
        member("query", rule.query)
        if let alerting = rule.alerting {
            name("duration")
            value(alerting.holdSeconds)
            name("keepFiringFor")
            value(alerting.keepFiringSeconds)
        }
        name("labels")
        pairs(rule.labels)
        if let alerting = rule.alerting {
            name("annotations")
            pairs(alerting.annotations)
            name("alerts")
            if showsAlerts {
                beginArray()
                for alert in alerting.alerts { self.alert(alert) }
                endArray()
            } else {
                null()
            }
        }
        member("health", rule.health)
        if !rule.lastError.isEmpty { member("lastError", rule.lastError) }
        name("evaluationTime")
        value(rule.evaluationSeconds)
        member("lastEvaluation", moment(rule.lastEvaluation))
        member("type", rule.alerting == nil ? "recording" : "alerting")
        endObject()
    }

    fileprivate mutating func alert(_ alert: RuleAlertView) {
        beginObject()
        name("labels")
        labels(alert.labels)
        name("annotations")
        pairs(alert.annotations)
        member("state", alert.state)
        member("activeAt", timeText(alert.activeAt))
        if let since = alert.keepFiringSince { member("keepFiringSince", timeText(since)) }
        member("value", FloatText.scientific(alert.value))
        endObject()
    }

    private mutating func pairs(_ labels: [Label]) {
        beginObject()
        for label in labels { member(label.name, label.value) }
        endObject()
    }

    /// Clients read a time here in any case; this is how they write the absence of one.
    private func moment(_ time: Timestamp?) -> String { time.map { timeText($0) } ?? "0001-01-01T00:00:00Z" }
}
