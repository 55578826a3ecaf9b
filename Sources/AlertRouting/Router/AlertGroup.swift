internal import AlertModel
internal import TelemetryModel

/// What tells a group from others while one configuration is in force.
struct GroupIdentity: Sendable, Hashable {
    var route: Int
    var labels: LabelSet
}

/// What keeps an alert of a group from being told.
enum Suppression: Sendable, Hashable {
    /// Names of time intervals.
    case muted([String])
    case inhibited(AlertFingerprint)
    /// Ids of silences.
    case silenced([String])
}

/// Alerts of one route that are told of together.
struct AlertGroup: Sendable {
    struct Member: Sendable {
        /// The number in the table.
        let alert: Int
        /// The look at the group at which it was first seen as ended, and the version of the alert that was.
        var ended: (look: UInt64, version: UInt64)?
        var suppression: Suppression?
    }

    /// One integration of the receiver, which goes its own way.
    struct Channel: Sendable {
        let integration: IntegrationSettings
        /// The last look at the group whose news it was told, or needed not be told.
        var settledLook: UInt64 = 0
        /// Alerts that fired and of which it could not be told.
        var undelivered: Set<AlertFingerprint> = []
    }

    let id: Int
    let identity: GroupIdentity
    /// Alertmanager's text for it.
    let key: String
    /// In the order of notifications.
    var members: [Member] = []
    var channels: [Channel]
    var nextFlush: Timestamp
    var hasBeenFlushed = false

    /// Where an alert is, or would be, among the members.
    func place(of order: AlertOrder, in table: AlertTable) -> Int {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            if table.entries[members[middle].alert].order < order { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A group as it is at one look at it, without what is kept back.
struct GroupSnapshot: Sendable {
    /// Tells this look from all others; grows.
    var look: UInt64
    var now: Timestamp
    var alerts: [Alert] = []
    /// Sorted.
    var firing: [AlertFingerprint] = []
    /// Sorted.
    var resolved: [AlertFingerprint] = []
}

/// A notification that is on its way.
struct Delivery: Sendable {
    var notification: Notification
    var group: Int?
    var look: UInt64
    var firing: [AlertFingerprint]
    var resolved: [AlertFingerprint]
    var deadline: Timestamp
    /// How long the entry about it is kept.
    var keptMilliseconds: Int64
    var failures = 0
    /// What the failure that was recorded last said.
    var recordedDetail: String?
    /// When the next attempt is made; nil while one is under way.
    var nextAttempt: Timestamp?

    var logKey: NotificationLogEntry.Key {
        NotificationLogEntry.Key(groupKey: notification.groupKey, integration: notification.integration)
    }
}
