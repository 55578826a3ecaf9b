internal import Foundation
public import OutboundHTTP

/// The kind of object that targets are made of (`role`).
public enum KubernetesRole: String, Sendable, Hashable, CaseIterable {
    case pod, service, endpoints, endpointslice, node, ingress
}

/// How the API server is reached.
public enum KubernetesAccess: Sendable, Hashable {
    /// As a pod of the cluster, with the token and the authority of its service account.
    case inCluster
    /// `api_server`: its URL, and how it is spoken to.
    case server(url: String, HTTPClientSettings)
    /// `kubeconfig_file`: the current context of such a file.
    case kubeconfig(path: String)
}

/// Restricts the objects of one kind that the API server tells of (`selectors`).
public struct KubernetesSelector: Sendable, Hashable {
    public var role: KubernetesRole
    /// A label selector, or empty.
    public var label: String
    /// A field selector, or empty.
    public var field: String

    public init(role: KubernetesRole, label: String = "", field: String = "") {
        self.role = role
        self.label = label
        self.field = field
    }
}

/// Targets that the API server of a Kubernetes cluster knows (`kubernetes_sd_configs`): listed once, then watched.
public struct KubernetesDiscovery: TargetProvider, Hashable {
    public var role: KubernetesRole
    public var access: KubernetesAccess
    /// `namespaces.names`; none for all namespaces.
    public var namespaces: [String] = []
    /// `namespaces.own_namespace`: the namespace of this pod is one of ``namespaces``.
    public var includesOwnNamespace = false
    /// One for each role at most.
    public var selectors: [KubernetesSelector] = []
    /// `attach_metadata.node`: targets carry the labels of their node.
    public var attachesNode = false
    /// `attach_metadata.namespace`: targets carry labels and annotations of their namespace.
    public var attachesNamespace = false
    /// `attach_metadata.deployment`: pods carry the name of the deployment that made them.
    public var attachesDeployment = false
    /// `attach_metadata.job`: pods carry the name of the job that made them.
    public var attachesJob = false
    /// `attach_metadata.cronjob`: pods carry the name of the cron job whose job made them.
    public var attachesCronJob = false
    /// Of a pod's targets only those are kept that its annotations mean: the one whose port `prometheus.io/port` names, or else those with
    /// ports.
    public var picksAnnotatedPort = false
    public var userAgent = "Perch"
    var surroundings = KubernetesSurroundings()

    public init(role: KubernetesRole, access: KubernetesAccess = .inCluster) {
        self.role = role
        self.access = access
    }

    public var mechanism: String { "kubernetes" }

    /// The files that are read to reach the API server, as far as the configuration names them.
    public var referencedFiles: [String] {
        switch access {
        case .inCluster: []
        case .server(_, let client): client.referencedFiles
        case .kubeconfig(let path): [path]
        }
    }

    /// What is wrong with the file of `kubeconfig_file`: one line, or nil where it can be used or none is named.
    public func kubeconfigFault() -> String? {
        guard case .kubeconfig(let path) = access else { return nil }
        do throws(KubernetesFault) {
            _ = try Kubeconfig.connection(path: path)
            return nil
        } catch {
            return error.reason
        }
    }

    public func watch(_ report: @escaping @Sendable (DiscoveryEvent) -> Void) async {
        var failures = 0
        while !Task.isCancelled {
            do {
                let connection = try KubernetesConnection(self)
                let client = try OutboundClient(connection.client, userAgent: userAgent)
                await KubernetesSession(self, connection, client, report).run()
                await client.shutdown()
                return
            } catch let fault as KubernetesFault {
                report(.failure(fault.reason))
            } catch {
                report(.failure("\(error)"))
            }
            failures += 1
            let delay = WatchProgress.delay(failures: failures, unit: surroundings.retryDelay, jitter: .random(in: 0.5...1))
            guard (try? await ContinuousClock().sleep(for: delay)) != nil else { return }
        }
    }
}

/// What discovery finds around the process, and how patient it is.
struct KubernetesSurroundings: Sendable, Hashable {
    var environment = ProcessInfo.processInfo.environment
    /// Where a pod finds the token, the authority and the namespace of its service account.
    var serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"
    /// The first delay after a failure; each further one is twice as long, up to 32 of these.
    var retryDelay = Duration.seconds(1)
    /// How long changes are gathered before they are reported together.
    var batchInterval = Duration.seconds(1)
    /// After this time the server ends a watch, and it is taken up again.
    var watchSeconds = 300
}

/// Why the API server cannot be asked, or what it answered instead.
struct KubernetesFault: Error, Hashable {
    /// One line for a person.
    let reason: String
}
