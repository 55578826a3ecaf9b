internal import AlertModel
internal import AlertRouting
internal import AlertStorage
internal import GoTemplate
internal import HTTPAPI
internal import Logging
internal import NIOPosix
internal import Notifications
internal import PerchMetrics
internal import ServiceLifecycle
internal import Synchronization
internal import TelemetryModel

/// Alerts from wherever they come, on their way to those who are to be told: the router under a lock, a timer for what it waits for, a task for
/// each notification, and what has to survive a restart handed to the storage.
final class AlertService: Service {
    struct State {
        var router: AlertRouter
        var setup: AlertingSetup
        /// What was last told, by group.
        var log: [String: [IntegrationID: NotificationLogEntry]] = [:]
        var posted = PostedAlerts()
        /// Notifications under way.
        var sends: [UInt64: Task<Void, Never>] = [:]
        var timer: Task<Void, Never>?
        var timerDeadline: Timestamp?
        var clock: ClockWatch
        /// Nothing is sent any more.
        var isStopping = false
    }

    let storage: AlertStorage
    let state: Mutex<State>
    let metrics: AlertMetrics
    let logger: Logger
    let blocking: NIOThreadPool
    let startedAt: Timestamp
    private let restored: [Alert]
    let wallClock: @Sendable () -> Timestamp

    /// How long notifications under way may take when the process ends.
    private static let farewell = Duration.seconds(4)
    /// The longest that the timer sleeps, so that a clock that was set is noticed.
    private static let sleepMillisecondsMax: Int64 = 30_000

    init(
        _ setup: AlertingSetup, storage: AlertStorage, blocking: NIOThreadPool, logger: Logger, metrics: MetricRegistry,
        wallClock: @escaping @Sendable () -> Timestamp = SystemClock.now
    ) {
        self.storage = storage
        self.blocking = blocking
        self.logger = logger
        self.metrics = AlertMetrics(metrics)
        self.wallClock = wallClock
        let now = wallClock()
        startedAt = now
        let restored = RestoredAlerts.restored(
            storage.alerts, log: storage.logEntries, aliveAt: storage.lastAliveAt,
            graceMilliseconds: setup.routing.resolveTimeoutMilliseconds, now: now)
        self.restored = restored
        let router = AlertRouter(
            setup.routing, integrations: setup.integrations, silences: storage.silences, log: storage.logEntries,
            zones: AlertService.zones(of: storage.silences), options: RouterOptions(seed: UInt64.random(in: 0...UInt64.max)), now: now)
        var state = State(router: router, setup: setup, clock: ClockWatch(wall: now))
        for entry in storage.logEntries { state.log[entry.key.groupKey, default: [:]][entry.key.integration] = entry }
        state.posted.restore(restored, now: now)
        self.state = Mutex(state)
        self.metrics.register(self, in: metrics)
        self.metrics.prepare(setup.integrations)
    }

    /// The time zones that recurring silences name, as far as the system knows them.
    static func zones(of silences: [Silence]) -> [String: GoTimeZone] {
        var zones: [String: GoTimeZone] = [:]
        for interval in silences.flatMap(\.recurrence) where zones[interval.location] == nil {
            zones[interval.location] = SystemTimeZones.zone(interval.location)
        }
        return zones
    }

    // MARK: Life

    func run() async throws {
        // All at once, so that alerts that keep others back are known before anything is told.
        step { state, now in state.router.receive(restored, now: now) }
        if !restored.isEmpty {
            logger.info("alerts of before the restart are taken up again", metadata: ["alerts": .stringConvertible(restored.count)])
        }
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                lookAround()
                try? await Task.sleep(for: .milliseconds(RestoredAlerts.aliveIntervalMilliseconds))
            }
        }
        await stop()
    }

    /// What is done now and then.
    private func lookAround() {
        let now = wallClock()
        let ended = state.withLock { $0.posted.expire(at: now) }
        storage.record(ended)
        storage.keepAlive(at: now)
    }

    /// Lets notifications under way come to their end for a while, and then breaks them off.
    private func stop() async {
        let sends = state.withLock { state in
            state.isStopping = true
            state.timer?.cancel()
            return Array(state.sends.values)
        }
        let end = Task {
            try? await Task.sleep(for: AlertService.farewell)
            if !Task.isCancelled { for send in sends { send.cancel() } }
        }
        for send in sends { await send.value }
        end.cancel()
        await state.withLock { $0.setup.end }()
    }

    // MARK: Steps

    /// Changes the state, and does what the router asks for because of it. The order in which the storage hears of things is that of the steps.
    func step(_ body: (inout State, Timestamp) -> [RoutingAction]) {
        state.withLock { state in
            let now = wallClock()
            if let jump = state.clock.jump(at: now) { carryOut(state.router.clockMoved(by: jump, now: now), &state) }
            carryOut(body(&state, now), &state)
            schedule(&state, now)
        }
    }

    private func carryOut(_ actions: [RoutingAction], _ state: inout State) {
        var events: [AlertEvent] = []
        for action in actions {
            switch action {
            case .log(let entry):
                storage.keep(entry)
                state.log[entry.key.groupKey, default: [:]][entry.key.integration] = entry
            case .forget(let key):
                storage.forgetLogEntry(key)
                state.log[key.groupKey]?[key.integration] = nil
                if state.log[key.groupKey]?.isEmpty ?? false { state.log[key.groupKey] = nil }
            case .record(let event): events.append(event)
            case .send(let notification, let deadline):
                guard !state.isStopping else { continue }
                let sender = state.setup.sender
                state.sends[notification.id] = Task { [self] in await send(notification, deadline, through: sender) }
            }
        }
        storage.record(events)
    }

    private func schedule(_ state: inout State, _ now: Timestamp) {
        let next = state.router.nextDeadline.map { min($0, now + AlertService.sleepMillisecondsMax) }
        guard !state.isStopping, let next else { return }
        // A timer that rings earlier does no harm, and one that rings later would.
        if let known = state.timerDeadline, known <= next { return }
        state.timer?.cancel()
        state.timerDeadline = next
        let milliseconds = max(1, next - now)
        state.timer = Task { [self] in
            try? await Task.sleep(for: .milliseconds(milliseconds))
            if !Task.isCancelled { ring() }
        }
    }

    private func ring() {
        step { state, now in
            state.timerDeadline = nil
            return state.router.advance(to: now)
        }
    }

    private func send(_ notification: Notification, _ deadline: Timestamp, through sender: (any NotificationSending)?) async {
        let attempt: DeliveryAttempt
        if let sender {
            attempt = await sender.send(notification, deadline: deadline)
        } else {
            let now = wallClock()
            attempt = DeliveryAttempt(
                outcome: .refused, detail: "there is nothing to send with", payload: "", startedAt: now, endedAt: now)
        }
        metrics.note(attempt, of: notification)
        if attempt.outcome != .delivered {
            logger.warning(
                "notification not delivered",
                metadata: [
                    "integration": .string(notification.integration.description), "group": .string(notification.groupKey),
                    "reason": .string(attempt.detail),
                ])
        }
        step { state, now in
            state.sends[notification.id] = nil
            return state.router.finished(notification.id, attempt, now: now)
        }
    }

    // MARK: Configuration

    /// Puts another configuration in force. Notifications under way go on with the one before.
    func apply(_ setup: AlertingSetup) {
        metrics.prepare(setup.integrations)
        var end: @Sendable () async -> Void = {}
        var sends: [Task<Void, Never>] = []
        step { state, now in
            (end, sends) = (state.setup.end, Array(state.sends.values))
            state.setup = setup
            return state.router.reconfigure(setup.routing, integrations: setup.integrations, now: now)
        }
        Task { [end, sends] in
            for send in sends { await send.value }
            await end()
        }
    }

    /// Adds events that rules decided to the history.
    func record(_ events: [AlertEvent]) { storage.record(events) }
}

extension AlertService {
    /// Takes alerts of the rules of this process, which write down themselves what became of them.
    func receive(_ alerts: [Alert]) async {
        metrics.received(alerts, at: wallClock())
        storage.keep(alerts)
        step { state, now in state.router.receive(alerts, now: now) }
    }
}
