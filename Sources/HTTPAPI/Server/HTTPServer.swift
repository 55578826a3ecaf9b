internal import Foundation
public import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOCore
public import PerchMetrics
public import ServiceLifecycle
public import TelemetryModel

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

    let responder: RouterResponder<SurfaceContext>
    private let briefRoutes: BriefRoutes
    private let now: @Sendable () -> Timestamp

    /// Collects the routes of all APIs, and adds the landing page.
    ///
    /// - Parameters:
    ///   - isReady: whether queries and writes are answered. Without, they are told to come again; what says how the process is doing
    ///     is answered in any case.
    ///   - now: milliseconds since 1970, for the date of answers; the system's clock where there is none.
    /// - Precondition: no path and method are served twice.
    public init(
        _ apis: [any HTTPEndpoints], metrics: MetricRegistry, isReady: @escaping @Sendable () -> Bool = { true },
        now: (@Sendable () -> Timestamp)? = nil
    ) {
        self.now = now ?? { Timestamp(Date().timeIntervalSince1970 * 1000) }
        var routes = Routes()
        for api in apis { api.addRoutes(to: &routes) }
        LandingPage(paths: routes.paths).addRoutes(to: &routes)
        let endpoints = routes.endpoints(metrics: HTTPMetrics(metrics), isReady: isReady)
        responder = endpoints.router.buildResponder()
        briefRoutes = endpoints.brief
    }

    /// What a service group runs: it listens, and stops gracefully.
    ///
    /// - Parameter onListening: called with the port that is bound, once requests are answered.
    public func service(
        _ options: Options, logger: Logger, onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) -> some Service {
        LoopBoundService(base: application(options, logger: logger, onListening: onListening))
    }

    /// The same as Hummingbird has it, for tests.
    public func application(
        _ options: Options, logger: Logger, onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        Application(
            responder: responder,
            server: HTTPServerBuilder { connection(options, respond: $0) },
            configuration: ApplicationConfiguration(address: .hostname(options.host, port: options.port), serverName: "perch"),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? options.port) },
            logger: logger
        )
    }

    /// What connections are made of.
    func connection(
        _ options: Options, isRehearsal: Bool = false, respond: @escaping HTTPChannelHandler.Responder
    ) -> LoopBoundChannel {
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: options.headBytesMax, maxHeaderListSize: options.headBytesMax, maxHeaderFieldCount: options.headersMax)
        let channel = HTTP1Channel.Configuration(additionalChannelHandlers: [ClientPresence()], httpDecoderConfiguration: decoder)
        let (routes, now) = (briefRoutes, now)
        return LoopBoundChannel(base: HTTP1Channel(responder: respond, configuration: channel)) {
            BriefResponder(routes, idleTimeout: .seconds(options.idleTimeoutSeconds), isRehearsal: isRehearsal, now: now)
        }
    }
}
