public import AlertModel
public import TelemetryModel

extension AlertRouter {
    /// The alerts that have not ended, sorted by fingerprint.
    ///
    /// - Parameter isWanted: is asked before the state is found out, which costs more.
    public mutating func alerts(at now: Timestamp, where isWanted: (Alert) -> Bool = { _ in true }) -> [AlertView] {
        revision += 1
        var views: [AlertView] = []
        for id in table.indices where table.entries[id].alert.endsAt >= now && isWanted(table.entries[id].alert) {
            views.append(view(id, at: now))
        }
        return views.sorted { $0.fingerprint < $1.fingerprint }
    }

    /// One alert by its fingerprint, also one that has ended; nil where it is not known.
    public mutating func alert(_ fingerprint: AlertFingerprint, at now: Timestamp) -> AlertView? {
        revision += 1
        return table.indices.first { table.entries[$0].fingerprint == fingerprint }.map { view($0, at: now) }
    }

    /// The groups with alerts that have not ended, sorted by their labels and then by receiver.
    ///
    /// - Parameters:
    ///   - isWanted: is asked before the state of an alert is found out; groups without alerts that are wanted are left out.
    ///   - isWantedReceiver: is asked first.
    public mutating func groups(
        at now: Timestamp, where isWanted: (Alert) -> Bool = { _ in true }, ofReceivers isWantedReceiver: (String) -> Bool = { _ in true }
    ) -> [AlertGroupView] {
        revision += 1
        var views: [AlertGroupView] = []
        for id in groups.keys.sorted() {
            guard let group = groups[id] else { continue }
            let route = configuration.routes[group.identity.route]
            guard isWantedReceiver(route.options.receiver) else { continue }
            let members = group.members.map(\.alert).filter { table.entries[$0].alert.endsAt >= now && isWanted(table.entries[$0].alert) }
            if members.isEmpty { continue }
            let mutedBy = configuration.muting(route, at: now)
            let alerts = members.map { member in
                var view = view(member, at: now)
                view.receivers = view.receivers.filter(isWantedReceiver).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                view.mutedBy = mutedBy
                if !mutedBy.isEmpty { view.state = .suppressed }
                return view
            }
            views.append(
                AlertGroupView(
                    receiver: route.options.receiver, labels: group.identity.labels, routeLabels: route.options.labels,
                    routeID: route.id, groupKey: group.key, mutedBy: mutedBy, alerts: alerts, nextFlush: group.nextFlush))
        }
        return views.sorted { left, right in
            if left.labels == right.labels { return left.receiver.utf8.lexicographicallyPrecedes(right.receiver.utf8) }
            return AlertOrder.precedes(left.labels, right.labels)
        }
    }

    /// How much is kept, for metrics.
    public var counts: RouterCounts {
        RouterCounts(
            alerts: table.count, groups: groups.count, silences: silenceTable.count, logEntries: log.count, deliveries: deliveries.count)
    }

    private mutating func view(_ id: Int, at now: Timestamp) -> AlertView {
        silenceTable.refresh(&table.entries[id].silences, table.entries[id].alert.labels)
        let silencedBy = silenceTable.holding(table.entries[id].silences, at: now)
        let source = inhibition.source(of: table.entries[id].targets, in: table, now: now, revision: revision)
        let inhibitedBy = source.map { [table.entries[$0].fingerprint] } ?? []
        return AlertView(
            alert: table.entries[id].alert, fingerprint: table.entries[id].fingerprint,
            state: silencedBy.isEmpty && inhibitedBy.isEmpty ? .active : .suppressed, silencedBy: silencedBy, inhibitedBy: inhibitedBy,
            mutedBy: [], receivers: table.entries[id].routes.map { configuration.routes[$0].options.receiver })
    }
}

/// How much a router keeps.
public struct RouterCounts: Sendable, Hashable {
    public var alerts: Int
    public var groups: Int
    /// Expired ones among them.
    public var silences: Int
    public var logEntries: Int
    /// Notifications on their way.
    public var deliveries: Int
}
