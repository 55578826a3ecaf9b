internal import ConfigFile
internal import Foundation
internal import OutboundHTTP

/// The files by which kubectl knows clusters (`kubeconfig_file`); the current context counts.
enum Kubeconfig {
    private struct Cluster {
        var server = ""
        var tls = HTTPTLSSettings()
        var proxy = HTTPProxy.none
    }

    private struct User {
        var authorization = HTTPAuthorization.none
        var certificate: HTTPTLSSettings.Material?
        var key: HTTPTLSSettings.Material?
    }

    private struct Context {
        var cluster = ""
        var user = ""
    }

    static func connection(path: String) throws(KubernetesFault) -> KubernetesConnection {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw KubernetesFault(reason: "\(path): this kubeconfig file cannot be read")
        }
        do throws(ConfigError) {
            return try connection(text, path: path)
        } catch {
            throw KubernetesFault(reason: error.description)
        }
    }

    static func connection(_ text: String, path: String) throws(ConfigError) -> KubernetesConnection {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        return try ConfigDocument(parsing: text, file: path).root.mapping { (mapping) throws(ConfigError) in
            defer { _ = mapping.remaining() }
            let current = try mapping.required("current-context", as: String.self)
            let context = try element("context", named: current, in: "contexts", of: &mapping, reading: readContext)
            let cluster = try element("cluster", named: context.cluster, in: "clusters", of: &mapping) { (node) throws(ConfigError) in
                try readCluster(node, folder: folder)
            }
            var client = HTTPClientSettings(tls: cluster.tls, proxy: cluster.proxy)
            if !context.user.isEmpty {
                let user = try element("user", named: context.user, in: "users", of: &mapping) { (node) throws(ConfigError) in
                    try readUser(node, folder: folder)
                }
                client.authorization = user.authorization
                client.tls.certificate = user.certificate
                client.tls.key = user.key
            }
            return KubernetesConnection(server: cluster.server, client: client)
        }
    }

    /// Reads the element with a name of one of the file's lists; others may be wrong.
    private static func element<Value>(
        _ kind: String, named name: String, in list: String, of mapping: inout ConfigMapping,
        reading read: (ConfigNode) throws(ConfigError) -> Value
    ) throws(ConfigError) -> Value {
        let found = try mapping.required(list) { (node) throws(ConfigError) in
            try node.list { (element) throws(ConfigError) -> Value? in
                try element.mapping { (mapping) throws(ConfigError) -> Value? in
                    defer { _ = mapping.remaining() }
                    guard try mapping.optional("name", as: String.self) == name else { return nil }
                    return try mapping.required(kind, reading: read)
                }
            }
        }
        guard let value = found.lazy.compactMap({ $0 }).first else { throw mapping.error(atKey: list, "there is no \(kind) \"\(name)\"") }
        return value
    }

    private static func readContext(_ node: ConfigNode) throws(ConfigError) -> Context {
        try node.mapping { (mapping) throws(ConfigError) in
            defer { _ = mapping.remaining() }
            return Context(cluster: try mapping.required("cluster"), user: try mapping.optional("user", default: ""))
        }
    }

    private static func readCluster(_ node: ConfigNode, folder: String) throws(ConfigError) -> Cluster {
        try node.mapping { (mapping) throws(ConfigError) in
            defer { _ = mapping.remaining() }
            var cluster = Cluster()
            cluster.server = try mapping.required("server")
            guard cluster.server.hasPrefix("http://") || cluster.server.hasPrefix("https://") else {
                throw mapping.error(atKey: "server", "expected a URL that begins with http:// or https://")
            }
            cluster.tls.certificateAuthority = try material("certificate-authority", &mapping, folder: folder)
            cluster.tls.skipsVerification = try mapping.optional("insecure-skip-tls-verify", default: false)
            cluster.tls.serverName = try mapping.isGiven("tls-server-name") ? mapping.required("tls-server-name", as: String.self) : nil
            if try mapping.isGiven("proxy-url") { cluster.proxy = HTTPProxy(.url(.literal(try mapping.required("proxy-url")))) }
            return cluster
        }
    }

    private static func readUser(_ node: ConfigNode, folder: String) throws(ConfigError) -> User {
        try node.mapping { (mapping) throws(ConfigError) in
            defer { _ = mapping.remaining() }
            for key in ["exec", "auth-provider"] where mapping.node(key).map({ $0.kind != .nothing }) ?? false {
                throw mapping.error(
                    atKey: key,
                    "\(key) runs programs to log in, which is not supported: use a token, a client certificate or a service account")
            }
            var user = User()
            user.certificate = try material("client-certificate", &mapping, folder: folder)
            user.key = try material("client-key", &mapping, folder: folder)
            if (user.certificate == nil) != (user.key == nil) {
                throw node.error("a client certificate needs both client-certificate and client-key")
            }
            // As kubectl has it: the file counts before the token.
            if try mapping.isGiven("tokenFile") {
                user.authorization = .credentials(type: "Bearer", .file(path: path(try mapping.required("tokenFile"), folder)))
            } else if try mapping.isGiven("token") {
                user.authorization = .credentials(type: "Bearer", .literal(try mapping.required("token")))
            } else if try mapping.isGiven("username") {
                user.authorization = .basic(
                    username: .literal(try mapping.required("username")), password: .literal(try mapping.optional("password", default: "")))
            }
            return user
        }
    }

    /// A certificate or key: under `KEY-data` in base64, or in the file that `KEY` names.
    private static func material(
        _ key: String, _ mapping: inout ConfigMapping, folder: String
    ) throws(ConfigError) -> HTTPTLSSettings.Material? {
        if try mapping.isGiven(key + "-data") {
            let encoded = try mapping.required(key + "-data", as: String.self)
            guard let data = Data(base64Encoded: encoded, options: .ignoreUnknownCharacters),
                let text = String(validating: data, as: UTF8.self), !text.isEmpty
            else { throw mapping.error(atKey: key + "-data", "\(key)-data is not text in base64") }
            return .pem(.literal(text))
        }
        guard try mapping.isGiven(key) else { return nil }
        return .file(path: path(try mapping.required(key), folder))
    }

    private static func path(_ text: String, _ folder: String) -> String { text.hasPrefix("/") ? text : folder + text }
}
