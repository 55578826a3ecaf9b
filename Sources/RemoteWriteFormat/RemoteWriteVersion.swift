/// The two messages of the remote write protocol.
public enum RemoteWriteVersion: Sendable, Hashable {
    /// `prometheus.WriteRequest`, remote write 1.0.
    case v1
    /// `io.prometheus.write.v2.Request`, remote write 2.0.
    case v2

    /// The name by which a Content-Type's `proto` parameter chooses the message.
    public var messageName: String {
        switch self {
        case .v1: "prometheus.WriteRequest"
        case .v2: "io.prometheus.write.v2.Request"
        }
    }
}
