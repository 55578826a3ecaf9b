public import AlertModel
internal import AlertRouting
public import ConfigFile
internal import NIOCore
internal import Synchronization
public import TelemetryModel

/// Sends notifications through the receivers of an Alertmanager file.
///
/// Notifications do not wait for each other: each is sent in the task of its caller, and a receiver that hangs holds up nobody else. Secrets are
/// read when they are needed, and show in no attempt.
public final class NotificationSender: NotificationSending {
    private let templates: NotificationTemplates
    private let externalURL: String
    private let senders: [IntegrationID: any IntegrationSender]
    private let timeouts: [IntegrationID: Int64]
    /// The labels of routes that have some, by the route's id.
    private let routeLabels: [String: [Label]]
    private let client: ReceiverClient

    /// Reads the files with templates.
    ///
    /// - Parameter externalURL: how people reach this Perch, without a slash at its end.
    /// - Throws: ``ConfigError`` where a file with templates cannot be read or is none.
    public init(_ configuration: AlertmanagerConfiguration, externalURL: String) throws(ConfigError) {
        templates = try configuration.loadTemplates()
        self.externalURL = externalURL.hasSuffix("/") ? String(externalURL.dropLast()) : externalURL
        let client = ReceiverClient()
        self.client = client
        senders = configuration.settings.mapValues { $0.makeSender(client) }
        timeouts = configuration.settings.compactMapValues { $0.timeout > 0 ? $0.timeout : nil }
        routeLabels = Dictionary(
            configuration.routing.routes.filter { !$0.options.labels.isEmpty }.map { ($0.id, $0.options.labels) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Ends what is under way and closes all connections. Nothing can be sent afterwards.
    public func shutdown() async { await client.shutdown() }

    public func send(_ notification: Notification, deadline: Timestamp) async -> DeliveryAttempt {
        let start = WallClock.milliseconds
        guard let sender = senders[notification.integration] else {
            return DeliveryAttempt(
                outcome: .refused, detail: "the configuration has no integration \(notification.integration)", payload: "",
                startedAt: start, endedAt: start)
        }
        let time = min(max(0, deadline - start), timeouts[notification.integration] ?? .max)
        let deadline = NIODeadline.now() + .milliseconds(min(time, 86_400_000))
        let delivery = Delivery(notification, expander(notification), deadline: deadline)
        var outcome = DeliveryAttempt.Outcome.delivered
        var detail: String
        do throws(DeliveryFailure) {
            detail = try await Deadline.run(until: deadline) { () async throws(DeliveryFailure) in try await sender.send(delivery) }
        } catch {
            detail = error.description
            outcome = error.isRetried ? .retry(after: error.retryAfter) : .refused
        }
        return DeliveryAttempt(
            outcome: outcome, detail: delivery.clean(detail), payload: delivery.payload, startedAt: start, endedAt: WallClock.milliseconds)
    }

    private func expander(_ notification: Notification) -> TemplateExpander {
        var data = NotificationData(notification, externalURL: externalURL)
        if let labels = routeLabels[notification.routeID] {
            let plain = templates.expander(data)
            // What is no template stays as it is written, which shows what is wrong with it.
            data.routeLabels = labels.map { Label(name: $0.name, value: (try? plain.text($0.value)) ?? $0.value) }
        }
        return templates.expander(data)
    }
}

/// Ends what takes too long.
enum Deadline {
    /// What a body gives, unless the deadline comes first: the body is cancelled then.
    static func run<Value: Sendable>(
        until deadline: NIODeadline, _ body: @escaping @Sendable () async throws(DeliveryFailure) -> Value
    ) async throws(DeliveryFailure) -> Value {
        let result = await withTaskGroup(of: Result<Value, DeliveryFailure>?.self) { group in
            group.addTask {
                do throws(DeliveryFailure) { return .success(try await body()) } catch { return .failure(error) }
            }
            group.addTask {
                let time = deadline - .now()
                try? await Task.sleep(for: .nanoseconds(max(0, time.nanoseconds)))
                return nil
            }
            let first = await group.next()
            group.cancelAll()
            return first ?? nil
        }
        guard let result else {
            if Task.isCancelled { throw .canceled }
            throw .timeout("the receiver")
        }
        return try result.get()
    }
}
