internal import AlertModel
internal import GoTemplate
internal import TelemetryModel

/// What templates work on and webhooks are told: Alertmanager's `Data`.
struct NotificationData: Sendable {
    struct Alert: Sendable {
        var isResolved: Bool
        var labels: [Label]
        var annotations: [Label]
        var startsAt: Timestamp
        /// Nil where it has not ended.
        var endsAt: Timestamp?
        var generatorURL: String
        var fingerprint: AlertFingerprint

        var status: String { isResolved ? "resolved" : "firing" }
    }

    /// With a backslash in front of what means something in regular expressions, as in Alertmanager.
    var receiver: String
    var alerts: [Alert]
    var reason: String
    /// Sorted by name, as the other labels.
    var groupLabels: [Label]
    var commonLabels: [Label]
    var commonAnnotations: [Label]
    /// With their templates carried out.
    var routeLabels: [Label]
    var externalURL: String
    var now: Timestamp

    /// `firing` while an alert fires.
    var status: String { isFiring ? "firing" : "resolved" }
    var isFiring: Bool { alerts.contains { !$0.isResolved } }

    init(_ notification: Notification, externalURL: String) {
        receiver = NotificationData.quoted(notification.integration.receiver)
        let now = notification.now
        alerts = notification.alerts.map { alert in
            let isResolved = alert.isResolved(at: now)
            return Alert(
                isResolved: isResolved, labels: Array(alert.labels), annotations: alert.annotations, startsAt: alert.startsAt,
                endsAt: isResolved ? alert.endsAt : nil, generatorURL: alert.generatorURL, fingerprint: alert.fingerprint)
        }
        groupLabels = Array(notification.groupLabels)
        commonLabels = NotificationData.common(alerts.map(\.labels))
        commonAnnotations = NotificationData.common(alerts.map(\.annotations))
        routeLabels = []
        reason = ""
        self.externalURL = externalURL
        self.now = now
        reason = NotificationData.text(of: notification.reason, isFiring: isFiring)
    }

    /// Those that all have with the same value.
    private static func common(_ lists: [[Label]]) -> [Label] {
        guard let first = lists.first else { return [] }
        let others = lists.dropFirst().map { Set($0) }
        return first.filter { label in others.allSatisfy { $0.contains(label) } }
    }

    private static func text(of reason: Notification.Reason, isFiring: Bool) -> String {
        switch reason {
        case .first: "first notification"
        case .newAlerts: "new alerts added"
        case .resolved: isFiring ? "some alerts resolved" : "all alerts resolved"
        case .repeated: "repeat interval elapsed"
        }
    }

    /// Go's `regexp.QuoteMeta`.
    private static func quoted(_ text: String) -> String {
        String(
            text.unicodeScalars.flatMap { scalar -> [Character] in
                "\\.+*?()|[]{}^$".unicodeScalars.contains(scalar) ? ["\\", Character(scalar)] : [Character(scalar)]
            })
    }
}
