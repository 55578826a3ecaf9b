internal import CoreMetrics
internal import Logging
internal import PerchLogging
internal import Synchronization
internal import Tracing

/// Sets up metrics, logs and traces of a service.
///
///     let telemetry = try Perch.bootstrap(service: "checkout")
///     …
///     let group = ServiceGroup(services: [telemetry, application], gracefulShutdownSignals: [.sigterm], logger: logger)
///     try await group.run()
///
/// Put telemetry first: a group stops its services in reverse, so what the others do while they stop is still sent.
public enum Perch {
    /// What makes a second set-up impossible.
    public struct AlreadyBootstrapped: Error, CustomStringConvertible {
        public var description: String { "telemetry is set up already: Perch.bootstrap may be called once in a process" }
    }

    private static let isBootstrapped = Atomic<Bool>(false)

    /// Makes what ``Telemetry/init(_:environment:)`` makes, and makes it the backend of swift-metrics, swift-log and swift-distributed-tracing
    /// for the whole process. Call it at the beginning of `main`, before other libraries are set up, which may keep what they find.
    ///
    /// - Parameters:
    ///   - service: the service's name, unless the environment has one (`OTEL_SERVICE_NAME`).
    ///   - configure: changes the configuration. The environment still wins.
    /// - Throws: ``AlreadyBootstrapped``.
    public static func bootstrap(
        service: String, _ configure: (inout Telemetry.Configuration) -> Void = { _ in }
    ) throws(AlreadyBootstrapped) -> Telemetry {
        if isBootstrapped.exchange(true, ordering: .relaxed) { throw AlreadyBootstrapped() }
        var configuration = Telemetry.Configuration(service: service)
        configure(&configuration)
        let telemetry = Telemetry(configuration)
        MetricsSystem.bootstrap(telemetry.metricsFactory)
        LoggingSystem.bootstrap(
            { telemetry.logs.handler(label: $0, metadataProvider: $1) }, metadataProvider: configuration.metadataProvider)
        InstrumentationSystem.bootstrap(telemetry.tracer)
        return telemetry
    }
}
