internal import AlertModel
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import PerchMetrics
internal import Relabeling
internal import Rules
internal import Synchronization
internal import TargetDiscovery
internal import TelemetryModel

/// Sends alerts to the Alertmanagers of `alerting.alertmanagers`. Each has a queue of its own, so that none waits for another.
final class ExternalAlertmanagers: AlertReceiving {
    private struct State: Sendable {
        var settings = AlertingSettings()
        /// By address.
        var senders: [String: AlertmanagerSender] = [:]
        var dropped: [String] = []
    }

    private let state = Mutex(State())
    private let environment: AlertmanagerSender.Environment
    private let logger: Logger
    private let directories: AsyncStream<(TargetDirectory, AlertingSettings)>
    private let next: AsyncStream<(TargetDirectory, AlertingSettings)>.Continuation

    init(eventLoopGroup: any EventLoopGroup, threadPool: NIOThreadPool, logger: Logger, metrics: MetricRegistry, userAgent: String) {
        environment = AlertmanagerSender.Environment(
            eventLoopGroup: eventLoopGroup, threadPool: threadPool, userAgent: userAgent, logger: logger,
            metrics: AlertmanagerMetrics(metrics))
        self.logger = logger
        (directories, next) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        metrics.gaugeFunction("perch_alertmanager_targets", help: "Alertmanagers that hear of alerts.") { [weak self] in
            Double(self?.addresses.active.count ?? 0)
        }
    }

    /// Those that hear of alerts, and those that relabelling drops, sorted.
    var addresses: (active: [String], dropped: [String]) { state.withLock { ($0.senders.keys.sorted(), $0.dropped.sorted()) } }

    /// Puts settings in force. Alertmanagers that stay keep what waits for them.
    func apply(_ settings: AlertingSettings) {
        let isChanged = state.withLock { state in
            defer { state.settings = settings }
            return state.settings != settings
        }
        guard isChanged else { return }
        let jobs = settings.alertmanagers.enumerated().map { $0.element.discovery(name: "alertmanagers[\($0.offset)]") }
        next.yield((TargetDirectory(jobs: jobs, logger: logger), settings))
    }

    func receive(_ alerts: [Alert]) async {
        for sender in state.withLock({ Array($0.senders.values) }) { sender.add(alerts) }
    }

    /// Follows the targets until the task is cancelled, and waits for what is being sent then.
    func run() async {
        var following: Task<Void, Never>?
        for await (directory, settings) in directories {
            following?.cancel()
            following = Task { [weak self] in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await directory.run() }
                    group.addTask {
                        for await snapshot in directory.snapshots where !Task.isCancelled { self?.take(snapshot, settings) }
                    }
                }
            }
        }
        following?.cancel()
        await following?.value
        let senders = state.withLock { state in
            defer { state.senders = [:] }
            return Array(state.senders.values)
        }
        for sender in senders { await sender.stop() }
    }

    /// Goes over to the Alertmanagers that were found.
    private func take(_ snapshot: DiscoverySnapshot, _ settings: AlertingSettings) {
        var found: [String: AlertmanagerSettings] = [:]
        var dropped: [String] = []
        for (index, alertmanager) in settings.alertmanagers.enumerated() {
            for group in snapshot.groups["alertmanagers[\(index)]"] ?? [] {
                for target in group.targets {
                    let (address, isKept) = alertmanager.address(of: target, group.labels)
                    if isKept { found[address] = found[address] ?? alertmanager } else { dropped.append(address) }
                }
            }
        }
        let gone = state.withLock { state in
            guard state.settings == settings else { return [] as [AlertmanagerSender] }
            var senders: [String: AlertmanagerSender] = [:]
            for (address, alertmanager) in found {
                let known = state.senders[address]
                if let known, known.settings == alertmanager {
                    senders[address] = state.senders.removeValue(forKey: address)
                } else {
                    senders[address] = makeSender(address, alertmanager)
                }
            }
            defer {
                state.senders = senders
                state.dropped = dropped
            }
            return Array(state.senders.values)
        }
        for sender in gone { Task { await sender.stop() } }
    }

    private func makeSender(_ address: String, _ settings: AlertmanagerSettings) -> AlertmanagerSender? {
        do {
            return try AlertmanagerSender(address: address, settings: settings, environment: environment)
        } catch {
            logger.error(
                "an Alertmanager cannot be spoken to",
                metadata: ["alertmanager": .string(address), "reason": .string(String(describing: error))])
            return nil
        }
    }
}

extension AlertmanagerSettings {
    private static let pathLabel = "__alerts_path__"

    /// The address that alerts are sent to, and whether relabelling keeps the target.
    func address(of target: LabelSet, _ groupLabels: LabelSet) -> (url: String, isKept: Bool) {
        var builder = LabelSetBuilder(target)
        for label in groupLabels where builder[label.name].isEmpty { builder.set(label.name, label.value) }
        builder.set(TargetLabelName.scheme, scheme)
        builder.set(Self.pathLabel, pathPrefix + "/api/v2/alerts")
        let before = Self.url(builder)
        guard targetRules.apply(to: &builder), !builder[TargetLabelName.address].isEmpty else { return (before, false) }
        return (Self.url(builder), true)
    }

    private static func url(_ builder: LabelSetBuilder) -> String {
        builder[TargetLabelName.scheme] + "://" + builder[TargetLabelName.address] + builder[pathLabel]
    }
}

/// What sending to Alertmanagers says of itself.
struct AlertmanagerMetrics: Sendable {
    let sent: LabelledFamily<Counter>
    let errors: LabelledFamily<Counter>
    let dropped: LabelledFamily<Counter>
    let waiting: LabelledFamily<Gauge>
    let latency: LabelledFamily<Histogram>

    init(_ registry: MetricRegistry) {
        sent = registry.counters(
            "perch_alertmanager_alerts_sent_total", help: "Alerts that an Alertmanager took.", labelNames: "alertmanager")
        errors = registry.counters(
            "perch_alertmanager_alerts_failed_total", help: "Alerts that an Alertmanager did not take.", labelNames: "alertmanager")
        dropped = registry.counters(
            "perch_alertmanager_alerts_dropped_total",
            help: "Alerts that were not sent because too many waited, or because the Alertmanager was gone.", labelNames: "alertmanager")
        waiting = registry.gauges(
            "perch_alertmanager_queue_length", help: "Alerts that wait to be sent.", labelNames: "alertmanager")
        latency = registry.histograms(
            "perch_alertmanager_request_duration_seconds", help: "Time that sending alerts took.", unit: "seconds",
            labelNames: "alertmanager")
    }

    func forget(_ address: String) {
        sent.remove(address)
        errors.remove(address)
        dropped.remove(address)
        waiting.remove(address)
        latency.remove(address)
    }
}
