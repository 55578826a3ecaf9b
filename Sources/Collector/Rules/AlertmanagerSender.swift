internal import AlertModel
internal import CivilCalendar
internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import OutboundHTTP
internal import PerchMetrics
internal import Relabeling
internal import Synchronization
internal import TelemetryModel

/// Sends alerts to one Alertmanager, from a queue of bounded length. An attempt that fails is not made again: rules tell of alerts that
/// fire, and of those that ended, again and again.
final class AlertmanagerSender: Sendable {
    struct Environment: Sendable {
        var eventLoopGroup: any EventLoopGroup
        var threadPool: NIOThreadPool
        var userAgent: String
        var logger: Logger
        var metrics: AlertmanagerMetrics
    }

    let address: String
    let settings: AlertmanagerSettings
    private let client: OutboundClient
    private let environment: Environment
    private let queue = Mutex(AlertQueue())
    private let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// - Throws: where the TLS settings cannot be used.
    init(address: String, settings: AlertmanagerSettings, environment: Environment) throws {
        self.address = address
        self.settings = settings
        self.environment = environment
        client = try OutboundClient(
            settings.client, userAgent: environment.userAgent, connectMilliseconds: settings.timeoutMilliseconds,
            eventLoopGroup: environment.eventLoopGroup, threadPool: environment.threadPool)
        (wakeups, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        task.withLock { $0 = Task { [weak self, wakeups] in for await _ in wakeups { await self?.sendAll() } } }
    }

    func add(_ alerts: [Alert]) {
        let kept = alerts.compactMap { alert in
            settings.alertRules.apply(to: alert.labels).map { labels in
                var alert = alert
                alert.labels = labels
                return alert
            }
        }
        if kept.isEmpty { return }
        let (dropped, count) = queue.withLock { queue in (queue.add(kept), queue.count) }
        note(waiting: count, dropped: dropped)
        wake.yield()
    }

    private func note(waiting: Int, dropped: Int) {
        environment.metrics.waiting.with(address).set(Double(waiting))
        guard dropped > 0 else { return }
        environment.metrics.dropped.with(address).increment(by: dropped)
        environment.logger.warning(
            "alerts are dropped because too many wait for an Alertmanager",
            metadata: ["alertmanager": .string(address), "count": .stringConvertible(dropped)])
    }

    private func sendAll() async {
        while !Task.isCancelled {
            let (batch, left) = queue.withLock { ($0.next(), $0.count) }
            environment.metrics.waiting.with(address).set(Double(left))
            if batch.isEmpty { return }
            await send(batch)
        }
    }

    private func send(_ alerts: [Alert]) async {
        let start = ContinuousClock.now
        let metrics = environment.metrics
        do {
            let request = OutboundRequest(
                .POST, address, headers: ["content-type": "application/json"], body: try AlertBody.json(alerts))
            let response = try await client.send(request, timeoutMilliseconds: settings.timeoutMilliseconds)
            guard (200..<300).contains(response.status) else { throw AlertRefusal(response) }
            metrics.sent.with(address).increment(by: alerts.count)
        } catch {
            metrics.errors.with(address).increment(by: alerts.count)
            environment.logger.error(
                "alerts could not be sent to an Alertmanager",
                metadata: [
                    "alertmanager": .string(address), "count": .stringConvertible(alerts.count),
                    "reason": .string(String(describing: error)),
                ])
        }
        let duration = (ContinuousClock.now - start).components
        metrics.latency.with(address).record(Double(duration.seconds) + Double(duration.attoseconds) / 1e18)
    }

    /// Ends sending; what waits is dropped.
    func stop() async {
        wake.finish()
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
        await client.shutdown()
        environment.metrics.forget(address)
    }
}

/// The alerts that wait for one Alertmanager, the oldest first.
struct AlertQueue: Sendable {
    static let capacity = 10_000
    static let batchMax = 64

    private var alerts: [Alert] = []

    var count: Int { alerts.count }

    /// Adds alerts. Where too many wait, the oldest give way.
    ///
    /// - Returns: how many are dropped.
    mutating func add(_ more: [Alert]) -> Int {
        alerts += more
        let dropped = max(0, alerts.count - AlertQueue.capacity)
        alerts.removeFirst(dropped)
        return dropped
    }

    /// Takes the next alerts to send; none where none wait.
    mutating func next() -> [Alert] {
        let batch = Array(alerts.prefix(AlertQueue.batchMax))
        alerts.removeFirst(batch.count)
        return batch
    }
}

/// An answer that says that alerts were not taken.
private struct AlertRefusal: Error, CustomStringConvertible {
    let description: String

    init(_ response: OutboundResponse) {
        let text = String(decoding: response.body.prefix(300), as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        description = "the answer has status \(response.status): \(text)"
    }
}

/// The body of `POST /api/v2/alerts`.
enum AlertBody {
    private struct PostableAlert: Encodable {
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL: String
    }

    static func json(_ alerts: [Alert]) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(
            try encoder.encode(
                alerts.map { alert in
                    PostableAlert(
                        labels: Dictionary(alert.labels.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
                        annotations: Dictionary(alert.annotations.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
                        startsAt: RFC3339.text(CivilTime(milliseconds: alert.startsAt), fraction: .digits(3)),
                        endsAt: RFC3339.text(CivilTime(milliseconds: alert.endsAt), fraction: .digits(3)),
                        generatorURL: alert.generatorURL)
                }))
    }
}
