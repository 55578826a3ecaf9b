internal import AlertModel
internal import TelemetryModel

extension AlertRouter {
    /// Looks at a group whose time has come, and tells those of its integrations that need to be told.
    mutating func flush(_ id: Int, now: Timestamp) {
        abandonOverdue(in: id, now: now)
        guard var group = groups.removeValue(forKey: id) else { return }
        group.hasBeenFlushed = true
        group.nextFlush = .max
        schedule(&group, at: now + configuration.routes[group.identity.route].options.groupIntervalMilliseconds)
        let snapshot = look(at: &group, now: now)
        for index in group.channels.indices {
            let key = NotificationLogEntry.Key(groupKey: group.key, integration: group.channels[index].integration.id)
            if busy[key] == nil {
                tell(index, of: &group, snapshot)
            } else if waiting[key]?.contains(id) != true {
                waiting[key, default: []].append(id)
            }
        }
        keep(group, now: now)
    }

    /// Tells those who had to wait, now that what was on its way for the key is done with.
    mutating func tellWaiting(_ key: NotificationLogEntry.Key, now: Timestamp) {
        guard let ids = waiting.removeValue(forKey: key) else { return }
        for id in ids {
            guard var group = groups.removeValue(forKey: id) else { continue }
            if let index = group.channels.firstIndex(where: { $0.integration.id == key.integration }) {
                if busy[key] == nil {
                    tell(index, of: &group, look(at: &group, now: now))
                } else {
                    waiting[key, default: []].append(id)
                }
            }
            keep(group, now: now)
        }
    }

    /// Puts a group back after it was worked at, without the members whose end everybody was told; or lets it go where none is left.
    mutating func keep(_ group: AlertGroup, now: Timestamp) {
        var group = group
        let settled = group.channels.map(\.settledLook).min() ?? lookCount
        let ended = group.members.indices.filter { index in
            let member = group.members[index]
            guard let ended = member.ended, ended.look <= settled else { return false }
            return ended.version == table.entries[member.alert].version && table.entries[member.alert].alert.isResolved(at: now)
        }
        drop(ended, from: &group)
        if group.members.isEmpty {
            groupIDs[group.identity] = nil
        } else {
            groups[group.id] = group
        }
    }

    /// - Parameter places: of members, rising.
    mutating func drop(_ places: [Int], from group: inout AlertGroup) {
        if places.isEmpty { return }
        for place in places {
            let id = group.members[place].alert
            let fingerprint = table.entries[id].fingerprint
            for index in group.channels.indices where !group.channels[index].undelivered.isEmpty {
                group.channels[index].undelivered.remove(fingerprint)
            }
            for index in table.entries[id].groups.indices where table.entries[id].groups[index] == group.id {
                table.entries[id].groups[index] = nil
            }
        }
        var next = places[...]
        group.members = group.members.indices.compactMap { index in
            if next.first == index {
                next.removeFirst()
                return nil
            }
            return group.members[index]
        }
    }

    /// Finds out which alerts of a group are to be told of, and records what keeps others back.
    private mutating func look(at group: inout AlertGroup, now: Timestamp) -> GroupSnapshot {
        lookCount += 1
        var snapshot = GroupSnapshot(look: lookCount, now: now)
        let mutedBy = configuration.muting(configuration.routes[group.identity.route], at: now)
        for place in group.members.indices {
            let id = group.members[place].alert
            let isResolved = table.entries[id].alert.isResolved(at: now)
            let version = table.entries[id].version
            if isResolved, group.members[place].ended?.version != version {
                group.members[place].ended = (snapshot.look, version)
            }
            let suppression = suppression(of: id, mutedBy: mutedBy, now: now)
            if suppression != group.members[place].suppression {
                group.members[place].suppression = suppression
                record(suppression, id, group, now: now)
            }
            guard suppression == nil else { continue }
            snapshot.alerts.append(table.entries[id].alert)
            if isResolved {
                snapshot.resolved.append(table.entries[id].fingerprint)
            } else {
                snapshot.firing.append(table.entries[id].fingerprint)
            }
        }
        snapshot.firing.sort()
        snapshot.resolved.sort()
        return snapshot
    }

    /// What keeps an alert back now; nil where nothing does.
    private mutating func suppression(of id: Int, mutedBy: [String], now: Timestamp) -> Suppression? {
        if !mutedBy.isEmpty { return .muted(mutedBy) }
        if let source = inhibition.source(of: table.entries[id].targets, in: table, now: now, revision: revision) {
            return .inhibited(table.entries[source].fingerprint)
        }
        silenceTable.refresh(&table.entries[id].silences, table.entries[id].alert.labels)
        let silences = silenceTable.holding(table.entries[id].silences, at: now)
        return silences.isEmpty ? nil : .silenced(silences)
    }

    private mutating func record(_ suppression: Suppression?, _ id: Int, _ group: AlertGroup, now: Timestamp) {
        switch suppression {
        case .muted(let names): record(.muted, id, group, decidedBy: names, now: now)
        case .inhibited(let source): record(.inhibited, id, group, decidedBy: [source.description], now: now)
        case .silenced(let ids): record(.silenced, id, group, decidedBy: ids, now: now)
        case nil: record(.released, id, group, now: now)
        }
    }
}

extension RoutingConfiguration {
    /// The time intervals that mute a route at a moment: those of `mute_time_intervals` that hold, or all of `active_time_intervals` where
    /// there are some and none holds.
    func muting(_ route: Route, at now: Timestamp) -> [String] {
        let active = route.options.activeTimeIntervals
        if !active.isEmpty, !active.contains(where: { holds($0, at: now) }) { return active }
        return route.options.muteTimeIntervals.filter { holds($0, at: now) }
    }

    private func holds(_ name: String, at now: Timestamp) -> Bool {
        timeIntervals.contains { named in
            named.name.utf8.elementsEqual(name.utf8) && named.intervals.contains { $0.contains(now, zones: zones) }
        }
    }
}
