internal import AsyncHTTPClient
public import GRDB
public import Hummingbird
public import Logging
internal import NIOPosix
internal import PerchHTTPClient
internal import PerchHummingbird
public import ServiceLifecycle

/// What a service is put together from. Routes of its own come behind those that all services have.
public final class ServiceAssembly {
    public let name: ServiceName
    public let settings: ServiceSettings
    public let telemetry: ServiceTelemetry
    public let logger: Logger
    public let audit: Audit
    public let router = Router(context: ShopContext.self)
    public let faults: Faults
    public let tokens: Tokens

    private let http: HTTPClientService
    private var services: [any Service] = []
    private var databases: [ShopDatabase] = []

    public init(_ service: (some ShopService).Type, settings: ServiceSettings, telemetry: ServiceTelemetry) async throws {
        name = service.name
        self.settings = settings
        self.telemetry = telemetry
        logger = telemetry.logger(name.telemetryName)
        audit = Audit(telemetry.logger("audit"))
        try DataDirectory.create(settings.dataDirectory)
        tokens = await Tokens(secret: try TokenSecret.find(settings), now: settings.now)
        faults = try Faults(
            FaultName.allCases.filter { $0.owner == service.name }, directory: settings.dataDirectory, telemetry: telemetry,
            now: settings.now)
        http = HTTPClientService()
        services = [http]
        addMiddleware()
    }

    /// Opens the service's database, `NAME.sqlite` in the data directory, and brings it up to date.
    public func openDatabase(_ migrations: KeyValuePairs<String, @Sendable (Database) throws -> Void>) throws -> ShopDatabase {
        let database = try ShopDatabase(
            path: settings.dataDirectory + "/\(name.rawValue).sqlite", migrations: migrations, telemetry: telemetry)
        databases.append(database)
        return database
    }

    /// Calls another service.
    ///
    /// - Parameter onCircuitChange: told when the circuit breaker of these calls opens and closes.
    public func client(
        to upstream: ServiceName, onCircuitChange: @escaping @Sendable (CircuitBreaker.State) -> Void = { _ in }
    ) throws(SettingsError) -> ShopClient {
        ShopClient(
            to: upstream, at: try settings.address(of: upstream),
            http: TelemetryHTTPClient(http.client, metrics: telemetry.metricsFactory, tracer: telemetry.tracer),
            circuit: Circuit(upstream, logger: logger, onChange: onCircuitChange), now: settings.now)
    }

    /// Adds what runs in the background; it ends after the server does, and before the databases are closed.
    public func add(_ service: any Service) { services.append(service) }

    /// The service as it runs: the server and what is in the background.
    ///
    /// - Parameter api: what `/openapi.json` answers.
    public func application(_ api: APIDocument) -> Application<RouterResponder<ShopContext>> {
        StandardRoutes(
            name: name, metrics: telemetry.metrics, document: api.document(of: name), faults: faults, logger: logger, databases: databases
        ).add(to: router)
        return Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port)),
            services: services, logger: logger)
    }

    /// Lets go of what was opened, where the service will not run after all.
    public func discard() async throws { try await http.client.shutdown() }

    private func addMiddleware() {
        var quiet = TelemetryMiddleware<ShopContext>.Configuration()
        quiet.quietPaths = ["/metrics", "/healthcheck"]
        router.add(middleware: ProblemResponses())
        router.add(middleware: TelemetryMiddleware(quiet, metrics: telemetry.metricsFactory, tracer: telemetry.tracer))
        router.add(middleware: TraceNotes())
        router.add(middleware: RequestMetrics(telemetry.metrics))
        router.add(middleware: Deadlines(now: settings.now))
    }
}

/// The client of all calls to others, which has to be shut down.
final class HTTPClientService: Service {
    let client: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(1)
        // Whether to try again is the caller's decision.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        // Client spans are PerchHTTPClient's.
        configuration.tracing.tracer = nil
        client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }

    func run() async throws {
        try? await gracefulShutdown()
        try await client.shutdown()
    }
}
