internal import AlertModel
internal import AlertRouting
internal import AlertStorage
internal import GoTemplate
internal import HTTPAPI
internal import Logging
internal import NIOPosix
internal import Notifications
internal import Synchronization
internal import TelemetryModel

/// What the APIs of alerts ask for.
extension AlertService: AlertingBackend {
    var now: Timestamp { wallClock() }

    var status: AlertingStatus {
        let setup = state.withLock { $0.setup }
        return AlertingStatus(
            configuration: setup.publicText, receivers: setup.receivers, startedAt: startedAt,
            resolveTimeoutMilliseconds: setup.routing.resolveTimeoutMilliseconds, version: PerchVersion.alertmanagerCompatible,
            revision: PerchVersion.current)
    }

    /// They are routed at once, and kept before this returns; with a full disk routing goes on all the same.
    func receivePosted(_ alerts: [Alert], invalid: Int) async {
        metrics.received(alerts, invalid: invalid, at: now)
        if alerts.isEmpty { return }
        step { state, now in
            storage.keep(alerts)
            storage.record(state.posted.receive(alerts, now: now))
            return state.router.receive(alerts, now: now)
        }
        // The storage itself reports what goes wrong, and tries again.
        try? await storage.sync()
    }

    func alerts(where isWanted: (Alert) -> Bool) -> [AlertView] {
        state.withLock { $0.router.alerts(at: now, where: isWanted) }
    }

    func groups(where isWanted: (Alert) -> Bool, ofReceivers isWantedReceiver: (String) -> Bool) -> [AlertGroupView] {
        state.withLock { $0.router.groups(at: now, where: isWanted, ofReceivers: isWantedReceiver) }
    }

    var silences: [Silence] { state.withLock { $0.router.silences } }

    func silence(_ id: String) -> Silence? { state.withLock { $0.router.silence(id) } }

    func set(_ silence: Silence) async throws(APIFailure) {
        for interval in silence.recurrence where SystemTimeZones.zone(interval.location) == nil {
            throw APIFailure(.badData, "invalid silence: recurrence: unknown time zone \(interval.location)")
        }
        do throws(AlertStorageError) { try await storage.keep(silence) } catch {
            throw APIFailure(.unavailable, "the silence cannot be kept, so it is not in force: \(error.message)")
        }
        let zones = AlertService.zones(of: [silence])
        step { state, now in state.router.set(silence, zones: zones, now: now) }
        logger.info(
            "silence set",
            metadata: [
                "id": .string(silence.id), "by": .string(silence.createdBy),
                "matchers": .string(MatcherText.text(silence.matchers)), "endsAt": .stringConvertible(silence.endsAt),
            ])
    }

    func route(_ id: String) -> Route? { state.withLock { $0.setup.routing.routes.first { $0.id == id } } }

    func logEntries(ofGroup groupKey: String) -> [NotificationLogEntry] {
        state.withLock { ($0.log[groupKey] ?? [:]).values.sorted { $0.key.integration < $1.key.integration } }
    }

    func history(_ query: AlertHistoryQuery) async throws(APIFailure) -> AlertHistoryResult {
        do {
            return try await blocking.runIfActive { [storage] in try storage.history(query) }
        } catch let error as AlertStorageError {
            throw APIFailure(.internal, error.message)
        } catch {
            throw APIFailure(.unavailable, "Perch is stopping")
        }
    }
}
