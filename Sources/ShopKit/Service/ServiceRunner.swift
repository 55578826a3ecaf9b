internal import Foundation
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PerchExport
public import PerchInstrumentation
internal import PerchLogging
internal import ServiceLifecycle
internal import UnixSignals

/// Runs one service as the whole process.
public enum ServiceRunner {
    public static let version = "1.0.0"

    /// Sets up telemetry, puts the service together, and serves until SIGTERM or SIGINT: at most five seconds longer.
    ///
    /// - Throws: ``SettingsError`` for what somebody can put right, such as a port that is taken.
    public static func run(_ service: (some ShopService).Type, _ settings: ServiceSettings) async throws {
        // Eight of these share a machine: one thread for connections, one for work that blocks.
        NIOSingletons.groupLoopCountSuggestion = 1
        NIOSingletons.blockingPoolThreadCountSuggestion = 1
        // A reader of our output that went away is no reason to end.
        signal(SIGPIPE, SIG_IGN)
        let telemetry = try bootstrap(service.name.telemetryName)
        let assembly = try await ServiceAssembly(service, settings: settings, telemetry: ServiceTelemetry(telemetry))
        do {
            try await service.assemble(assembly)
        } catch {
            try await assembly.discard()
            throw error
        }
        let application = assembly.application(service.api)
        var configuration = ServiceGroupConfiguration(
            services: [telemetry, application], gracefulShutdownSignals: [.sigterm, .sigint], logger: lifecycleLogger(telemetry))
        if settings.endsWithInput {
            configuration.services.append(
                ServiceGroupConfiguration.ServiceConfiguration(service: InputWatch(), successTerminationBehavior: .gracefullyShutdownGroup))
        }
        // Requests that take longer are cancelled; then there is time for what telemetry has left, and a little more.
        configuration.maximumGracefulShutdownDuration = .seconds(2)
        configuration.maximumCancellationDuration = .seconds(3)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch is CancellationError {
            lifecycleLogger(telemetry).warning("requests were cut off by the end of the service")
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw SettingsError("port \(settings.port) of \(settings.host) is taken: something else listens there")
        } catch let error as IOError where error.errnoCode == EACCES || error.errnoCode == EADDRNOTAVAIL {
            throw SettingsError("cannot listen on port \(settings.port) of \(settings.host): \(error)")
        }
    }

    /// Telemetry of a program of the shop.
    public static func bootstrap(_ name: String) throws -> Telemetry {
        try Perch.bootstrap(service: name) { configuration in
            configuration.resource["service.namespace"] = "shop"
            configuration.resource["service.version"] = version
            configuration.resource["service.instance.id"] = UUID().uuidString
            configuration.redaction = .keys(["password", "token", "access_token", "authorization", "card", "email", "address"])
            configuration.flushTimeout = .milliseconds(1500)
            // What the server says of itself at each start and end is of no interest beside our own lines.
            configuration.levels.set(.warning, for: "shop.lifecycle")
        }
    }

    private static func lifecycleLogger(_ telemetry: Telemetry) -> Logger {
        Logger(label: "shop.lifecycle") { telemetry.logs.handler(label: $0) }
    }
}
