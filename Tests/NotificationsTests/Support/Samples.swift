import AlertModel
import Foundation
import GoTemplate
import NIOCore
import TelemetryModel
import Testing

@testable import Notifications

/// Notifications that tests send.
enum Samples {
    /// 2026-11-22 23:05:24 UTC.
    static let now: Timestamp = 1_795_388_724_000

    static func alert(
        _ labels: [(String, String)] = [("alertname", "Down"), ("instance", "a:9100"), ("severity", "critical")],
        annotations: [Label] = [Label(name: "summary", value: "a is down")], isResolved: Bool = false
    ) -> Alert {
        Alert(
            labels: LabelSet(labels), annotations: annotations, startsAt: now - 60_000, endsAt: isResolved ? now - 1000 : now + 300_000,
            updatedAt: now, generatorURL: "http://prometheus.example/graph?g0.expr=up")
    }

    static func notification(
        _ integration: IntegrationID, alerts: [Alert] = [alert()], reason: AlertModel.Notification.Reason = .first, routeID: String = "{}"
    ) -> AlertModel.Notification {
        AlertModel.Notification(
            id: 1, integration: integration, groupKey: "{}:{alertname=\"Down\"}", routeID: routeID,
            groupLabels: ["alertname": "Down"], alerts: alerts, now: now, reason: reason, repeatInterval: 3_600_000)
    }

    /// SHA-256 of the group's key.
    static let groupHash = "af94c9e8f6a3043625e36c6f472fe6be85ac23a9117184ee4cb7b4ad7401a47e"

    /// A configuration with one receiver `r`, of which the YAML of its entries is given.
    static func configuration(_ entries: String, global: String = "{}") throws -> AlertmanagerConfiguration {
        try AlertmanagerConfiguration(
            parsing: "global: \(global)\nroute: {receiver: r}\nreceivers:\n- name: r\n  \(entries)\n", file: "a.yml")
    }

    /// Sends through the first integration of a kind of such a configuration.
    static func send(
        _ kind: String, _ entries: String, global: String = "{}", alerts: [Alert] = [alert()],
        reason: AlertModel.Notification.Reason = .first,
        within milliseconds: Int64 = 90_000
    ) async throws -> DeliveryAttempt {
        let sender = try NotificationSender(try configuration(entries, global: global), externalURL: "http://perch.example/")
        let attempt = await sender.send(
            notification(IntegrationID(receiver: "r", kind: kind, index: 0), alerts: alerts, reason: reason),
            deadline: WallClock.milliseconds + milliseconds)
        await sender.shutdown()
        return attempt
    }

    private static func templates() throws -> NotificationTemplates { try NotificationTemplates { SystemTimeZones.zone($0) } }

    static func delivery(alerts: [Alert] = [alert()]) throws -> Delivery {
        let templates = try Self.templates()
        let notification = Samples.notification(IntegrationID(receiver: "r", kind: "webhook", index: 0), alerts: alerts)
        let data = NotificationData(notification, externalURL: "http://perch.example")
        return Delivery(notification, templates.expander(data), deadline: .now() + .seconds(20))
    }

    /// What a text of the configuration becomes.
    static func text(_ template: String, alerts: [Alert] = [alert()]) throws -> String { try delivery(alerts: alerts).text(template) }

    static func json(_ text: String) throws -> NSObject {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) as? NSObject)
    }
}
