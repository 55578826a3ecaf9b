/// `receivers`: where spans and log entries are taken besides the HTTP port, and what is made of them.
public struct ReceiverSettings: Sendable, Hashable {
    /// Where one receiver listens.
    public enum Listening: Sendable, Hashable {
        /// Nothing was said.
        case unsaid
        case off
        case at(ListenAddress)

        public var address: ListenAddress? {
            if case .at(let address) = self { return address }
            return nil
        }
    }

    /// `otlp.grpc`; the command line counts before it.
    public var otlpGRPC = Listening.unsaid
    /// `otlp.http`; the command line counts before it.
    public var otlpHTTP = Listening.unsaid
    /// `jaeger_agent.compact`: UDP, Thrift's compact encoding.
    public var jaegerCompact = Listening.unsaid
    /// `jaeger_agent.binary`: UDP, Thrift's binary encoding.
    public var jaegerBinary = Listening.unsaid
    /// `jaeger_http`: Thrift's binary encoding over HTTP.
    public var jaegerHTTP = Listening.unsaid
    /// `zipkin`: a further address for what the HTTP port takes at `/api/v2/spans`.
    public var zipkin = Listening.unsaid
    /// Logs of agents and files.
    public var agents = LogAgentSettings()
    /// Lines with metrics.
    public var metricAgents = MetricAgentSettings()

    /// What receivers make of log entries.
    public var logs = LogReceiverSettings()

    public init() {}
}
