internal import OutboundHTTP
public import TargetDiscovery

/// Where targets come from: the lists under `static_configs` and `…_sd_configs` of a job, or of an entry of `alerting.alertmanagers`.
public struct DiscoveryMechanisms: Sendable, Hashable {
    public var staticTargets: [StaticDiscovery.Entry] = []
    public var targetFiles: [FileDiscovery] = []
    public var httpLists: [HTTPDiscovery] = []
    public var domainNames: [DNSDiscovery] = []
    public var dockerHosts: [DockerDiscovery] = []
    public var consulCatalogs: [ConsulDiscovery] = []
    public var kubernetes: [KubernetesDiscovery] = []

    public init() {}

    /// The mechanisms that are in use.
    var providers: [any TargetProvider] {
        var providers: [any TargetProvider] = []
        if !staticTargets.isEmpty { providers.append(StaticDiscovery(entries: staticTargets)) }
        providers += targetFiles
        providers += httpLists
        providers += domainNames
        providers += dockerHosts
        providers += consulCatalogs
        providers += kubernetes
        return providers
    }

    /// The files that discovery reads for secrets, certificates and keys, those of Kubernetes aside.
    var clientFiles: [String] {
        (httpLists.map(\.client) + dockerHosts.map(\.client) + consulCatalogs.map(\.settings.client)).flatMap(\.referencedFiles)
    }
}
