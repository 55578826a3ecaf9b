internal import AlertModel
internal import AlertRouting
internal import HTTPTypes
internal import LabelMatching
internal import LinearRegex
internal import NIOCore
internal import TelemetryModel

/// Which alerts a request asks for.
private struct AlertFilter {
    var matchers: [LabelMatcher]
    var active: Bool
    var silenced: Bool
    var inhibited: Bool
    private var receiver: LinearPattern?
    private var receiverMatchers: [LabelMatcher]
    private var receiverLabels: [String: LabelSet]

    init(_ parameters: FormParameters, _ backend: any AlertingBackend) throws(AlertmanagerFault) {
        matchers = try AlertmanagerAPI.matchers(parameters, "filter")
        active = AlertmanagerAPI.flag(parameters, "active")
        silenced = AlertmanagerAPI.flag(parameters, "silenced")
        inhibited = AlertmanagerAPI.flag(parameters, "inhibited")
        if let text = parameters["receiver"] {
            do throws(LinearPatternError) { receiver = try LinearPattern(text, anchored: true) } catch {
                throw .text("failed to parse receiver param: \(error)")
            }
        }
        receiverMatchers = try AlertmanagerAPI.matchers(parameters, "receiver_matchers")
        receiverLabels = [:]
        if receiverMatchers.isEmpty { return }
        for known in backend.status.receivers { receiverLabels[known.name] = known.labels }
    }

    /// Whether the labels pass; asked before the state is found out.
    func wants(_ alert: Alert) -> Bool { matchers.allSatisfy { $0.matches(alert.labels) } }

    func wants(_ view: AlertView) -> Bool {
        if !active && view.state == .active { return false }
        if !silenced && !view.silencedBy.isEmpty { return false }
        return inhibited || view.inhibitedBy.isEmpty
    }

    /// Whether one of the receivers passes the pattern, and one the matchers.
    func wantsOne(of receivers: [String]) -> Bool {
        if let receiver, !receivers.contains(where: { receiver.matches($0) }) { return false }
        if receiverMatchers.isEmpty { return true }
        return receivers.contains { name in
            receiverLabels[name].map { labels in receiverMatchers.allSatisfy { $0.matches(labels) } } ?? false
        }
    }
}

extension AlertmanagerAPI {
    func alerts(_ parameters: FormParameters) throws -> APIReply {
        let filter = try AlertFilter(parameters, backend)
        var writer = JSONWriter()
        writer.beginArray()
        for view in backend.alerts(where: { filter.wants($0) }) where filter.wants(view) && filter.wantsOne(of: view.receivers) {
            writer.alert(view)
        }
        writer.endArray()
        return .json(writer)
    }

    func groups(_ parameters: FormParameters) throws -> APIReply {
        let filter = try AlertFilter(parameters, backend)
        let muted = AlertmanagerAPI.flag(parameters, "muted")
        let groups = backend.groups(where: { filter.wants($0) }, ofReceivers: { filter.wantsOne(of: [$0]) })
        var writer = JSONWriter()
        writer.beginArray()
        for group in groups where muted || group.mutedBy.isEmpty {
            let alerts = group.alerts.filter { filter.wants($0) }
            if alerts.isEmpty { continue }
            writer.beginObject()
            writer.name("alerts")
            writer.beginArray()
            for view in alerts { writer.alert(view, mutedBy: group.mutedBy) }
            writer.endArray()
            writer.name("labels")
            writer.labels(group.labels)
            writer.name("receiver")
            writer.beginObject()
            writer.member("name", group.receiver)
            writer.endObject()
            writer.name("routeLabels")
            writer.labels(group.routeLabels)
            writer.endObject()
        }
        writer.endArray()
        return .json(writer)
    }

    /// Takes the alerts that are right, and says what is wrong with the others.
    func postAlerts(_ body: ByteBuffer) async throws -> APIReply {
        let posted = try PostedBody.alerts(Array(body.readableBytesView))
        let now = backend.now
        let timeout = backend.status.resolveTimeoutMilliseconds
        var alerts: [Alert] = []
        var faults: [String] = []
        for alert in posted {
            do throws(AlertFault) {
                alerts.append(try Alert.normalised(alert, now: now, resolveTimeoutMilliseconds: timeout))
            } catch {
                faults.append(error.message)
            }
        }
        await backend.receivePosted(alerts, invalid: faults.count)
        // Each on a line of its own, as Go joins errors.
        if !faults.isEmpty { throw AlertmanagerFault.text(faults.joined(separator: "\n")) }
        return APIReply(status: .ok)
    }
}

extension JSONWriter {
    /// Alertmanager's `gettableAlert`; members in the order in which it writes them.
    mutating func alert(_ view: AlertView, mutedBy: [String] = []) {
        let alert = view.alert
        let mutedBy = mutedBy + view.mutedBy.filter { !mutedBy.contains($0) }
        beginObject()
        name("annotations")
        labels(alert.annotations)
        member("endsAt", alertTimeText(alert.endsAt))
        member("fingerprint", view.fingerprint.description)
        name("receivers")
        beginArray()
        for receiver in view.receivers {
            beginObject()
            member("name", receiver)
            endObject()
        }
        endArray()
        member("startsAt", alertTimeText(alert.startsAt))
        name("status")
        beginObject()
        name("inhibitedBy")
        array(view.inhibitedBy.map(\.description))
        name("mutedBy")
        array(mutedBy)
        name("silencedBy")
        array(view.silencedBy)
        member("state", (mutedBy.isEmpty ? view.state : .suppressed).rawValue)
        endObject()
        member("updatedAt", alertTimeText(alert.updatedAt))
        if !alert.generatorURL.isEmpty { member("generatorURL", alert.generatorURL) }
        name("labels")
        labels(alert.labels)
        endObject()
    }

    /// Pairs as an object; values may be empty.
    mutating func labels(_ labels: [Label]) {
        beginObject()
        for label in labels { member(label.name, label.value) }
        endObject()
    }
}
