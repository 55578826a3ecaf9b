internal import Crypto
internal import Foundation
internal import NIOSSL

/// What a client with a certificate says of itself, signed with its private key.
struct AzureAssertion: Sendable {
    private let certificate: AzureCertificate
    private let key: SigningKey
    /// The client's certificate first, in DER.
    private let chain: [[UInt8]]

    /// Reads the files of the certificate and of the key.
    ///
    /// - Throws: ``OutboundFailure`` where they cannot be used.
    init(_ certificate: AzureCertificate) throws(OutboundFailure) {
        self.certificate = certificate
        guard let bytes = FileManager.default.contents(atPath: certificate.path) else {
            throw OutboundFailure(.credentials, "the certificate file \(certificate.path) cannot be read")
        }
        let isPEM = bytes.range(of: Data("-----BEGIN ".utf8)) != nil
        if isPEM {
            let text = String(decoding: bytes, as: UTF8.self)
            chain = try AzureAssertion.der(of: try? NIOSSLCertificate.fromPEMBytes(Array(text.utf8)), certificate.path)
            var pem = text
            if let path = certificate.keyPath { pem = try HTTPSecret.file(path: path).read() }
            key = try SigningKey(pem: pem, called: "the key in \(certificate.keyPath ?? certificate.path)")
        } else {
            var password: String?
            if let secret = certificate.password { password = try secret.read() }
            guard let bundle = try? NIOSSLPKCS12Bundle(buffer: Array(bytes), passphrase: password.map { Array($0.utf8) }) else {
                throw OutboundFailure(
                    .credentials, "the certificate file \(certificate.path) is neither PEM nor PKCS #12 with this password")
            }
            chain = try AzureAssertion.der(of: bundle.certificateChain, certificate.path)
            key = try SigningKey(der: (try? bundle.privateKey.derBytes) ?? [], called: "the key in \(certificate.path)")
        }
    }

    private static func der(of certificates: [NIOSSLCertificate]?, _ path: String) throws(OutboundFailure) -> [[UInt8]] {
        guard let certificates, !certificates.isEmpty, let chain = try? certificates.map({ try $0.toDERBytes() }) else {
            throw OutboundFailure(.credentials, "there is no certificate in \(path)")
        }
        return chain
    }

    /// The assertion for one token server.
    func token(for url: String, now: Date) throws(OutboundFailure) -> String {
        var header: [String: TokenClaim] = [
            "x5t#S256": .text(SignedToken.base64URL(Data(SHA256.hash(data: Data(chain[0])))))
        ]
        if certificate.sendsChain { header["x5c"] = .list(chain.map { .text(Data($0).base64EncodedString()) }) }
        let claims: [String: TokenClaim] = [
            "aud": .text(url), "iss": .text(certificate.clientID), "sub": .text(certificate.clientID),
            "jti": .text(UUID().uuidString.lowercased()), "nbf": .seconds(now), "exp": .seconds(now.addingTimeInterval(600)),
        ]
        return try SignedToken.make(header: header, claims: claims, by: .ps256, with: key)
    }
}
