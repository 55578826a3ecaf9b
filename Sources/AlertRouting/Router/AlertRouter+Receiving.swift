internal import AlertModel
internal import TelemetryModel

extension AlertRouter {
    /// Takes news of one alert.
    ///
    /// Senders repeat that an alert has ended for a while. It is then a member of the groups that have to be told yet, and no other has to.
    mutating func take(_ alert: Alert, now: Timestamp) {
        revision += 1
        guard let id = table.id(of: alert.labels) else {
            let id = table.insert(alert)
            route(id)
            return place(id, now: now)
        }
        let old = table.entries[id].alert
        let new = old.updated(by: alert, now: now)
        table.entries[id].alert = new
        guard !new.isResolved(at: now) else { return }
        if old.isResolved(at: now) { table.entries[id].version += 1 }
        place(id, now: now)
    }

    /// Finds out what the configuration has to say of an alert.
    mutating func route(_ id: Int) {
        let labels = table.entries[id].alert.labels
        let routes = configuration.routes(for: labels).map(\.index)
        table.entries[id].routes = routes
        table.entries[id].groups = Array(repeating: nil, count: routes.count)
        table.entries[id].targets = inhibition.targets(labels)
        inhibition.insert(id, labels)
    }

    /// Makes an alert a member of the groups that it belongs to and is no member of; one that has ended only where somebody was told that it
    /// fires, or as `isMember` says.
    mutating func place(_ id: Int, now: Timestamp, isMember: (GroupIdentity) -> Bool = { _ in false }) {
        let isResolved = table.entries[id].alert.isResolved(at: now)
        for (index, group) in table.entries[id].groups.enumerated() where group == nil {
            let route = configuration.routes[table.entries[id].routes[index]]
            let identity = GroupIdentity(route: route.index, labels: route.groupLabels(of: table.entries[id].alert.labels))
            if isResolved, !isMember(identity), !isToldToFire(id, identity, route) { continue }
            table.entries[id].groups[index] = join(id, identity, route, now: now)
        }
    }

    private func isToldToFire(_ id: Int, _ identity: GroupIdentity, _ route: Route) -> Bool {
        let key = route.groupKey(of: identity.labels)
        return (integrations[route.options.receiver] ?? []).contains { integration in
            log[NotificationLogEntry.Key(groupKey: key, integration: integration.id)]?.firing.contains(table.entries[id].fingerprint)
                ?? false
        }
    }

    /// - Returns: the group.
    private mutating func join(_ id: Int, _ identity: GroupIdentity, _ route: Route, now: Timestamp) -> Int {
        let alert = table.entries[id].alert
        let groupID: Int
        if let known = groupIDs[identity] {
            groupID = known
        } else {
            groupID = makeGroup(identity, route, now: now)
        }
        guard var group = groups.removeValue(forKey: groupID) else { preconditionFailure("BUG: a group without its contents") }
        group.members.insert(
            AlertGroup.Member(alert: id), at: group.place(of: table.entries[id].order, in: table))
        // An alert that has waited as long as the group would wait is told at once.
        if !group.hasBeenFlushed, alert.startsAt + route.options.groupWaitMilliseconds < now {
            schedule(&group, at: max(now, startsAt))
        }
        if !alert.isResolved(at: now) { record(.grouped, id, group, now: now) }
        groups[groupID] = group
        return groupID
    }

    private mutating func makeGroup(_ identity: GroupIdentity, _ route: Route, now: Timestamp) -> Int {
        groupCount += 1
        var group = AlertGroup(
            id: groupCount, identity: identity, key: route.groupKey(of: identity.labels),
            channels: (integrations[route.options.receiver] ?? []).map { AlertGroup.Channel(integration: $0) },
            nextFlush: .max)
        schedule(&group, at: max(now + route.options.groupWaitMilliseconds, startsAt))
        groups[group.id] = group
        groupIDs[identity] = group.id
        return group.id
    }

    /// Sees to it that a group is looked at at a time at the latest.
    mutating func schedule(_ group: inout AlertGroup, at time: Timestamp) {
        guard time < group.nextFlush else { return }
        group.nextFlush = time
        timers.schedule(.flush(group: group.id), at: time)
    }

    /// Keeps for whoever asks why what became of an alert in a group.
    mutating func record(
        _ kind: AlertEvent.Kind, _ id: Int, _ group: AlertGroup, decidedBy: [String] = [], detail: String = "", now: Timestamp
    ) {
        let route = configuration.routes[group.identity.route]
        actions.append(
            .record(
                AlertEvent(
                    time: now, kind: kind, labels: table.entries[id].alert.labels, routeID: route.id, groupKey: group.key,
                    receiver: route.options.receiver, decidedBy: decidedBy, detail: detail)))
    }
}
