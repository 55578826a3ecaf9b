public import AlertModel
public import GoTemplate
public import TelemetryModel

/// Decides who is told of which alert and when, as Alertmanager does. A pure state machine: time comes in as an argument, what is to be done
/// goes out as ``RoutingAction``s, and the same calls give the same actions.
///
/// Every call takes `now`, the time of day in milliseconds since 1970. It may stand still but not run backwards: a call whose time is before
/// that of an earlier one is taken to happen at that time. Where the clock of the machine was set, ``clockMoved(by:now:)`` says so.
public struct AlertRouter: Sendable {
    var configuration: RoutingConfiguration
    var integrations: [String: [IntegrationSettings]]
    let options: RouterOptions
    private var known: [LabelSet: Alert] = [:]
    private var silencesByID: [String: Silence] = [:]

    /// Starts with what is durable: silences and the notification log. Alerts come again from whoever found them.
    ///
    /// - Parameters:
    ///   - integrations: by receiver; one that is not there is told nothing.
    ///   - zones: the time zones that recurring silences name. Without its zone a silence's recurrence never holds.
    public init(
        _ configuration: RoutingConfiguration, integrations: [String: [IntegrationSettings]], silences: [Silence],
        log: [NotificationLogEntry], zones: [String: GoTimeZone] = [:], options: RouterOptions = RouterOptions(), now: Timestamp
    ) {
        self.configuration = configuration
        self.integrations = integrations
        self.options = options
        for silence in silences { silencesByID[silence.id] = silence }
    }

    /// Takes alerts that are new, that are still there or that have ended. See ``Alert/normalised(_:now:resolveTimeoutMilliseconds:)`` for those that
    /// come from outside.
    public mutating func receive(_ alerts: [Alert], now: Timestamp) -> [RoutingAction] {
        for alert in alerts { known[alert.labels] = alert }
        return []
    }

    /// Does what is due by now. To be called at ``nextDeadline``; earlier and later calls do no harm.
    public mutating func advance(to now: Timestamp) -> [RoutingAction] { [] }

    /// When ``advance(to:)`` has something to do; nil where only another call can change that. It may change with every call.
    public var nextDeadline: Timestamp? { nil }

    /// Takes what came of an attempt to send; to be called exactly once for each ``RoutingAction/send(_:deadline:)``.
    public mutating func finished(_ id: UInt64, _ attempt: DeliveryAttempt, now: Timestamp) -> [RoutingAction] { [] }

    /// Takes a silence that is new, changed or expired; of one that is known by its id the newer holds.
    public mutating func set(_ silence: Silence, zones: [String: GoTimeZone] = [:], now: Timestamp) -> [RoutingAction] {
        silencesByID[silence.id] = silence
        return []
    }

    /// Takes another configuration. Groups are made anew of the alerts that are known; what the notification log says keeps anybody from
    /// being told twice.
    public mutating func reconfigure(
        _ configuration: RoutingConfiguration, integrations: [String: [IntegrationSettings]], now: Timestamp
    ) -> [RoutingAction] {
        self.configuration = configuration
        self.integrations = integrations
        return []
    }

    /// Says that the clock was set: what `now` says jumped by so many milliseconds at this call, forwards or (negative) backwards, without as
    /// much time going by. Waits, pauses, repeat intervals and the ends of alerts move along, so nothing is told earlier, later or twice.
    public mutating func clockMoved(by milliseconds: Int64, now: Timestamp) {}

    /// The alerts that have not ended, sorted by fingerprint.
    ///
    /// - Parameter isWanted: is asked before the state is found out, which costs more.
    public mutating func alerts(at now: Timestamp, where isWanted: (Alert) -> Bool = { _ in true }) -> [AlertView] { [] }

    /// The groups with alerts that have not ended, sorted by their labels and then by receiver.
    public mutating func groups(
        at now: Timestamp, where isWanted: (Alert) -> Bool = { _ in true }, ofReceivers isWantedReceiver: (String) -> Bool = { _ in true }
    ) -> [AlertGroupView] { [] }

    /// All silences that are kept, expired ones among them; in no particular order.
    public var silences: [Silence] { Array(silencesByID.values) }

    public func silence(_ id: String) -> Silence? { silencesByID[id] }

    /// The configuration in force.
    public var currentConfiguration: RoutingConfiguration { configuration }
}
