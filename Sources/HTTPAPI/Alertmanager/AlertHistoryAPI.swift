internal import AlertModel
internal import AlertRouting
internal import HTTPTypes
internal import LabelMatching
internal import TelemetryModel

/// `/api/v1/alerts/history` and `/api/v1/alerts/why`: what happened to alerts and why somebody was told, or was not. Perch's own, in the envelope
/// of the Prometheus API.
public struct AlertHistoryAPI: HTTPEndpoints {
    private let backend: any AlertingBackend

    public init(_ backend: any AlertingBackend) { self.backend = backend }

    public func addRoutes(to routes: inout Routes) {
        routes.on("/api/v1/alerts/history", .get, .post) { call in try await history(try await call.parameters()) }
        routes.on("/api/v1/alerts/why", .get, .post) { call in try await why(try await call.parameters()) }
    }

    static let eventsDefault = 1_000
    static let eventsMax = 100_000

    private func history(_ parameters: FormParameters) async throws -> APIReply {
        let query = try query(parameters, limit: AlertHistoryAPI.eventsDefault)
        let result = try await backend.history(query)
        var notices = Notices()
        AlertHistoryAPI.note(result, &notices)
        return .success(notices) { writer in
            writer.beginArray()
            for event in result.events { writer.event(event) }
            writer.endArray()
        }
    }

    private static func note(_ result: AlertHistoryResult, _ notices: inout Notices) {
        if result.isCut { notices.warn(Notices.truncated) }
        if result.payloadsLeftOut > 0 {
            notices.warn("the payloads of the \(result.payloadsLeftOut) oldest events were left out, as they are many; ask for less time")
        }
        if result.damagedRows > 0 { notices.warn("\(result.damagedRows) damaged rows of the history were left out") }
    }

    private func why(_ parameters: FormParameters) async throws -> APIReply {
        var query = try query(parameters, limit: 10_000)
        if query.matchers.isEmpty, query.fingerprint == nil {
            throw APIFailure(.badData, "which alert? give match[], such as match[]={alertname=\"Down\"}, or fingerprint")
        }
        query.kinds = []
        let alertsMax = try parameters.limit("alerts") ?? 20
        let result = try await backend.history(query)
        let selected = query
        let wanted: (Alert) -> Bool = { alert in
            (selected.fingerprint.map { $0 == alert.fingerprint } ?? true)
                && (selected.matchers.isEmpty || selected.matchers.contains { $0.allSatisfy { $0.matches(alert.labels) } })
        }
        let explanations = AlertExplanation.all(
            events: result.events, alerts: backend.alerts(where: wanted), groups: backend.groups(where: wanted) { _ in true },
            names: try await names(in: result.events), backend: backend)
        var notices = Notices()
        AlertHistoryAPI.note(result, &notices)
        if explanations.count > alertsMax { notices.warn("\(explanations.count) alerts match, \(alertsMax) are shown") }
        return .success(notices) { writer in
            writer.beginObject()
            writer.name("alerts")
            writer.beginArray()
            for explanation in explanations.prefix(alertsMax) { writer.explanation(explanation) }
            writer.endArray()
            writer.endObject()
        }
    }

    /// What the ids of silences and inhibiting alerts in events stand for.
    private func names(in events: [AlertEvent]) async throws(APIFailure) -> [String: String] {
        var names: [String: String] = [:]
        for event in events where event.kind == .silenced || event.kind == .inhibited {
            for id in event.decidedBy where names[id] == nil && names.count < AlertHistoryAPI.namesMax {
                names[id] = event.kind == .silenced ? silenceName(id) : try await alertName(id)
            }
        }
        return names
    }

    private static let namesMax = 100

    private func silenceName(_ id: String) -> String {
        guard let silence = backend.silence(id) else { return "" }
        let comment = silence.comment.isEmpty ? "" : "“\(silence.comment)”"
        return comment + (silence.createdBy.isEmpty ? "" : (comment.isEmpty ? "" : " ") + "by \(silence.createdBy)")
    }

    private func alertName(_ id: String) async throws(APIFailure) -> String {
        guard let fingerprint = AlertFingerprint(parsing: id) else { return "" }
        if let view = backend.alerts(where: { $0.fingerprint == fingerprint }).first { return "\(view.alert.labels)" }
        let query = AlertHistoryQuery(fingerprint: fingerprint, times: .min ... .max, limit: 1, includesPayloads: false)
        return try await backend.history(query).events.first.map { "\($0.labels)" } ?? ""
    }

    // MARK: Parameters

    private func query(_ parameters: FormParameters, limit: Int) throws -> AlertHistoryQuery {
        let range = try parameters.timeRange()
        guard range.start <= range.end else { throw APIFailure.parameter("end", "end timestamp must not be before start time") }
        var query = AlertHistoryQuery(times: range.start...range.end)
        query.limit = min(try parameters.limit() ?? limit, AlertHistoryAPI.eventsMax)
        query.includesPayloads = parameters["payload"] == nil ? true : try parameters.flag("payload")
        for text in parameters.all("match[]") { query.matchers.append(try AlertHistoryAPI.selector(text)) }
        if let text = parameters["fingerprint"] {
            guard let fingerprint = AlertFingerprint(parsing: text) else {
                throw APIFailure.parameter("fingerprint", "\(quoted(text)) is not 16 hexadecimal digits")
            }
            query.fingerprint = fingerprint
        }
        for text in parameters.all("kind") {
            guard let kind = AlertEvent.Kind(rawValue: text) else {
                let known = AlertEvent.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw APIFailure.parameter("kind", "\(quoted(text)) is none of \(known)")
            }
            query.kinds.insert(kind)
        }
        return query
    }

    /// `Down`, `Down{job="x"}` or `{alertname="Down", job=~"x.*"}`.
    static func selector(_ text: String) throws(APIFailure) -> [LabelMatcher] {
        let name = text.prefix { $0 != "{" && $0 != "=" && $0 != "!" && $0 != "," }.trimmingBlanks
        let rest = text.dropFirst(text.prefix { $0 != "{" && $0 != "=" && $0 != "!" && $0 != "," }.count)
        do throws(MatcherSyntaxError) {
            if rest.isEmpty { return name.isEmpty ? [] : [LabelMatcher("alertname", equals: name)] }
            if rest.first != "{" { return try MatcherSyntax.parse(text) }
            return (name.isEmpty ? [] : [LabelMatcher("alertname", equals: name)]) + (try MatcherSyntax.parse(String(rest)))
        } catch {
            throw APIFailure.parameter("match[]", error.message)
        }
    }
}

extension Substring {
    fileprivate var trimmingBlanks: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension JSONWriter {
    /// An event of the history; what is empty is left out.
    mutating func event(_ event: AlertEvent) {
        beginObject()
        member("time", alertTimeText(event.time))
        member("kind", event.kind.rawValue)
        member("alertname", event.labels["alertname"] ?? "")
        name("labels")
        labels(event.labels)
        member("fingerprint", event.fingerprint.description)
        eventDetails(event)
        endObject()
    }

    /// What an event says besides its alert.
    mutating func eventDetails(_ event: AlertEvent) {
        let members = [
            ("rule", event.rule), ("route", event.routeID), ("groupKey", event.groupKey), ("receiver", event.receiver),
            ("integration", event.integration), ("detail", event.detail), ("payload", event.payload),
        ]
        for (name, value) in members where !value.isEmpty { member(name, value) }
        if event.decidedBy.isEmpty { return }
        name("decidedBy")
        array(event.decidedBy)
    }
}
