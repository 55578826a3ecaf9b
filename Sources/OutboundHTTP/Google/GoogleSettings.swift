/// `google_iam`: who asks Google for a token to write metrics.
public struct GoogleSettings: Sendable, Hashable {
    /// `credentials_file`; nil for what the environment, the tools' file or the machine says.
    public var credentialsFile: String?

    public init(credentialsFile: String? = nil) { self.credentialsFile = credentialsFile }
}
