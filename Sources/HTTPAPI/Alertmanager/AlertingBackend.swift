public import AlertModel
public import AlertRouting
public import TelemetryModel

/// What answers the APIs of alerts: routing, silences and the history of one process.
public protocol AlertingBackend: Sendable {
    /// Milliseconds since 1970.
    var now: Timestamp { get }
    var status: AlertingStatus { get }

    /// Takes alerts that a program posted. Returns once they are kept, or in memory only where nothing can be written.
    ///
    /// - Parameter invalid: how many others came with them and were refused.
    func receivePosted(_ alerts: [Alert], invalid: Int) async

    /// Alerts that have not ended, sorted by fingerprint.
    func alerts(where isWanted: (Alert) -> Bool) -> [AlertView]
    /// Groups of alerts that have not ended, sorted by their labels and then by receiver.
    func groups(where isWanted: (Alert) -> Bool, ofReceivers isWantedReceiver: (String) -> Bool) -> [AlertGroupView]

    var silences: [Silence] { get }
    func silence(_ id: String) -> Silence?
    /// Puts a silence in force that is new, changed or expired. Returns once it is kept.
    ///
    /// - Throws: ``APIFailure`` `unavailable` where it cannot be kept; it is not in force then.
    func set(_ silence: Silence) async throws(APIFailure)

    /// The route with an id as groups and events name it.
    func route(_ id: String) -> Route?
    /// What was last told of a group, by integration.
    func logEntries(ofGroup groupKey: String) -> [NotificationLogEntry]
    /// Events of the history.
    ///
    /// - Throws: ``APIFailure`` where it cannot be read.
    func history(_ query: AlertHistoryQuery) async throws(APIFailure) -> AlertHistoryResult
}

/// What is in force.
public struct AlertingStatus: Sendable {
    /// One entry of `receivers`.
    public struct Receiver: Sendable, Hashable {
        public var name: String
        /// Sorted by name.
        public var labels: LabelSet
        /// Those through which it is told.
        public var integrations: [IntegrationID]

        public init(name: String, labels: LabelSet = LabelSet(), integrations: [IntegrationID] = []) {
            self.name = name
            self.labels = labels
            self.integrations = integrations
        }
    }

    /// The Alertmanager file as YAML, without secrets.
    public var configuration: String
    /// In the order of the file.
    public var receivers: [Receiver]
    public var startedAt: Timestamp
    public var resolveTimeoutMilliseconds: Int64
    /// The version of Alertmanager that clients are to take this for.
    public var version: String
    /// Perch's own version.
    public var revision: String

    public init(
        configuration: String, receivers: [Receiver], startedAt: Timestamp, resolveTimeoutMilliseconds: Int64, version: String,
        revision: String
    ) {
        self.configuration = configuration
        self.receivers = receivers
        self.startedAt = startedAt
        self.resolveTimeoutMilliseconds = resolveTimeoutMilliseconds
        self.version = version
        self.revision = revision
    }
}
