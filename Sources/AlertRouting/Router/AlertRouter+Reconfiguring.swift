internal import AlertModel
internal import TelemetryModel

extension AlertRouter {
    /// What a group passes on to the one that takes its place.
    private struct Legacy {
        var nextFlush: Timestamp
        var suppressions: [Int: Suppression?] = [:]
        var undelivered: [IntegrationID: Set<AlertFingerprint>] = [:]
        var isDue: Bool
    }

    /// What tells a group from others across configurations.
    private struct LastingIdentity: Hashable {
        var routeID: String
        var labels: LabelSet
    }

    /// Puts another configuration in force and makes all groups anew.
    mutating func apply(_ new: RoutingConfiguration, _ integrations: [String: [IntegrationSettings]], now: Timestamp) {
        let due = Set(waiting.values.joined())
        var legacies: [LastingIdentity: Legacy] = [:]
        var oldGroups: [Int: LastingIdentity] = [:]
        for (id, group) in groups {
            let identity = LastingIdentity(routeID: configuration.routes[group.identity.route].id, labels: group.identity.labels)
            var legacy = Legacy(nextFlush: group.nextFlush, isDue: due.contains(id))
            for member in group.members { legacy.suppressions[member.alert] = .some(member.suppression) }
            for channel in group.channels where !channel.undelivered.isEmpty {
                legacy.undelivered[channel.integration.id] = channel.undelivered
            }
            legacies[identity] = legacy
            oldGroups[id] = identity
        }
        configuration = new
        self.integrations = integrations
        groups = [:]
        groupIDs = [:]
        waiting = [:]
        inhibition = InhibitionIndex(new.inhibitRules)
        timers.removeAll()
        timers.schedule(.collection, at: now + options.collectionIntervalMilliseconds)
        // What was grouped before is not told to be grouped now; the actions so far are kept.
        let before = actions.count
        let ids = table.indices
        for id in ids { route(id) }
        for id in ids {
            place(id, now: now) { identity in
                let lasting = LastingIdentity(routeID: new.routes[identity.route].id, labels: identity.labels)
                return legacies[lasting]?.suppressions[id] != nil
            }
        }
        let grouped = Array(actions[before...])
        actions.removeLast(grouped.count)
        let inherited = inherit(legacies, now: now)
        actions += grouped.filter { action in
            guard case .record(let event) = action else { return true }
            return !(inherited[event.groupKey + "\n" + event.routeID]?.contains(event.labels) ?? false)
        }
        readdress(oldGroups, now: now)
    }

    /// Hands on what groups know to those that take their place.
    ///
    /// - Returns: by key and route of the groups the alerts that were members before.
    private mutating func inherit(_ legacies: [LastingIdentity: Legacy], now: Timestamp) -> [String: Set<LabelSet>] {
        var inherited: [String: Set<LabelSet>] = [:]
        for id in groups.keys.sorted() {
            guard var group = groups.removeValue(forKey: id) else { continue }
            let routeID = configuration.routes[group.identity.route].id
            if let legacy = legacies[LastingIdentity(routeID: routeID, labels: group.identity.labels)] {
                var known: Set<LabelSet> = []
                for place in group.members.indices {
                    guard let suppression = legacy.suppressions[group.members[place].alert] else { continue }
                    group.members[place].suppression = suppression
                    known.insert(table.entries[group.members[place].alert].alert.labels)
                }
                for index in group.channels.indices {
                    group.channels[index].undelivered = legacy.undelivered[group.channels[index].integration.id] ?? []
                }
                schedule(&group, at: legacy.isDue ? now : max(legacy.nextFlush, now))
                inherited[group.key + "\n" + routeID] = known
            }
            groups[id] = group
        }
        return inherited
    }

    /// Lets what is on its way find its group again. What waits for another attempt although its group or integration is gone is given up.
    private mutating func readdress(_ oldGroups: [Int: LastingIdentity], now: Timestamp) {
        var newGroups: [LastingIdentity: Int] = [:]
        for (id, group) in groups {
            newGroups[LastingIdentity(routeID: configuration.routes[group.identity.route].id, labels: group.identity.labels)] = id
        }
        for id in deliveries.keys.sorted() {
            guard var delivery = deliveries.removeValue(forKey: id) else { continue }
            delivery.group = delivery.group.flatMap { oldGroups[$0] }.flatMap { newGroups[$0] }
            deliveries[id] = delivery
            guard let time = delivery.nextAttempt else { continue }
            if isWanted(delivery) {
                timers.schedule(.attempt(delivery: id), at: time)
            } else {
                let attempt = DeliveryAttempt(
                    outcome: .refused, detail: "the configuration changed", payload: "", startedAt: now, endedAt: now)
                giveUp(delivery, attempt, now: now)
            }
        }
    }
}
