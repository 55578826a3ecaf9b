internal import AlertModel
internal import AlertRouting
internal import HTTPAPI

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
}
