internal import Ingestion
internal import Logging
internal import MetricReceiving
internal import PerchMetrics
internal import ServiceLifecycle

/// Receivers of lines with metrics, and what writes their samples and those of pushed groups at an interval.
struct MetricAgentSurface: Sendable {
    let settings: MetricAgentSettings
    let samples: SampleIntake
    let gateway: PushGateway
    /// What each client is held to; nil for nothing.
    let clients: ClientLimiter?
    let logger: Logger
    let metrics: MetricRegistry

    /// How often the samples of pushed groups are written, as if they were scraped.
    private static let pushInterval = Duration.seconds(15)

    /// What runs as long as the server does.
    ///
    /// - Parameter untilReady: returns when samples can be kept.
    func services(untilReady: @escaping @Sendable () async throws -> Void) -> [any Service] {
        var services: [any Service] = [
            IntervalService(interval: Self.pushInterval, untilReady: untilReady) { [gateway, logger] in
                do { try gateway.writeAll() } catch {
                    logger.error("samples of pushed groups were not written", metadata: ["reason": .string(String(describing: error))])
                }
            }
        ]
        if settings.graphiteTCP != nil || settings.graphiteUDP != nil {
            let receiver = GraphiteReceiver(samples, keepsNames: settings.keepsGraphiteNames, clients: clients, metrics: metrics)
            for (name, address, transport) in [
                ("tcp", settings.graphiteTCP, LineServer.Transport.tcp), ("udp", settings.graphiteUDP, .udp),
            ] {
                guard let address else { continue }
                services.append(listener("graphite_\(name)", address, "receivers.graphite.\(name)", receiver.server(transport)))
            }
        }
        if settings.statsDUDP != nil || settings.statsDTCP != nil {
            let receiver = StatsDReceiver(samples, clients: clients, metrics: metrics, now: SystemClock.now)
            for (name, address, transport) in [("udp", settings.statsDUDP, LineServer.Transport.udp), ("tcp", settings.statsDTCP, .tcp)] {
                guard let address else { continue }
                services.append(listener("statsd_\(name)", address, "receivers.statsd.\(name)", receiver.server(transport)))
            }
            services.append(
                IntervalService(interval: .milliseconds(settings.statsDFlushMilliseconds), untilReady: untilReady) {
                    await receiver.flush()
                })
        }
        return services
    }

    private func listener(_ name: String, _ address: ListenAddress, _ option: String, _ server: LineServer) -> ReceiverListener {
        ReceiverListener(name: name, address: address, option: option, isDefault: false, logger: logger) { onListening in
            try await server.run(host: address.host, port: address.port, onListening: onListening) { try await gracefulShutdown() }
        }
    }
}

/// Does something at an interval for as long as the server runs, from the moment when samples can be kept, and once more at the end.
private struct IntervalService: Service {
    let interval: Duration
    let untilReady: @Sendable () async throws -> Void
    let work: @Sendable () async -> Void

    func run() async throws {
        do { try await untilReady() } catch {
            // Why the start failed is said elsewhere; there is nothing to write then.
            return try await gracefulShutdown()
        }
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: interval)
                await work()
            }
        }
        await work()
    }
}
