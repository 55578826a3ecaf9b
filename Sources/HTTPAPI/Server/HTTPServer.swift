public import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOCore
public import PerchMetrics

/// The HTTP server and the APIs it serves.
public struct HTTPServer: Sendable {
    /// Limits of connections.
    public struct Options: Sendable {
        public var host: String
        /// 0 takes any free port.
        public var port: Int
        /// A connection without a request for so long is closed, in seconds.
        public var idleTimeoutSeconds: Int64 = 300
        /// Bytes of a request's head at most; queries may stand in the address.
        public var headBytesMax = 256 << 10
        public var headersMax = 256

        public init(host: String = "127.0.0.1", port: Int = 9797) {
            self.host = host
            self.port = port
        }
    }

    private let responder: RouterResponder<SurfaceContext>

    /// Collects the routes of all APIs, and adds the landing page.
    ///
    /// - Parameter isReady: whether queries and writes are answered. Without, they are told to come again; what says how the process is doing
    ///   is answered in any case.
    /// - Precondition: no path and method are served twice.
    public init(_ apis: [any HTTPEndpoints], metrics: MetricRegistry, isReady: @escaping @Sendable () -> Bool = { true }) {
        var routes = Routes()
        for api in apis { api.addRoutes(to: &routes) }
        LandingPage(paths: routes.paths).addRoutes(to: &routes)
        responder = routes.router(metrics: HTTPMetrics(metrics), isReady: isReady).buildResponder()
    }

    /// What a service group runs: it listens, and stops gracefully.
    ///
    /// - Parameter onListening: called with the port that is bound, once requests are answered.
    public func application(
        _ options: Options, logger: Logger, onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: options.headBytesMax, maxHeaderListSize: options.headBytesMax, maxHeaderFieldCount: options.headersMax)
        let channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ClientPresence()], idleTimeout: .seconds(options.idleTimeoutSeconds),
            httpDecoderConfiguration: decoder)
        return Application(
            responder: responder,
            server: HTTPServerBuilder { LoopBoundChannel(base: HTTP1Channel(responder: $0, configuration: channel)) },
            configuration: ApplicationConfiguration(address: .hostname(options.host, port: options.port), serverName: "perch"),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? options.port) },
            logger: logger
        )
    }
}
