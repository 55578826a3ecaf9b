/// `azuread`: who asks Microsoft Entra ID for a token, and for what.
public struct AzureSettings: Sendable, Hashable {
    /// `cloud`.
    public enum Cloud: String, Sendable, Hashable, CaseIterable {
        case publicCloud = "AzurePublic"
        case china = "AzureChina"
        case government = "AzureGovernment"
    }

    public enum Identity: Sendable, Hashable {
        /// `managed_identity`: what the machine is to the cloud; nil for the only one that it is.
        case managed(clientID: String?)
        /// `workload_identity`: a token of the cluster in a file is exchanged. Nil for the file that the environment names.
        case workload(clientID: String, tenantID: String, tokenFile: String?)
        /// `oauth`.
        case secret(clientID: String, tenantID: String, HTTPSecret)
        /// `certificate`.
        case certificate(AzureCertificate)
        /// `sdk`: what the environment says, and then what the machine is.
        case surroundings(tenantID: String?)
    }

    public var identity: Identity
    /// Nil where the settings name none: the public one, unless the environment says otherwise.
    public var cloud: Cloud?
    /// `scope`; nil for taking in metrics in this cloud.
    public var scope: String?

    public init(_ identity: Identity, cloud: Cloud? = nil, scope: String? = nil) {
        self.identity = identity
        self.cloud = cloud
        self.scope = scope
    }
}

/// `certificate` of `azuread`: a client proves who it is by a private key whose certificate is known to the server.
public struct AzureCertificate: Sendable, Hashable {
    public var clientID: String
    public var tenantID: String
    /// `certificate_path`: PEM, or PKCS #12.
    public var path: String
    /// `certificate_key_path`; nil where the key stands in the file of the certificate.
    public var keyPath: String?
    /// `certificate_password` of a file in PKCS #12.
    public var password: HTTPSecret?
    /// `send_certificate_chain`: whether the server learns the certificates, to trust those whose issuer and subject it knows.
    public var sendsChain: Bool

    public init(
        clientID: String, tenantID: String, path: String, keyPath: String? = nil, password: HTTPSecret? = nil, sendsChain: Bool = false
    ) {
        self.clientID = clientID
        self.tenantID = tenantID
        self.path = path
        self.keyPath = keyPath
        self.password = password
        self.sendsChain = sendsChain
    }

    var files: [String] { [path, keyPath].compactMap { $0 } }
}
