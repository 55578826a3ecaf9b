internal import NIOCore
internal import NIOSSL

extension TLSSettings {
    /// The configuration of a TLS client. Blocks while files are read.
    ///
    /// - Throws: ``DeliveryFailure`` where a certificate or key cannot be read.
    func makeConfiguration() throws(DeliveryFailure) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let certificateAuthority {
            let certificates = try TLSSettings.certificates(certificateAuthority, "ca")
            configuration.trustRoots = .certificates(certificates)
        }
        if let certificate, let key {
            configuration.certificateChain = try TLSSettings.certificates(certificate, "cert").map { .certificate($0) }
            let text = try key.read()
            do {
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(text.utf8), format: .pem))
            } catch {
                throw DeliveryFailure(.configuration, "tls_config: the private key cannot be read")
            }
        }
        if skipsVerification { configuration.certificateVerification = .none }
        configuration.minimumTLSVersion = minimumVersion?.version ?? .tlsv12
        configuration.maximumTLSVersion = maximumVersion?.version
        return configuration
    }

    private static func certificates(_ material: SecretText, _ key: String) throws(DeliveryFailure) -> [NIOSSLCertificate] {
        let text = try material.read()
        do {
            let certificates = try NIOSSLCertificate.fromPEMBytes(Array(text.utf8))
            if !certificates.isEmpty { return certificates }
        } catch {
            // Said below, without what the library says of the file's content.
        }
        throw DeliveryFailure(.configuration, "tls_config: \(key) holds no certificate")
    }
}

extension TLSSettings.Version {
    fileprivate var version: TLSVersion {
        switch self {
        case .tls10: .tlsv1
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}
