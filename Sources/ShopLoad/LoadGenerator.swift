internal import AsyncHTTPClient
internal import Foundation
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PerchHTTPClient
internal import PerchHummingbird
internal import PerchInstrumentation
internal import PerchLogging
internal import ServiceLifecycle
public import ShopKit
internal import UnixSignals

/// The load generator as a program: `shop load`.
public enum LoadGenerator {
    public static let name = "shop-load"
    public static let port = 8088

    public struct Settings: Sendable {
        /// Shoppers a second.
        public var rate: Double
        /// Nil until Ctrl-C.
        public var duration: Duration?
        /// Runs with the same seed are alike.
        public var seed: UInt64
        public var gateway: String
        public var host = "127.0.0.1"
        /// Where `/metrics` is.
        public var port: Int

        /// - Throws: ``SettingsError`` for what cannot be.
        public init(rate: Double, duration: Duration?, seed: UInt64, gateway: String, port: Int = LoadGenerator.port) throws(SettingsError)
        {
            guard rate > 0, rate <= 10_000 else {
                throw SettingsError("--rate is \(rate), and not from above 0 to 10000 shoppers a second")
            }
            guard let url = URL(string: gateway), url.scheme == "http" || url.scheme == "https", url.host() != nil else {
                throw SettingsError("\(gateway) is no address such as http://127.0.0.1:\(ServiceName.gateway.port)")
            }
            self.rate = rate
            self.duration = duration
            self.seed = seed
            self.gateway = gateway.hasSuffix("/") ? String(gateway.dropLast()) : gateway
            self.port = port
        }
    }

    /// The client of all shoppers, which has to be shut down. A shop that refuses a connection is not asked again and again.
    static func makeClient() -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(1)
        configuration.connectionPool.retryConnectionEstablishment = false
        // Client spans are PerchHTTPClient's.
        configuration.tracing.tracer = nil
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Sends shoppers until the time is over or somebody ends it, then prints what became of them.
    public static func run(_ settings: Settings) async throws {
        let telemetry = try ServiceRunner.bootstrap(name)
        // The terminal belongs to the summary; its few lines of log are problems.
        telemetry.levels.standard = .warning
        let client = makeClient()
        var run = LoadRun.Settings()
        run.rate = settings.rate
        run.duration = settings.duration
        run.seed = settings.seed
        run.gateway = settings.gateway
        let load = LoadRun(
            run, client: TelemetryHTTPClient(client, metrics: telemetry.metricsFactory, tracer: telemetry.tracer), tracer: telemetry.tracer,
            metrics: telemetry.metrics)
        let router = Router()
        router.addMetrics(telemetry.metrics)
        let logger = Logger(label: name)
        let server = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port)), logger: logger)
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: telemetry), .init(service: server),
                .init(service: load, successTerminationBehavior: .gracefullyShutdownGroup),
            ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(4)
        group.maximumCancellationDuration = .milliseconds(500)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            try await client.shutdown()
            if let error = error as? IOError, error.errnoCode == EADDRINUSE {
                throw SettingsError("port \(settings.port) of \(settings.host) is taken: something else listens there")
            }
            throw error
        }
        try await client.shutdown()
        print(load.summary)
    }
}
