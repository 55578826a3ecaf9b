internal import Foundation
internal import Ingestion
internal import LogReceiving
internal import Logging
internal import PerchMetrics
internal import ServiceLifecycle

/// Every receiver of logs from agents and files, connected with where the entries go.
final class AgentSurface: Sendable {
    private let reception: LogReception
    private let intake: LogIntake
    private let settings: LogAgentSettings
    private let positions: PositionStore?
    private let logger: Logger
    private let metrics: MetricRegistry

    /// - Throws: ``PositionStoreError`` where it cannot be read how far files were read before.
    init(
        settings: LogAgentSettings, logs intake: LogIntake, clients: ClientLimiter?, dataDirectory: String, logger: Logger,
        metrics: MetricRegistry
    ) throws {
        self.settings = settings
        self.intake = intake
        self.logger = logger
        self.metrics = metrics
        reception = LogReception(intake, clients: clients, metrics: metrics)
        if settings.files.isEmpty, settings.journal == nil {
            positions = nil
        } else {
            let folder = dataDirectory + "/receivers"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            positions = try PositionStore(path: folder + "/positions.sqlite")
        }
    }

    /// What runs as long as the server does.
    ///
    /// - Parameter untilReady: returns when entries can be kept.
    func services(untilReady: @escaping @Sendable () async throws -> Void) -> [any Service] {
        var services = listeners.map { $0 as any Service }
        guard let positions else { return services }
        for files in settings.files {
            let receiver = FileReceiver(reception, files.receiverSettings, store: positions, logger: logger, metrics: metrics)
            services.append(ReadingService(untilReady: untilReady) { try await receiver.run { try await gracefulShutdown() } })
        }
        if let journal = settings.journal {
            let receiver = JournalReceiver(reception, journal, store: positions, logger: logger)
            services.append(ReadingService(untilReady: untilReady) { try await receiver.run { try await gracefulShutdown() } })
        }
        return services
    }

    private var listeners: [ReceiverListener] {
        var listeners: [ReceiverListener] = []
        if let beats = settings.beats {
            let server = BeatsServer(
                reception, options: intake.options, labels: beats.labels.map { ($0.name, $0.value) }, tls: beats.tls,
                connectionsMax: beats.connectionsMax)
            listeners.append(
                listener("beats", beats.address, "receivers.beats") { onListening in
                    try await server.run(host: beats.address.host, port: beats.address.port, onListening: onListening) {
                        try await gracefulShutdown()
                    }
                })
        }
        guard let syslog = settings.syslog else { return listeners }
        for (name, address, transport) in [
            ("udp", syslog.udp, SyslogServer.Transport.udp), ("tcp", syslog.tcp, .tcp(nil)), ("tls", syslog.encrypted, .tcp(syslog.tls)),
        ] {
            guard let address else { continue }
            let server = SyslogServer(
                reception, transport, zone: syslog.zone, labels: syslog.labels.map { ($0.name, $0.value) }, limits: syslog.limits)
            listeners.append(
                listener("syslog_\(name)", address, "receivers.syslog.\(name)") { onListening in
                    try await server.run(host: address.host, port: address.port, onListening: onListening) { try await gracefulShutdown() }
                })
        }
        return listeners
    }

    private func listener(
        _ name: String, _ address: ListenAddress, _ option: String, _ body: @escaping ReceiverListener.Body
    ) -> ReceiverListener {
        ReceiverListener(name: name, address: address, option: option, isDefault: false, logger: logger, body: body)
    }

    /// Ends the threads once what was begun is kept, and closes what they wrote to.
    func shutdown() async throws {
        try await reception.shutdown()
        try positions?.close()
    }
}

/// Reads files or the journal for as long as the server runs, from the moment when entries can be kept.
private struct ReadingService: Service {
    let untilReady: @Sendable () async throws -> Void
    let read: @Sendable () async throws -> Void

    func run() async throws {
        do { try await untilReady() } catch {
            // Why the start failed is said elsewhere; there is nothing to read then.
            return try await gracefulShutdown()
        }
        try await read()
    }
}
