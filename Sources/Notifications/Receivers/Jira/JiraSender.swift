internal import ByteCoding
internal import GoTemplate
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import TelemetryModel

/// Jira: one issue for each group of alerts, found again by a label with the hash of the group's key.
struct JiraSender: IntegrationSender {
    let settings: JiraSettings
    let client: ReceiverClient

    private static let summaryCharactersMax = 255
    private static let descriptionCharactersMax = 32_767

    /// An issue that is there already.
    private struct Issue {
        var key: String
        var isDone: Bool
    }

    func send(_ delivery: Delivery) async throws(DeliveryFailure) -> String {
        let search = try searchRequest(delivery)
        let found = try await execute(search, delivery, "looking for the issue")
        let issue = (found?.objects("issues").first).flatMap { answer in
            answer.text("key").map { key in
                let category = answer.object("fields")?.object("status")?.object("statusCategory")?.text("key")
                return Issue(key: key, isDone: category == "done")
            }
        }
        let isFiring = delivery.data.isFiring
        guard let issue else {
            if !isFiring { return "there is no issue to close" }
            let body = try issueBody(delivery, isNew: true)
            delivery.record(String(decoding: body, as: UTF8.self))
            let made = try await execute(.post(settings.url.appending(path: "issue"), json: body), delivery, "creating the issue")
            return "created issue \(made?.text("key") ?? "")"
        }
        let body = try issueBody(delivery, isNew: false)
        delivery.record(String(decoding: body, as: UTF8.self))
        var update = ReceiverRequest.post(settings.url.appending(path: "issue/\(issue.key)"), json: body)
        update.method = .PUT
        _ = try await execute(update, delivery, "updating the issue")
        let wanted = isFiring ? (issue.isDone ? settings.reopenTransition : "") : (issue.isDone ? "" : settings.resolveTransition)
        if wanted.isEmpty { return "updated issue \(issue.key)" }
        try await transition(issue, wanted, delivery)
        return "updated issue \(issue.key): \(wanted)"
    }

    private func transition(_ issue: Issue, _ name: String, _ delivery: Delivery) async throws(DeliveryFailure) {
        let address = settings.url.appending(path: "issue/\(issue.key)/transitions")
        let answer = try await execute(
            ReceiverRequest(method: .GET, address: address, headers: [("content-type", "application/json")], body: nil), delivery,
            "reading the transitions")
        guard let id = answer?.objects("transitions").first(where: { $0.text("name") == name })?.text("id") else {
            throw DeliveryFailure(.other, "can't find transition \(name) for issue \(issue.key)")
        }
        let body = try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            try writer.object("transition") { (writer) throws(DeliveryFailure) in writer.member("id", id) }
        }
        delivery.record(String(decoding: body, as: UTF8.self))
        _ = try await execute(.post(address, json: body), delivery, "moving the issue")
    }

    private func execute(_ request: ReceiverRequest, _ delivery: Delivery, _ what: String) async throws(DeliveryFailure) -> JSONAnswer? {
        var request = request
        request.headers.append(("accept-language", "en"))
        do throws(DeliveryFailure) {
            let response = try await client.execute(request, settings.http, delivery)
            try RetryPolicy(retriedStatuses: [429]).check(response, now: WallClock.milliseconds)
            return JSONAnswer(response.body)
        } catch {
            throw DeliveryFailure(error.reason, "\(what): \(error.description)", isRetried: error.isRetried, retryAfter: error.retryAfter)
        }
    }

    // MARK: Requests

    private var isCloud: Bool {
        settings.product == .cloud || (settings.product == .auto && settings.url.origin.host.hasSuffix("atlassian.net"))
    }

    private func searchRequest(_ delivery: Delivery) throws(DeliveryFailure) -> ReceiverRequest {
        var query = ""
        if !settings.wontFixResolution.isEmpty {
            query += "(resolution is EMPTY or resolution != \(GoQuoting.string(settings.wontFixResolution))) and "
        }
        let minutes = settings.reopenDuration / 60_000
        if delivery.data.isFiring, !settings.reopenTransition.isEmpty, minutes > 0 {
            query += "(resolutiondate is EMPTY OR resolutiondate >= -\(minutes)m) and "
        } else {
            query += "statusCategory != Done and "
        }
        let project = GoQuoting.string(try delivery.text(settings.project))
        query += "project=\(project) and labels=\(GoQuoting.string(label(delivery))) order by status ASC,resolutiondate DESC"
        let body = try JSONTextWriter.object { (writer) throws(DeliveryFailure) in
            writer.name("fields")
            writer.beginArray()
            writer.value("status")
            writer.endArray()
            writer.member("jql", query)
            writer.name("maxResults")
            writer.value(2)
        }
        var address = settings.url.appending(path: isCloud ? "search/jql" : "search")
        if isCloud { address.text = address.text.replacing("/rest/api/2/", with: "/rest/api/3/", maxReplacements: 1) }
        return .post(address, json: body)
    }

    private func label(_ delivery: Delivery) -> String { "ALERT{\(delivery.groupHash)}" }

    private func issueBody(_ delivery: Delivery, isNew: Bool) throws(DeliveryFailure) -> [UInt8] {
        var fields: [(key: [UInt8], value: TemplateValue)] = []
        func set(_ name: String, _ value: TemplateValue) { fields.append((Array(name.utf8), value)) }
        func named(_ name: String, _ text: String) -> TemplateValue { .map(.strings([(name, text)])) }
        if isNew || settings.summary.isUpdated {
            set("summary", .text(Truncation.characters(try delivery.text(settings.summary.template), Self.summaryCharactersMax)))
        }
        if isNew || settings.description.isUpdated, let description = try description(delivery) { set("description", description) }
        set("issuetype", named("name", try delivery.text(settings.issueType)))
        var labels = [label(delivery)]
        for template in settings.labels { labels.append(try delivery.text(template)) }
        set("labels", .list(labels.sorted().map { .text($0) }))
        let priority = try delivery.text(settings.priority)
        if !priority.isEmpty { set("priority", named("name", priority)) }
        set("project", named("key", try delivery.text(settings.project)))
        for field in settings.fields { set(field.name, try delivery.templates.value(field.value)) }
        return JSONText.bytes(.map(TemplateMap([(key: Array("fields".utf8), value: .map(TemplateMap(fields)))])))
    }

    /// A text; for version 3 of the API a document, which the template writes as JSON.
    private func description(_ delivery: Delivery) throws(DeliveryFailure) -> TemplateValue? {
        let text = Truncation.characters(try delivery.text(settings.description.template), Self.descriptionCharactersMax)
        var path = settings.url.path[...]
        while path.hasSuffix("/") { path = path.dropLast() }
        guard path.hasSuffix("/3") else { return text.isEmpty ? nil : .text(text) }
        if text.allSatisfy(\.isWhitespace) { return nil }
        guard JSONAnswer(Array(text.utf8)) != nil else {
            throw DeliveryFailure(.configuration, "description template: invalid JSON for API v3")
        }
        return StructuredText.value(text)
    }
}
