extension OTLPHTTPTransport {
    /// How bodies are written.
    public enum Encoding: String, Sendable, Hashable, CaseIterable {
        case protobuf = "http/protobuf"
        /// Several times as long; for receivers that take nothing else.
        case json = "http/json"
    }

    /// Files in PEM form with which connections are made.
    public struct CertificateFiles: Sendable, Hashable {
        /// Certificates to trust; nil for those of the system.
        public var trusted: String?
        /// The certificate that says who we are.
        public var own: String?
        /// The key of our own certificate.
        public var key: String?

        public init(trusted: String? = nil, own: String? = nil, key: String? = nil) {
            self.trusted = trusted
            self.own = own
            self.key = key
        }
    }

    /// Where and how messages are sent, for all signals and for each by itself.
    public struct Configuration: Sendable {
        /// Where each signal goes, whole URLs such as `http://localhost:4318/v1/traces`. Signals that are not named are refused.
        public var endpoints: [OTLPSignal: String]
        /// Headers of every request.
        public var headers: [(name: String, value: String)] = []
        /// Headers of the requests of one signal, in addition.
        public var signalHeaders: [OTLPSignal: [(name: String, value: String)]] = [:]
        public var encoding = Encoding.protobuf
        /// The encoding of one signal, where it is another one.
        public var signalEncodings: [OTLPSignal: Encoding] = [:]
        /// Whether bodies are compressed with gzip.
        public var compresses = true
        /// The same for one signal, where it differs.
        public var signalCompresses: [OTLPSignal: Bool] = [:]
        /// How long one request may take.
        public var timeout = Duration.seconds(10)
        /// The same for one signal, where it differs.
        public var signalTimeouts: [OTLPSignal: Duration] = [:]
        public var certificates = CertificateFiles()
        /// The files of one signal, where they differ; those that are nil are the same.
        public var signalCertificates: [OTLPSignal: CertificateFiles] = [:]

        /// All signals below one URL, such as `http://localhost:4318`.
        public init(endpoint: String) {
            let base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
            endpoints = Dictionary(uniqueKeysWithValues: OTLPSignal.allCases.map { ($0, base + "/" + $0.path) })
        }
    }

    /// What makes a transport impossible, such as a certificate that cannot be read.
    public struct ConfigurationError: Error, CustomStringConvertible {
        public let description: String
    }
}

extension OTLPHTTPTransport.Configuration {
    public func encoding(of signal: OTLPSignal) -> OTLPHTTPTransport.Encoding { signalEncodings[signal] ?? encoding }

    /// Whether bodies of a signal are compressed.
    public func compresses(_ signal: OTLPSignal) -> Bool { signalCompresses[signal] ?? compresses }

    public func timeout(of signal: OTLPSignal) -> Duration { signalTimeouts[signal] ?? timeout }

    /// The headers of a signal's requests. Of those with the same name the last counts.
    public func headers(of signal: OTLPSignal) -> [(name: String, value: String)] { headers + (signalHeaders[signal] ?? []) }

    public func certificates(of signal: OTLPSignal) -> OTLPHTTPTransport.CertificateFiles {
        guard let own = signalCertificates[signal] else { return certificates }
        return OTLPHTTPTransport.CertificateFiles(
            trusted: own.trusted ?? certificates.trusted, own: own.own ?? certificates.own, key: own.key ?? certificates.key)
    }
}
