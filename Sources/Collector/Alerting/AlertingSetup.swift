internal import AlertModel
internal import AlertRouting
internal import HTTPAPI
internal import Notifications
internal import TelemetryModel

/// Who is told, and through what: an Alertmanager file, ready to be used.
struct AlertingSetup: Sendable {
    var routing: RoutingConfiguration
    /// By receiver.
    var integrations: [String: [IntegrationSettings]]
    var receivers: [AlertingStatus.Receiver]
    /// The file as it may be shown.
    var publicText: String
    /// Nil where there is nobody to tell.
    var sender: (any NotificationSending)?
    /// Ends the connections of ``sender``, once nothing is under way any more.
    var end: @Sendable () async -> Void = {}

    /// Without a file alerts are taken and shown, and nobody is told.
    static let none = AlertingSetup(
        routing: RoutingConfiguration(receiver: "default"), integrations: ["default": []], receivers: [.init(name: "default")],
        publicText: "route:\n  receiver: default\nreceivers:\n  - name: default\n")

    init(
        routing: RoutingConfiguration, integrations: [String: [IntegrationSettings]], receivers: [AlertingStatus.Receiver],
        publicText: String, sender: (any NotificationSending)? = nil
    ) {
        self.routing = routing
        self.integrations = integrations
        self.receivers = receivers
        self.publicText = publicText
        self.sender = sender
    }

    init(_ configuration: AlertmanagerConfiguration, sender: NotificationSender) {
        self.init(
            routing: configuration.routing, integrations: configuration.integrations,
            receivers: configuration.receivers.map { receiver in
                AlertingStatus.Receiver(
                    name: receiver.name, labels: LabelSet(receiver.labels.map { ($0.key, $0.value) }),
                    integrations: (configuration.integrations[receiver.name] ?? []).map(\.id))
            }, publicText: configuration.redactedText, sender: sender)
        end = { await sender.shutdown() }
    }
}
