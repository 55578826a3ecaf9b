internal import AlertModel
internal import AlertRouting
internal import ConfigFile
internal import GoTemplate
internal import LabelMatching
internal import TelemetryModel
internal import Testing

/// What an integration was told, or an attempt to tell it.
struct Told: Equatable, CustomStringConvertible {
    var at: Timestamp
    var integration: String
    var groupKey: String
    /// Values of the label `a`, or of `alertname`, of the alerts that fire.
    var firing: [String]
    var resolved: [String]
    var reason: Notification.Reason
    /// Time that went by until then, whatever the clock says, in seconds.
    var time: Double
    /// The same, of the first attempt.
    var since: Double
    /// Whether it is known to have been told.
    var isLogged = true

    var description: String { "\(at) \(integration) \(groupKey) firing \(firing) resolved \(resolved) \(reason)" }
}

/// A router with a clock that stands still until it is moved, and integrations that answer as a test says.
struct RouterHarness {
    var router: AlertRouter
    var now: Timestamp
    /// Every attempt, in order.
    private(set) var attempts: [Told] = []
    /// What was delivered, in order.
    private(set) var told: [Told] = []
    private(set) var events: [AlertEvent] = []
    /// What is durable.
    private(set) var log: [NotificationLogEntry.Key: NotificationLogEntry] = [:]
    /// Attempts whose outcome is not known yet.
    private(set) var pending: [Notification] = []
    /// What becomes of an attempt; nil keeps it pending.
    var answer: @Sendable (Notification, Timestamp) -> DeliveryAttempt.Outcome? = { _, _ in .delivered }
    /// How far the clock was set, all in all.
    private(set) var jumped: Int64 = 0
    /// When each notification was first sent.
    private var firstAttempts: [UInt64: Double] = [:]
    /// By what time, whatever the clock says, an attempt that is pending has to end.
    private var deadlines: [UInt64: Double] = [:]
    /// Silences that are durable.
    private(set) var silences: [String: Silence] = [:]
    /// Checked at each attempt: for one group and integration there is never more than one.
    private var underWay: Set<NotificationLogEntry.Key> = []

    /// - Parameters:
    ///   - yaml: an Alertmanager file; receivers get a webhook each, `name*` one that is not told of ends, `name2` two.
    init(
        _ yaml: String, receivers: [String] = ["r"], silences: [Silence] = [], log: [NotificationLogEntry] = [],
        options: RouterOptions = RouterOptions(), now: Timestamp = RouterHarness.start
    ) throws {
        self.now = now
        router = AlertRouter(
            try RoutingConfiguration(yaml: yaml, receivers: receivers), integrations: Self.integrations(receivers), silences: silences,
            log: log, options: options, now: now)
        for entry in log { self.log[entry.key] = entry }
    }

    /// Some day in March.
    static let start: Timestamp = 1_773_000_000_000

    static func integrations(_ receivers: [String]) -> [String: [IntegrationSettings]] {
        var result: [String: [IntegrationSettings]] = [:]
        for receiver in receivers {
            result[receiver] = (0..<(receiver.hasSuffix("2") ? 2 : 1)).map { index in
                IntegrationSettings(
                    id: IntegrationID(receiver: receiver, kind: "webhook", index: index), sendResolved: !receiver.hasSuffix("*"))
            }
        }
        return result
    }

    /// Seconds since the start.
    var elapsed: Timestamp { (now - Self.start) / 1000 }

    mutating func receive(_ alerts: [Alert]) { carryOut(router.receive(alerts, now: now)) }

    mutating func set(_ silence: Silence) {
        silences[silence.id] = silence
        carryOut(router.set(silence, now: now))
    }

    /// The process dies and comes again, with what is durable. Attempts under way are lost; nobody knows whether they got through.
    ///
    /// - Parameter gotThrough: whether a receiver got one that is lost.
    mutating func restart(_ yaml: String, receivers: [String], gotThrough: (Notification) -> Bool = { _ in false }) throws {
        for notification in pending where gotThrough(notification) {
            told.append(Told(notification, at: now, time: time, since: since(notification), isLogged: false))
        }
        pending = []
        underWay = []
        firstAttempts = [:]
        router = AlertRouter(
            try RoutingConfiguration(yaml: yaml, receivers: receivers), integrations: Self.integrations(receivers),
            silences: Array(silences.values), log: Array(log.values), now: now)
    }

    mutating func reconfigure(_ yaml: String, receivers: [String] = ["r"]) throws {
        carryOut(
            router.reconfigure(
                try RoutingConfiguration(yaml: yaml, receivers: receivers), integrations: Self.integrations(receivers), now: now))
    }

    private func since(_ notification: Notification) -> Double { firstAttempts[notification.id] ?? time }

    /// Time that went by, whatever the clock says, in seconds.
    var time: Double { Double(now - jumped - Self.start) / 1000 }

    mutating func clockMoved(by milliseconds: Int64) {
        now += milliseconds
        jumped += milliseconds
        carryOut(router.clockMoved(by: milliseconds, now: now))
    }

    /// Lets time go by, with everything done when it is due.
    mutating func pass(seconds: Double) {
        let end = now + Int64(seconds * 1000)
        while let next = router.nextDeadline, next <= end {
            now = max(now, next)
            carryOut(router.advance(to: now))
        }
        now = end
        carryOut(router.advance(to: now))
    }

    /// Ends the oldest attempt that is pending.
    mutating func finishPending(_ outcome: DeliveryAttempt.Outcome) {
        guard !pending.isEmpty else { return }
        finish(pending.removeFirst(), outcome)
    }

    /// Ends the attempts that are pending although their time is over, as whoever sends does.
    mutating func finishOverdue() {
        for notification in pending where (deadlines[notification.id] ?? 0) <= time {
            pending.removeAll { $0.id == notification.id }
            finish(notification, .retry(after: nil))
        }
    }

    private mutating func finish(_ notification: Notification, _ outcome: DeliveryAttempt.Outcome) {
        underWay.remove(NotificationLogEntry.Key(groupKey: notification.groupKey, integration: notification.integration))
        if outcome == .delivered { told.append(Told(notification, at: now, time: time, since: since(notification))) }
        let attempt = DeliveryAttempt(outcome: outcome, detail: "answer", payload: "sent", startedAt: now, endedAt: now)
        carryOut(router.finished(notification.id, attempt, now: now))
    }

    private mutating func carryOut(_ actions: [RoutingAction]) {
        for action in actions {
            switch action {
            case .send(let notification, let deadline):
                deadlines[notification.id] = time + Double(deadline - now) / 1000
                if firstAttempts[notification.id] == nil { firstAttempts[notification.id] = time }
                attempts.append(Told(notification, at: now, time: time, since: since(notification)))
                #expect(deadline > now)
                #expect(!notification.alerts.isEmpty)
                let key = NotificationLogEntry.Key(groupKey: notification.groupKey, integration: notification.integration)
                #expect(underWay.insert(key).inserted, "two notifications on their way for one group and integration")
                if let outcome = answer(notification, now) { finish(notification, outcome) } else { pending.append(notification) }
            case .log(let entry): log[entry.key] = entry
            case .forget(let key): log[key] = nil
            case .record(let event): events.append(event)
            }
        }
    }

    mutating func forgetTold() {
        told = []
        attempts = []
        events = []
    }
}

extension Told {
    init(_ notification: Notification, at now: Timestamp, time: Double, since: Double, isLogged: Bool = true) {
        func names(_ alerts: [Alert]) -> [String] { alerts.map { $0.labels["a"] ?? $0.name } }
        self.init(
            at: (now - RouterHarness.start) / 1000, integration: "\(notification.integration)", groupKey: notification.groupKey,
            firing: names(notification.alerts.filter { !$0.isResolved(at: notification.now) }),
            resolved: names(notification.alerts.filter { $0.isResolved(at: notification.now) }), reason: notification.reason, time: time,
            since: since, isLogged: isLogged)
    }

    /// `firing; resolved` with names joined.
    var content: String { firing.joined(separator: ",") + ";" + resolved.joined(separator: ",") }
}

extension RoutingConfiguration {
    /// Reads a file whose other keys do not matter.
    init(yaml: String, receivers: [String]) throws {
        let document = try ConfigDocument(parsing: yaml, file: "am.yml")
        self = try document.root.mapping { (mapping) throws(ConfigError) in
            // What only Alertmanager is asked for.
            for key in ["global", "receivers"] { _ = mapping.node(key) }
            return try RoutingConfiguration.read(&mapping, receivers: receivers) { TestZones.zone($0) }
        }
    }
}

/// Zones of which a test knows all that counts.
enum TestZones {
    static func zone(_ name: String) -> GoTimeZone? {
        switch name {
        case "", "UTC", "Local": .utc
        case "Test/Berlin": berlin
        case "Test/NewYork": newYork
        default: nil
        }
    }

    static let all = ["Test/Berlin": berlin, "Test/NewYork": newYork]

    /// Central Europe in 2026: summer from March 29 to October 25, both at 01:00 UTC.
    static let berlin = GoTimeZone(
        name: "Test/Berlin",
        periods: [
            GoTimeZone.Period(start: .min, offsetSeconds: 3600, abbreviation: "CET"),
            GoTimeZone.Period(start: 1_774_746_000, offsetSeconds: 7200, abbreviation: "CEST"),
            GoTimeZone.Period(start: 1_792_890_000, offsetSeconds: 3600, abbreviation: "CET"),
        ])

    /// The east of the United States in 2026: summer from March 8, 07:00 UTC, to November 1, 06:00 UTC.
    static let newYork = GoTimeZone(
        name: "Test/NewYork",
        periods: [
            GoTimeZone.Period(start: .min, offsetSeconds: -18_000, abbreviation: "EST"),
            GoTimeZone.Period(start: 1_772_953_200, offsetSeconds: -14_400, abbreviation: "EDT"),
            GoTimeZone.Period(start: 1_793_512_800, offsetSeconds: -18_000, abbreviation: "EST"),
        ])
}

extension RouterHarness {
    /// An alert with the label `a` that has fired since now, or since so many seconds.
    func alert(_ name: String, _ labels: [(String, String)] = [], firingFor seconds: Int64 = 0) -> Alert {
        Alert(
            labels: LabelSet([("alertname", "Down"), ("a", name)] + labels), startsAt: now - seconds * 1000, endsAt: now + 86_400_000,
            updatedAt: now)
    }

    /// The same alert, ended now.
    func ended(_ alert: Alert) -> Alert {
        var alert = alert
        alert.endsAt = now
        alert.updatedAt = now
        return alert
    }

    func silence(
        _ id: String, _ matchers: String, from start: Double = 0, seconds: Double = 3600, recurrence: [TimeInterval] = []
    ) throws -> Silence {
        Silence(
            id: id, matchers: try MatcherSyntax.parse(matchers), startsAt: now + Int64(start * 1000),
            endsAt: now + Int64((start + seconds) * 1000), updatedAt: now, createdBy: "me", comment: "why", recurrence: recurrence)
    }
}
