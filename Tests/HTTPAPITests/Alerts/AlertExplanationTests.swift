import AlertModel
import LabelMatching
import TelemetryModel
import Testing

@testable import AlertRouting
@testable import HTTPAPI

/// A backend that stands still: what a test says is so.
private struct StillBackend: AlertingBackend {
    var now: Timestamp = 100_000
    var views: [AlertView] = []
    var known: [Silence] = []
    var log: [NotificationLogEntry] = []
    var integrations = [IntegrationID(receiver: "team", kind: "webhook", index: 0)]

    var status: AlertingStatus {
        AlertingStatus(
            configuration: "", receivers: [.init(name: "team", integrations: integrations)], startedAt: 0, resolveTimeoutMilliseconds: 0,
            version: "", revision: "")
    }

    func receivePosted(_ alerts: [Alert], invalid: Int) async {}
    func alerts(where isWanted: (Alert) -> Bool) -> [AlertView] { views.filter { isWanted($0.alert) } }
    func groups(where isWanted: (Alert) -> Bool, ofReceivers isWantedReceiver: (String) -> Bool) -> [AlertGroupView] { [] }
    var silences: [Silence] { known }
    func silence(_ id: String) -> Silence? { known.first { $0.id == id } }
    func set(_ silence: Silence) async throws(APIFailure) {}
    func route(_ id: String) -> Route? { RoutingConfiguration(receiver: "team").routes.first { $0.id == id } }
    func logEntries(ofGroup groupKey: String) -> [NotificationLogEntry] { log.filter { $0.key.groupKey == groupKey } }
    func history(_ query: AlertHistoryQuery) async throws(APIFailure) -> AlertHistoryResult { AlertHistoryResult() }
}

@Suite struct AlertExplanationTests {
    private let labels: LabelSet = ["alertname": "Down", "instance": "a"]

    private func view(silencedBy: [String] = [], inhibitedBy: [AlertFingerprint] = []) -> AlertView {
        AlertView(
            alert: Alert(labels: labels, startsAt: 50_000, endsAt: 900_000, updatedAt: 50_000), fingerprint: AlertFingerprint(labels),
            state: silencedBy.isEmpty && inhibitedBy.isEmpty ? .active : .suppressed, silencedBy: silencedBy, inhibitedBy: inhibitedBy,
            mutedBy: [], receivers: ["team"])
    }

    private func explain(
        _ backend: StillBackend, _ view: AlertView?, mutedBy: [String] = [], events: [AlertEvent] = []
    ) throws -> AlertExplanation {
        let groups = [view].compactMap { $0 }.map { view in
            AlertGroupView(
                receiver: "team", labels: ["alertname": "Down"], routeLabels: [], routeID: "{}", groupKey: "{}:{}", mutedBy: mutedBy,
                alerts: [view], nextFlush: 120_000)
        }
        let all = AlertExplanation.all(events: events, alerts: [view].compactMap { $0 }, groups: groups, backend: backend)
        #expect(all.count == 1)
        return try #require(all.first)
    }

    private func event(_ time: Timestamp, _ kind: AlertEvent.Kind, _ detail: String = "") -> AlertEvent {
        AlertEvent(
            time: time, kind: kind, labels: labels, routeID: "{}", groupKey: "{}:{}", receiver: "team",
            integration: kind == .notified || kind == .deliveryFailed ? "webhook[0]" : "", detail: detail)
    }

    @Test func `an alert whose group waits is told at its next look`() throws {
        let explanation = try explain(StillBackend(), view())
        #expect(explanation.state == "active" && !explanation.isTold)
        #expect(explanation.paths.map(\.verdict) == [.waiting])
        #expect(explanation.summary.contains("1970-01-01T00:02:00.000Z"), "\(explanation.summary)")
    }

    @Test func `a silence is named with its comment, its author and its end`() throws {
        var backend = StillBackend()
        backend.known = [
            Silence(
                id: "s1", matchers: [], startsAt: 0, endsAt: 400_000, updatedAt: 0, createdBy: "ann", comment: "new disk")
        ]
        let explanation = try explain(backend, view(silencedBy: ["s1"]))
        #expect(explanation.state == "suppressed")
        #expect(explanation.paths.map(\.verdict) == [.silenced])
        for part in ["s1", "new disk", "ann", "00:06:40"] { #expect(explanation.summary.contains(part), "\(explanation.summary)") }
    }

    @Test func `an inhibitor is named by its labels while it is known`() throws {
        var backend = StillBackend()
        let inhibitor: LabelSet = ["alertname": "DatacentreDown"]
        var other = view()
        other.alert.labels = inhibitor
        backend.views = [other]
        let explanation = try explain(backend, view(inhibitedBy: [AlertFingerprint(inhibitor)]))
        #expect(explanation.paths.map(\.verdict) == [.inhibited])
        #expect(explanation.summary.contains("DatacentreDown"), "\(explanation.summary)")
    }

    @Test func `a muted route is named by its interval, and the alert counts as suppressed`() throws {
        let explanation = try explain(StillBackend(), view(), mutedBy: ["weekends"])
        #expect(explanation.state == "suppressed")
        #expect(explanation.paths.map(\.verdict) == [.muted])
        #expect(explanation.summary.contains("weekends"))
    }

    @Test func `who was told, when, and when again`() throws {
        var backend = StillBackend()
        backend.log = [
            NotificationLogEntry(
                key: .init(groupKey: "{}:{}", integration: backend.integrations[0]), timestamp: 60_000,
                firing: [AlertFingerprint(labels)], resolved: [], expiresAt: .max)
        ]
        let explanation = try explain(backend, view(), events: [event(50_000, .firing), event(60_000, .notified)])
        #expect(explanation.isTold)
        #expect(explanation.paths.map(\.verdict) == [.told])
        #expect(explanation.paths.first?.channels.first?.toldAgain == 14_460_000 as Timestamp)
        #expect(explanation.timeline.map(\.kind) == [.firing, .notified])
    }

    @Test func `a delivery that fails says so with its reason`() throws {
        let explanation = try explain(StillBackend(), view(), events: [event(70_000, .deliveryFailed, "connection refused")])
        #expect(explanation.paths.map(\.verdict) == [.failing])
        #expect(explanation.summary.contains("connection refused"))
    }

    @Test func `a receiver without integrations tells nobody`() throws {
        var backend = StillBackend()
        backend.integrations = []
        #expect(try explain(backend, view()).paths.map(\.verdict) == [.nobody])
    }

    @Test(arguments: [
        (AlertEvent.Kind.pending, "pending"), (.inactive, "inactive"), (.resolved, "resolved"), (.firing, "unknown"), (.grouped, "unknown"),
    ])
    func `an alert that routing does not know is explained by its last event`(kind: AlertEvent.Kind, state: String) throws {
        #expect(try explain(StillBackend(), nil, events: [event(10, kind)]).state == state)
    }
}
