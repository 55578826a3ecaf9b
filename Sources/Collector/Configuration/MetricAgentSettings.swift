/// `receivers.graphite` and `receivers.statsd`: where lines with metrics are taken. Both are off unless they are configured.
public struct MetricAgentSettings: Sendable, Hashable {
    /// `graphite.tcp`.
    public var graphiteTCP: ListenAddress?
    /// `graphite.udp`.
    public var graphiteUDP: ListenAddress?
    /// `graphite.keep_names`: whether paths stay as they are.
    public var keepsGraphiteNames = false
    /// `statsd.udp`.
    public var statsDUDP: ListenAddress?
    /// `statsd.tcp`.
    public var statsDTCP: ListenAddress?
    /// `statsd.flush_interval`, in milliseconds.
    public var statsDFlushMilliseconds: Int64 = 10_000

    public init() {}
}
