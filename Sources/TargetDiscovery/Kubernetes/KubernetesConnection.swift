internal import Foundation
internal import OutboundHTTP

/// Where the API server is, how it is spoken to, and which namespaces are asked for.
struct KubernetesConnection: Sendable, Hashable {
    /// The server's URL without a slash at its end.
    var server: String
    var client: HTTPClientSettings
    /// Empty for all namespaces.
    var namespaces: [String] = []

    init(server: String, client: HTTPClientSettings) {
        self.server = server
        while self.server.hasSuffix("/") { self.server.removeLast() }
        self.client = client
    }

    /// Finds out what a discovery needs; files are read now.
    init(_ discovery: KubernetesDiscovery) throws(KubernetesFault) {
        let surroundings = discovery.surroundings
        switch discovery.access {
        case .inCluster: self = try KubernetesConnection.inCluster(surroundings)
        case .server(let url, let client): self.init(server: url, client: client)
        case .kubeconfig(let path): self = try Kubeconfig.connection(path: path)
        }
        namespaces = discovery.namespaces
        guard discovery.includesOwnNamespace else { return }
        let path = surroundings.serviceAccountFolder + "/namespace"
        guard let own = try? String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines), !own.isEmpty
        else { throw KubernetesFault(reason: "the namespace of this pod cannot be read from \(path)") }
        if !namespaces.contains(own) { namespaces.append(own) }
    }

    /// As a pod finds the server of its cluster. The token is read anew for every request: it is replaced every hour or so.
    private static func inCluster(_ surroundings: KubernetesSurroundings) throws(KubernetesFault) -> KubernetesConnection {
        let environment = surroundings.environment
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty, let port = environment["KUBERNETES_SERVICE_PORT"],
            !port.isEmpty
        else {
            throw KubernetesFault(
                reason: "not in a Kubernetes cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; name an api_server "
                    + "or a kubeconfig_file")
        }
        let token = surroundings.serviceAccountFolder + "/token"
        guard FileManager.default.isReadableFile(atPath: token) else {
            throw KubernetesFault(reason: "the token of the service account cannot be read from \(token)")
        }
        var client = HTTPClientSettings()
        client.authorization = .credentials(type: "Bearer", .file(path: token))
        let authority = surroundings.serviceAccountFolder + "/ca.crt"
        if FileManager.default.fileExists(atPath: authority) { client.tls.certificateAuthority = .file(path: authority) }
        return KubernetesConnection(server: "https://" + host.bracketed + ":" + port, client: client)
    }
}

extension String {
    /// An IPv6 address in brackets; other hosts as they are.
    fileprivate var bracketed: String { contains(":") && !hasPrefix("[") ? "[\(self)]" : self }
}
