/// `sigv4`: whose keys requests to AWS are signed with, and for what. What is not given is found as the tools of AWS find it.
public struct AmazonSettings: Sendable, Hashable {
    /// `region`; nil for that of the environment or of the profile.
    public var region: String?
    /// `access_key` and `secret_key`; nil to look for keys in the environment, in the files of the tools, and at the machine.
    public var keys: Keys?
    /// `profile`: a section of the tools' files.
    public var profile: String?
    /// `role_arn`: the role that is taken on with the keys that were found.
    public var role: String?
    /// `external_id`: what the role's owner and its user agreed upon.
    public var externalID: String?
    /// `use_fips_sts_endpoint`: whether roles are given by a server that uses validated cryptography only.
    public var usesFIPS: Bool
    /// `service_name`: what requests are for; `aps` is Amazon Managed Service for Prometheus.
    public var service: String

    public struct Keys: Sendable, Hashable {
        public var accessKey: String
        public var secretKey: HTTPSecret

        public init(accessKey: String, secretKey: HTTPSecret) {
            self.accessKey = accessKey
            self.secretKey = secretKey
        }
    }

    public init(
        region: String? = nil, keys: Keys? = nil, profile: String? = nil, role: String? = nil, externalID: String? = nil,
        usesFIPS: Bool = false, service: String = "aps"
    ) {
        self.region = region
        self.keys = keys
        self.profile = profile
        self.role = role
        self.externalID = externalID
        self.usesFIPS = usesFIPS
        self.service = service
    }
}
