public import AlertModel
public import TelemetryModel

/// What ``AlertRouter`` asks of the outside. Actions are carried out in order.
public enum RoutingAction: Sendable, Hashable {
    /// Send this, giving up at the deadline, and say with ``AlertRouter/finished(_:_:now:)`` what came of it.
    /// At most one notification for one group and integration is under way at a time.
    case send(Notification, deadline: Timestamp)
    /// Keep this: it says that a notification was delivered. Until it is durable, a crash makes that notification go out once more.
    case log(NotificationLogEntry)
    /// Nobody asks for this entry any more.
    case forget(NotificationLogEntry.Key)
    /// Keep this for whoever asks why.
    case record(AlertEvent)
}
