internal import NIOSSL

/// How a listener of log agents speaks TLS.
public struct AgentTLS: Sendable, Hashable {
    /// Whether clients show a certificate.
    public enum ClientAuthentication: Sendable, Hashable {
        case none
        /// One that is shown has to be valid.
        case optional
        case required
    }

    /// A file with the certificate, and those behind it, in PEM.
    public var certificateFile: String
    /// A file with the key in PEM.
    public var keyFile: String
    /// A file with the certificates, in PEM, that clients' certificates are signed by.
    public var clientAuthorityFile: String?
    public var clientAuthentication = ClientAuthentication.none

    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }

    /// - Throws: where a file cannot be read, or certificate and key do not belong together.
    func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        if let clientAuthorityFile { configuration.trustRoots = .file(clientAuthorityFile) }
        switch clientAuthentication {
        case .none: configuration.certificateVerification = .none
        case .optional: configuration.certificateVerification = .optionalVerification
        case .required: configuration.certificateVerification = .noHostnameVerification
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
