internal import AlertModel
internal import TelemetryModel

extension AlertRouter {
    /// Lets one integration know of a group, where it needs to.
    mutating func tell(_ channel: Int, of group: inout AlertGroup, _ snapshot: GroupSnapshot) {
        let integration = group.channels[channel].integration
        let key = NotificationLogEntry.Key(groupKey: group.key, integration: integration.id)
        let route = configuration.routes[group.identity.route]
        guard !snapshot.alerts.isEmpty, let reason = reason(for: group.channels[channel], snapshot, key, route.options) else {
            group.channels[channel].settledLook = snapshot.look
            return
        }
        // Ended alerts count as told where they are not wanted, so that they are done with.
        let alerts = integration.sendResolved ? snapshot.alerts : snapshot.alerts.filter { !$0.isResolved(at: snapshot.now) }
        let kept = keptMilliseconds(route.options)
        if alerts.isEmpty {
            group.channels[channel].settledLook = snapshot.look
            group.channels[channel].undelivered.removeAll()
            return write(key, snapshot.firing, snapshot.resolved, kept: kept, now: snapshot.now)
        }
        deliveryCount += 1
        let notification = Notification(
            id: deliveryCount, integration: integration.id, groupKey: group.key, routeID: route.id,
            groupLabels: group.identity.labels, alerts: alerts, now: snapshot.now, reason: reason,
            repeatInterval: route.options.repeatIntervalMilliseconds, routeLabels: route.options.labels)
        let deadline = snapshot.now + route.options.notificationTimeoutMilliseconds
        deliveries[deliveryCount] = Delivery(
            notification: notification, group: group.id, look: snapshot.look, firing: snapshot.firing, resolved: snapshot.resolved,
            deadline: deadline, keptMilliseconds: kept)
        busy[key] = deliveryCount
        actions.append(.send(notification, deadline: deadline))
    }

    private func reason(
        for channel: AlertGroup.Channel, _ snapshot: GroupSnapshot, _ key: NotificationLogEntry.Key, _ options: RouteOptions
    ) -> Notification.Reason? {
        let reason = Deduplication.reason(
            snapshot, told: log[key], sendsResolved: channel.integration.sendResolved,
            repeatIntervalMilliseconds: options.repeatIntervalMilliseconds)
        if reason != nil || channel.undelivered.isEmpty || !channel.integration.sendResolved { return reason }
        // It fired, nobody could be told, and it ended: that much is told.
        return snapshot.resolved.contains { channel.undelivered.contains($0) } ? .resolved : nil
    }

    /// Two repeat intervals, but no longer than the retention, unless that is too short to know of the last notification when the next is due.
    private func keptMilliseconds(_ options: RouteOptions) -> Int64 {
        let interval = options.repeatIntervalMilliseconds
        return min(2 * interval, max(self.options.retentionMilliseconds, interval + 2 * options.groupIntervalMilliseconds))
    }

    /// Notes that somebody was told.
    private mutating func write(
        _ key: NotificationLogEntry.Key, _ firing: [AlertFingerprint], _ resolved: [AlertFingerprint], kept: Int64, now: Timestamp
    ) {
        let entry = NotificationLogEntry(key: key, timestamp: now, firing: firing, resolved: resolved, expiresAt: now + kept)
        log[key] = entry
        actions.append(.log(entry))
    }

    /// Sends once more what could not be delivered.
    mutating func attempt(_ id: UInt64) {
        guard var delivery = deliveries.removeValue(forKey: id) else { return }
        delivery.nextAttempt = nil
        deliveries[id] = delivery
        actions.append(.send(delivery.notification, deadline: delivery.deadline))
    }

    /// Takes what came of an attempt.
    mutating func finish(_ id: UInt64, _ attempt: DeliveryAttempt, now: Timestamp) {
        guard var delivery = deliveries[id], delivery.nextAttempt == nil else { return }
        switch attempt.outcome {
        case .delivered:
            write(delivery.logKey, delivery.firing, delivery.resolved, kept: delivery.keptMilliseconds, now: now)
            record(.notified, delivery, attempt, now: now)
            conclude(delivery, isDelivered: true, now: now)
        case .refused: giveUp(delivery, attempt, now: now)
        case .retry(let after):
            delivery.failures += 1
            // A receiver may ask for a pause, of a year at most.
            let wait = max(backoff.wait(failures: delivery.failures), min(after ?? 0, 31_536_000_000))
            guard now + wait < delivery.deadline, isWanted(delivery) else { return giveUp(delivery, attempt, now: now) }
            // Each attempt is kept for whoever asks. A failure that repeats itself is kept with one alert where there are many.
            let isRepeated = delivery.recordedDetail == attempt.detail
            let isOneForAll = isRepeated && delivery.notification.alerts.count > options.alertsWithEveryAttemptMax
            record(.deliveryFailed, delivery, attempt, of: isOneForAll ? 1 : .max, now: now)
            delivery.recordedDetail = attempt.detail
            delivery.nextAttempt = now + wait
            timers.schedule(.attempt(delivery: id), at: now + wait)
            deliveries[id] = delivery
        }
    }

    /// Whether the integration is still there, and the group to tell it of.
    func isWanted(_ delivery: Delivery) -> Bool {
        guard let id = delivery.group, let group = groups[id] else { return false }
        return group.channels.contains { $0.integration.id == delivery.notification.integration }
    }

    /// Gives up what nobody has answered for long after its deadline, so that no integration is waited for for ever. Whoever sends keeps to the
    /// deadline, so this does not happen unless an answer was lost.
    mutating func abandonOverdue(in group: Int, now: Timestamp) {
        let graceMilliseconds: Int64 = 60_000
        guard let key = groups[group]?.key else { return }
        for integration in groups[group]?.channels.map(\.integration.id) ?? [] {
            guard let id = busy[NotificationLogEntry.Key(groupKey: key, integration: integration)], let delivery = deliveries[id],
                delivery.nextAttempt == nil, delivery.deadline + graceMilliseconds < now
            else { continue }
            let attempt = DeliveryAttempt(
                outcome: .refused, detail: "nobody said what came of it a minute after its deadline", payload: "",
                startedAt: delivery.notification.now, endedAt: now)
            giveUp(delivery, attempt, now: now)
        }
    }

    mutating func giveUp(_ delivery: Delivery, _ attempt: DeliveryAttempt, now: Timestamp) {
        record(.deliveryGivenUp, delivery, attempt, now: now)
        conclude(delivery, isDelivered: false, now: now)
    }

    /// Frees the way for the next notification of the same group through the same integration.
    private mutating func conclude(_ delivery: Delivery, isDelivered: Bool, now: Timestamp) {
        let key = delivery.logKey
        deliveries[delivery.notification.id] = nil
        busy[key] = nil
        if let id = delivery.group, var group = groups.removeValue(forKey: id) {
            if let channel = group.channels.firstIndex(where: { $0.integration.id == key.integration }) {
                if isDelivered {
                    group.channels[channel].settledLook = max(group.channels[channel].settledLook, delivery.look)
                    group.channels[channel].undelivered.removeAll()
                } else {
                    group.channels[channel].undelivered.formUnion(delivery.firing)
                }
            }
            keep(group, now: now)
        }
        tellWaiting(key, now: now)
    }

    /// Keeps for each alert that was sent, or would have been, what became of it; for so many of them at most.
    private mutating func record(
        _ kind: AlertEvent.Kind, _ delivery: Delivery, _ attempt: DeliveryAttempt, of alertsMax: Int = .max, now: Timestamp
    ) {
        let notification = delivery.notification
        let integration = notification.integration
        // Those alerts that have no event of each attempt learn at its end how often it was tried.
        let attempts = kind == .deliveryFailed || delivery.failures < 2 ? "" : ", after \(delivery.failures) failed attempts"
        for alert in notification.alerts.prefix(alertsMax) {
            let state = alert.isResolved(at: notification.now) ? "resolved" : "firing"
            let detail = "\(state) (\(notification.reason.text)\(attempts))" + (attempt.detail.isEmpty ? "" : ": " + attempt.detail)
            actions.append(
                .record(
                    AlertEvent(
                        time: now, kind: kind, labels: alert.labels, routeID: notification.routeID, groupKey: notification.groupKey,
                        receiver: integration.receiver, integration: "\(integration.kind)[\(integration.index)]", detail: detail,
                        payload: attempt.payload)))
        }
    }
}

extension Notification.Reason {
    /// For people.
    fileprivate var text: String {
        switch self {
        case .first: "first notification"
        case .newAlerts: "new alerts"
        case .resolved: "alerts resolved"
        case .repeated: "repeat interval elapsed"
        }
    }
}
