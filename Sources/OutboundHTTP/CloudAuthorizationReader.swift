internal import ConfigFile

/// Reads `sigv4`, `azuread` and `google_iam`, with the checks of Prometheus.
extension HTTPClientReader {
    /// The keys that ``read(_:authenticators:)`` understands beyond those of every client.
    public static let cloudAuthenticators = ["sigv4", "azuread", "google_iam"]

    func amazonSettings(in node: ConfigNode) throws(ConfigError) -> AmazonSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            var settings = AmazonSettings()
            settings.region = try text("region", &mapping)
            let accessKey = try text("access_key", &mapping)
            let secretKey = try mapping.isGiven("secret_key") ? mapping.required("secret_key", reading: plainText(in:)) : nil
            if (accessKey == nil) != (secretKey == nil) {
                throw mapping.error(
                    atKey: accessKey == nil ? "secret_key" : "access_key", "access_key and secret_key can only be given together")
            }
            if let accessKey, let secretKey { settings.keys = .init(accessKey: accessKey, secretKey: .literal(secretKey)) }
            settings.profile = try text("profile", &mapping)
            settings.role = try text("role_arn", &mapping)
            settings.externalID = try text("external_id", &mapping)
            if settings.externalID != nil, settings.role == nil {
                throw mapping.error(atKey: "external_id", "external_id needs role_arn")
            }
            settings.usesFIPS = try mapping.optional("use_fips_sts_endpoint", default: false)
            settings.service = try text("service_name", &mapping) ?? settings.service
            return settings
        }
    }

    func googleSettings(in node: ConfigNode) throws(ConfigError) -> GoogleSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            GoogleSettings(credentialsFile: try file("credentials_file", &mapping))
        }
    }

    func azureSettings(in node: ConfigNode) throws(ConfigError) -> AzureSettings {
        try node.mapping { (mapping) throws(ConfigError) in
            let cloud = try mapping.isGiven("cloud") ? mapping.required("cloud", reading: azureCloud(in:)) : nil
            let keys = ["managed_identity", "workload_identity", "oauth", "sdk", "certificate"]
            var used: [String] = []
            for key in keys where try mapping.isGiven(key) { used.append(key) }
            if used.count > 1 { throw mapping.error(atKey: used[1], "\(used[1]) cannot be used together with \(used[0])") }
            let identity: AzureSettings.Identity
            switch used.first {
            case "managed_identity": identity = try mapping.required("managed_identity", reading: managedIdentity(in:))
            case "workload_identity": identity = try mapping.required("workload_identity", reading: workloadIdentity(in:))
            case "oauth": identity = try mapping.required("oauth", reading: clientSecret(in:))
            case "sdk": identity = try mapping.required("sdk", reading: surroundings(in:))
            case "certificate": identity = try mapping.required("certificate", reading: azureCertificate(in:))
            default: throw mapping.node.error("azuread needs one of \(keys.joined(separator: ", "))")
            }
            return AzureSettings(
                identity, cloud: cloud, scope: try mapping.isGiven("scope") ? mapping.required("scope", reading: scope(in:)) : nil)
        }
    }

    // MARK: Parts of azuread

    private func azureCloud(in node: ConfigNode) throws(ConfigError) -> AzureSettings.Cloud {
        guard let cloud = AzureSettings.Cloud(rawValue: try node.string()) else {
            throw node.mismatch(expected: "one of \(AzureSettings.Cloud.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return cloud
    }

    private func scope(in node: ConfigNode) throws(ConfigError) -> String {
        let text = try node.string()
        let isAllowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "_:/.- \t\n\u{c}\r".utf8.contains(byte)
            }
        }
        if !isAllowed { throw node.error("a scope has letters, digits, blanks and _ : / . - only") }
        return text
    }

    private func managedIdentity(in node: ConfigNode) throws(ConfigError) -> AzureSettings.Identity {
        try node.mapping { (mapping) throws(ConfigError) in
            .managed(clientID: try mapping.isGiven("client_id") ? mapping.required("client_id", reading: identifier(in:)) : nil)
        }
    }

    private func workloadIdentity(in node: ConfigNode) throws(ConfigError) -> AzureSettings.Identity {
        try node.mapping { (mapping) throws(ConfigError) in
            .workload(
                clientID: try mapping.required("client_id", reading: identifier(in:)),
                tenantID: try mapping.required("tenant_id", reading: identifier(in:)),
                // Prometheus takes this path as it is, not from the folder of the file.
                tokenFile: try text("token_file_path", &mapping))
        }
    }

    private func clientSecret(in node: ConfigNode) throws(ConfigError) -> AzureSettings.Identity {
        try node.mapping { (mapping) throws(ConfigError) in
            .secret(
                clientID: try mapping.required("client_id", reading: identifier(in:)),
                tenantID: try mapping.required("tenant_id", reading: given(in:)),
                .literal(
                    try mapping.required("client_secret") { (node) throws(ConfigError) in
                        let secret = try plainText(in: node)
                        if secret.isEmpty { throw node.error("the client_secret must not be empty") }
                        return secret
                    }))
        }
    }

    private func surroundings(in node: ConfigNode) throws(ConfigError) -> AzureSettings.Identity {
        try node.mapping { (mapping) throws(ConfigError) in .surroundings(tenantID: try text("tenant_id", &mapping)) }
    }

    private func azureCertificate(in node: ConfigNode) throws(ConfigError) -> AzureSettings.Identity {
        try node.mapping { (mapping) throws(ConfigError) in
            var certificate = AzureCertificate(
                clientID: try mapping.required("client_id", reading: identifier(in:)),
                tenantID: try mapping.required("tenant_id", reading: given(in:)),
                path: try mapping.required("certificate_path", reading: given(in:)))
            certificate.keyPath = try text("certificate_key_path", &mapping)
            if try mapping.isGiven("certificate_password") {
                certificate.password = .literal(try mapping.required("certificate_password", reading: plainText(in:)))
            }
            certificate.sendsChain = try mapping.optional("send_certificate_chain", default: false)
            return .certificate(certificate)
        }
    }

    // MARK: Values

    /// A text; nil where it is empty or not given.
    private func text(_ key: String, _ mapping: inout ConfigMapping) throws(ConfigError) -> String? {
        try mapping.isGiven(key) ? mapping.required(key, as: String.self) : nil
    }

    private func file(_ key: String, _ mapping: inout ConfigMapping) throws(ConfigError) -> String? { try text(key, &mapping) }

    private func given(in node: ConfigNode) throws(ConfigError) -> String {
        let text = try node.string()
        if text.isEmpty { throw node.error("this must not be empty") }
        return text
    }

    /// The number of an application, in one of the forms that Prometheus takes.
    private func identifier(in node: ConfigNode) throws(ConfigError) -> String {
        let text = try node.string()
        guard Self.isIdentifier(text) else { throw node.mismatch(expected: "a number such as 12345678-abcd-abcd-abcd-1234567890ab") }
        return text
    }

    static func isIdentifier(_ text: String) -> Bool {
        var bytes = Array(text.utf8)
        switch bytes.count {
        case 45:
            guard text.lowercased().hasPrefix("urn:uuid:") else { return false }
            bytes.removeFirst(9)
        case 38: bytes = Array(bytes[1..<37])
        case 32: return bytes.allSatisfy(\.isHexDigit)
        case 36: break
        default: return false
        }
        return bytes.enumerated().allSatisfy {
            [8, 13, 18, 23].contains($0.offset) ? $0.element == UInt8(ascii: "-") : $0.element.isHexDigit
        }
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
