public import AlertModel
public import GoTemplate
public import TelemetryModel

/// Decides who is told of which alert and when, as Alertmanager does. A pure state machine: time comes in as an argument, what is to be done
/// goes out as ``RoutingAction``s, and the same calls give the same actions.
///
/// Every call takes `now`, the time of day in milliseconds since 1970, and does what is due by then. Calls may come a little out of order: one whose
/// time is before that of an earlier one is taken to happen at that time. Where the clock of the machine was set,
/// ``clockMoved(by:now:)`` says so; a step backwards of more than five seconds is taken for that even if nobody does.
///
/// What is told at least once, and what is not: a notification is logged when it was delivered, so a crash between both makes it go out again.
/// One that could not be delivered until the next flush of its group is tried again then, as long as there is something to tell; an alert that
/// fired and ended in the meantime is still told of as ended to integrations that want to know of ends, where Alertmanager would stay silent. What
/// silences, inhibition and time intervals keep back is not made up for: an alert that ends while it is kept back ends untold.
///
/// Different from Alertmanager on purpose:
/// - Each integration of a receiver goes its own way. In Alertmanager the next flush of a group waits for the slowest of them.
/// - An end that was told is not told again because its sender repeats it, or after a reload.
/// - Alerts of one call that are old enough to be told at once are told together.
/// - A reload starts no wait anew, and does not break off what is on its way.
public struct AlertRouter: Sendable {
    /// A step back of the clock that can only be one, in milliseconds; less is calls that overtook each other.
    private static let clockStepMin: Int64 = 5000

    /// The configuration in force.
    public internal(set) var configuration: RoutingConfiguration
    var integrations: [String: [IntegrationSettings]]
    let options: RouterOptions
    /// The latest time that a call named.
    var lastNow: Timestamp
    /// Before this nobody is told anything.
    var startsAt: Timestamp

    var table = AlertTable()
    var silenceTable = SilenceTable()
    var inhibition: InhibitionIndex
    /// Grows with each change of alerts or time, for what was found out before.
    var revision: UInt64 = 0

    var groups: [Int: AlertGroup] = [:]
    var groupIDs: [GroupIdentity: Int] = [:]
    var groupCount = 0
    var lookCount: UInt64 = 0

    var log: [NotificationLogEntry.Key: NotificationLogEntry] = [:]
    var deliveries: [UInt64: Delivery] = [:]
    var deliveryCount: UInt64 = 0
    /// The delivery that is on its way for a group and an integration.
    var busy: [NotificationLogEntry.Key: UInt64] = [:]
    /// Groups that were due while it was, in the order in which they were.
    var waiting: [NotificationLogEntry.Key: [Int]] = [:]

    var timers = TimerQueue()
    var backoff: Backoff
    /// What the call under way asks for.
    var actions: [RoutingAction] = []

    /// Starts with what is durable: silences and the notification log. Alerts come again from whoever found them.
    ///
    /// - Parameters:
    ///   - integrations: by receiver; one that is not there is told nothing.
    ///   - log: entries from the future are taken to be of now.
    ///   - zones: the time zones that recurring silences name. Without its zone a silence's recurrence never holds.
    public init(
        _ configuration: RoutingConfiguration, integrations: [String: [IntegrationSettings]], silences: [Silence],
        log: [NotificationLogEntry], zones: [String: GoTimeZone] = [:], options: RouterOptions = RouterOptions(), now: Timestamp
    ) {
        self.configuration = configuration
        self.integrations = integrations
        self.options = options
        lastNow = now
        startsAt = now + options.startDelayMilliseconds
        inhibition = InhibitionIndex(configuration.inhibitRules)
        backoff = Backoff(seed: options.seed)
        silenceTable.zones = zones
        for silence in silences { silenceTable.set(silence) }
        for entry in log {
            var entry = entry
            entry.timestamp = min(entry.timestamp, now)
            entry.firing.sort()
            entry.resolved.sort()
            self.log[entry.key] = entry
        }
        timers.schedule(.collection, at: now + options.collectionIntervalMilliseconds)
    }

    /// Takes alerts that are new, that are still there or that have ended. Those that come from outside go through
    /// ``AlertModel/Alert/normalised(_:now:resolveTimeoutMilliseconds:)`` first.
    public mutating func receive(_ alerts: [Alert], now: Timestamp) -> [RoutingAction] {
        call(at: now) { router, now in
            for alert in alerts { router.take(alert.bounded(), now: now) }
        }
    }

    /// Does what is due by now. To be called at ``nextDeadline``; earlier and later calls do no harm.
    public mutating func advance(to now: Timestamp) -> [RoutingAction] { call(at: now) { _, _ in } }

    /// When ``advance(to:)`` may have something to do; nil where only another call can change that. It may change with every call.
    public var nextDeadline: Timestamp? { timers.next }

    /// Takes what came of an attempt to send; to be called exactly once for each ``RoutingAction/send(_:deadline:)``.
    public mutating func finished(_ id: UInt64, _ attempt: DeliveryAttempt, now: Timestamp) -> [RoutingAction] {
        call(at: now) { router, now in router.finish(id, attempt, now: now) }
    }

    /// Takes a silence that is new, changed or expired, in place of what was known under its id.
    ///
    /// Groups are looked at again when they are due, not at once, as in Alertmanager.
    ///
    /// - Parameter zones: the time zones that its recurrence names.
    public mutating func set(_ silence: Silence, zones: [String: GoTimeZone] = [:], now: Timestamp) -> [RoutingAction] {
        call(at: now) { router, _ in
            router.silenceTable.zones.merge(zones) { _, new in new }
            router.silenceTable.set(silence)
        }
    }

    /// Takes another configuration. Groups are made anew of the alerts that are known; what the notification log says keeps anybody from
    /// being told twice.
    public mutating func reconfigure(
        _ configuration: RoutingConfiguration, integrations: [String: [IntegrationSettings]], now: Timestamp
    ) -> [RoutingAction] {
        call(at: now) { router, now in router.apply(configuration, integrations, now: now) }
    }

    /// Says that the clock was set: what `now` says jumped by so many milliseconds at this call, forwards or (negative) backwards, without as
    /// much time going by. Waits, pauses, repeat intervals and the ends of alerts move along, so nothing is told earlier, later or twice.
    /// Silences and time intervals are set by people for times of day, and stay where they are.
    ///
    /// - Parameter now: the time after the jump.
    public mutating func clockMoved(by milliseconds: Int64, now: Timestamp) -> [RoutingAction] {
        call(at: now, clockMovedBy: milliseconds) { _, _ in }
    }

    /// All silences that are kept, expired ones among them; in no particular order.
    public var silences: [Silence] { silenceTable.all }

    public func silence(_ id: String) -> Silence? { silenceTable[id] }

    /// Everything from outside comes through here: the clock first, then what the call is about, then what is due.
    private mutating func call(
        at time: Timestamp, clockMovedBy step: Int64? = nil, _ body: (inout AlertRouter, Timestamp) -> Void
    ) -> [RoutingAction] {
        let step = step ?? (time < lastNow - Self.clockStepMin ? time - lastNow : 0)
        if step != 0 { shift(by: step) }
        if time > lastNow { lastNow = time }
        revision += 1
        let now = lastNow
        body(&self, now)
        while let (event, time) = timers.popDue(at: now) {
            switch event {
            case .flush(let group): if groups[group]?.nextFlush == time { flush(group, now: now) }
            case .attempt(let delivery): if deliveries[delivery]?.nextAttempt == time { attempt(delivery) }
            case .collection: collect(now: now)
            }
        }
        defer { actions = [] }
        return actions
    }
}
