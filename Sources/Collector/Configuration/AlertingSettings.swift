public import OutboundHTTP
public import Relabeling
internal import TargetDiscovery

/// `alerting`: who hears of alerts beside this process.
public struct AlertingSettings: Sendable, Hashable {
    /// `alert_relabel_configs`: what becomes of the labels of alerts before they leave, or whether they do.
    public var relabelRules = RelabelRules()
    /// In the order of the file.
    public var alertmanagers: [AlertmanagerSettings] = []

    public init() {}
}

/// One entry of `alerting.alertmanagers`: Alertmanagers that are found and spoken to in the same way.
public struct AlertmanagerSettings: Sendable, Hashable {
    public var client = HTTPClientSettings()
    public var scheme = "http"
    /// In front of `/api/v2/alerts`; without a slash at its end.
    public var pathPrefix = ""
    public var timeoutMilliseconds: Int64 = 10_000
    /// Which of the targets that were found are used, and how they are reached.
    public var targetRules = RelabelRules()
    /// What becomes of alerts for these Alertmanagers alone, behind ``AlertingSettings/relabelRules``.
    public var alertRules = RelabelRules()
    public var mechanisms = DiscoveryMechanisms()

    public init() {}

    /// What finds the targets.
    func discovery(name: String) -> DiscoveryJob { DiscoveryJob(name: name, providers: mechanisms.providers) }
}
