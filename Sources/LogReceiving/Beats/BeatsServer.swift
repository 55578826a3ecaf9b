public import Ingestion
internal import LogFormats

/// Takes events from Beats and whatever else speaks their protocol, on connections that are encrypted or not.
public struct BeatsServer: Sendable {
    private let server: AgentServer

    /// - Parameters:
    ///   - labels: what every entry gets beside its own.
    ///   - connectionsMax: connections that may be open at the same time.
    public init(
        _ reception: LogReception, options: LogIntakeOptions, labels: [(name: String, value: String)] = [], tls: AgentTLS? = nil,
        connectionsMax: Int = 1000
    ) {
        self.init(reception, options: options, labels: labels, tls: tls, connectionsMax: connectionsMax, sessionLimits: .init())
    }

    init(
        _ reception: LogReception, options: LogIntakeOptions, labels: [(name: String, value: String)], tls: AgentTLS?, connectionsMax: Int,
        sessionLimits: BeatsSession.Limits
    ) {
        let limits = LumberjackLimits()
        let keeper = BeatsKeeper(
            reception: reception,
            events: LumberjackEvents(
                limits: limits,
                mapping: ElasticsearchBulk.mapping(
                    metadataFieldsMax: options.metadataFieldsMax, metadataBytesMax: options.metadataBytesMax),
                labels: labels))
        server = AgentServer(
            connections: AgentConnections(max: connectionsMax, counters: reception.metrics[.beats]), tls: tls
        ) {
            BeatsHandler(keeper: keeper, limits: limits, sessionLimits: sessionLimits)
        }
    }

    /// Serves until it is told to stop; what was taken is kept and acknowledged by then.
    ///
    /// - Parameters:
    ///   - onListening: called with the port once it listens.
    ///   - stop: returns, or throws, when the server is to end.
    public func run(
        host: String, port: Int, onListening: @Sendable (_ port: Int) -> Void, until stop: @Sendable () async throws -> Void
    ) async throws {
        try await server.run(host: host, port: port, onListening: onListening, until: stop)
    }
}
