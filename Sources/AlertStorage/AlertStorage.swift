public import AlertModel
internal import Dispatch
internal import SQLiteSupport
internal import ShardStorage
internal import Synchronization
public import TelemetryModel

/// Silences, the notification log, received alerts, the state of rules and the history of alerts, in one SQLite file.
///
/// What is handed over is written soon: one thread writes whatever waits in one transaction, which is forced to the disk. Of alerts, log and
/// rules the newest state counts, events come one by one. Where nothing can be written, such as with a full disk, what waits stays in memory and is
/// tried again; reading goes on.
public final class AlertStorage: Sendable {
    /// What was kept when the process ended before.
    public let silences: [Silence]
    public let logEntries: [NotificationLogEntry]
    public let alerts: [Alert]
    /// By the name that the owner of the rules gave.
    public let ruleStates: [String: [UInt8]]
    /// When the process before said with ``keepAlive(at:)`` that it lives, for the last time; nil where none ever did.
    public let lastAliveAt: Timestamp?

    private struct State {
        var pending = PendingWrites()
        /// Events of the transaction that runs; they are pending until it is through.
        var eventsInWrite = 0
        /// Whether a transaction is due anyway.
        var isDue = false
        var isUrgent = false
        var isClosed = false
        var retryMilliseconds = 0
        var statistics = AlertStorageStatistics()
    }

    private let directory: String
    private let path: String
    private let options: AlertStorageOptions
    private let clock: @Sendable () -> Timestamp
    private let state: Mutex<State>
    /// Nil once it is closed.
    private let database: Mutex<AlertDatabase?>
    private let reader: Mutex<HistoryReader?>
    private let queue = DispatchQueue(label: "perch.alerts.write", qos: .userInitiated)
    private let lock: DirectoryLock

    /// Opens the folder, or makes it. A file that is damaged so that it cannot be used is renamed, and what can be read of it goes into a new one,
    /// the history left out.
    ///
    /// - Parameters:
    ///   - directory: the folder of alerts in the data folder.
    ///   - clock: milliseconds since 1970.
    /// - Throws: ``AlertStorageError``; `newerFormat` where a newer version of Perch wrote the file.
    public init(
        directory: String, options: AlertStorageOptions = AlertStorageOptions(), clock: @escaping @Sendable () -> Timestamp
    ) throws(AlertStorageError) {
        self.options = options
        self.clock = clock
        self.directory = directory
        path = directory + "/" + AlertStorage.fileName
        do throws(ShardStorageError) { lock = try DirectoryLock(directory: directory) } catch {
            throw AlertStorageError(error.code == .diskFull ? .diskFull : .failed, error.description)
        }
        let (database, contents) = try AlertStorage.open(path)
        silences = contents.silences
        logEntries = contents.logEntries
        alerts = contents.alerts
        ruleStates = contents.ruleStates
        lastAliveAt = contents.moments[AlertDatabase.aliveName]
        for reason in contents.damage { options.report(.damaged(reason: "\(path): \(reason)")) }
        var state = State()
        state.statistics.damagedRows = contents.damage.count
        self.state = Mutex(state)
        self.database = Mutex(database)
        do throws(SQLiteError) {
            reader = Mutex(HistoryReader(connection: try SQLiteConnection(path: path, mode: .readOnly, cacheKilobytes: 2048)))
        } catch {
            throw AlertStorageError(error, path: path)
        }
        scheduleCleaning(afterMilliseconds: 60_000)
    }

    /// The name of the file in its folder.
    public static let fileName = "alerts.sqlite"

    private static func open(_ path: String) throws(AlertStorageError) -> sending (AlertDatabase, AlertDatabase.Contents) {
        do throws(AlertStorageError) {
            let database = try AlertDatabase(path: path)
            let contents = try database.contents()
            if contents.isReadable { return (database, contents) }
            try database.close()
            return try replace(path, with: contents)
        } catch {
            guard error.code == .damaged else { throw error }
            var contents = AlertDatabase.Contents()
            contents.damage = [error.message]
            return try replace(path, with: contents)
        }
    }

    /// Renames a file that is damaged, and writes what was read of it into a new one.
    private static func replace(
        _ path: String, with contents: AlertDatabase.Contents
    ) throws(AlertStorageError) -> sending (AlertDatabase, AlertDatabase.Contents) {
        var contents = contents
        do throws(ShardStorageError) {
            let cause = ShardStorageError(.corrupt, contents.damage.first ?? "damaged", path: path)
            contents.damage.append(try DatabaseFile.setAside(path, becauseOf: cause).message)
        } catch {
            throw AlertStorageError(.failed, error.description)
        }
        let database = try AlertDatabase(path: path)
        var batch = PendingWrites()
        for alert in contents.alerts { batch.alerts[alert.labels] = alert }
        for entry in contents.logEntries { batch.logEntries[entry.key] = entry }
        for (group, state) in contents.ruleStates { batch.ruleStates[group] = state }
        batch.silences = contents.silences
        batch.aliveAt = contents.moments[AlertDatabase.aliveName]
        do throws(SQLiteError) { try database.write(batch, options: AlertStorageOptions()) } catch {
            throw AlertStorageError(error, path: path)
        }
        return (database, contents)
    }

    // MARK: Writing

    /// Keeps alerts as they are now.
    public func keep(_ alerts: [Alert]) {
        change { pending in for alert in alerts { pending.alerts[alert.labels] = .some(alert) } }
    }

    /// Keeps alerts no longer; their history stays.
    public func forgetAlerts(_ labels: [LabelSet]) {
        change { pending in for labels in labels { pending.alerts[labels] = .some(nil) } }
    }

    /// Keeps what was told of a group. It is written at once, so that nobody is told twice.
    public func keep(_ entry: NotificationLogEntry) {
        change(isUrgent: true) { pending in pending.logEntries[entry.key] = .some(entry) }
    }

    public func forgetLogEntry(_ key: NotificationLogEntry.Key) {
        change { pending in pending.logEntries[key] = .some(nil) }
    }

    /// Keeps the state of a group of rules; nil forgets it.
    public func keepRuleState(_ state: [UInt8]?, of group: String) {
        change { pending in pending.ruleStates[group] = .some(state) }
    }

    /// Notes that the process lives, so that the next one knows since when nobody heard of alerts.
    public func keepAlive(at now: Timestamp) { change { pending in pending.aliveAt = now } }

    /// Adds events to the history.
    public func record(_ events: [AlertEvent]) {
        if events.isEmpty { return }
        change { pending in pending.append(events) }
    }

    /// Keeps a silence as it is now, and waits until that is on the disk.
    ///
    /// - Throws: ``AlertStorageError``; nothing of it is kept then.
    public func keep(_ silence: Silence) async throws(AlertStorageError) {
        try await waiting { pending in pending.silences.append(silence) }
    }

    /// Waits until everything that was handed over before is on the disk.
    ///
    /// - Throws: ``AlertStorageError`` where it could not be written now; but for silences it is tried again.
    public func sync() async throws(AlertStorageError) { try await waiting { _ in } }

    private func waiting(_ body: (inout PendingWrites) -> Void) async throws(AlertStorageError) {
        let result: Result<Void, AlertStorageError> = await withCheckedContinuation { continuation in
            let isTaken = change(isUrgent: true) { pending in
                body(&pending)
                pending.waiters.append { continuation.resume(returning: $0) }
            }
            if !isTaken { continuation.resume(returning: .failure(AlertStorageError(.failed, "\(path): is closed"))) }
        }
        try result.get()
    }

    /// Changes what is to be written; false once the storage is closed.
    @discardableResult
    private func change(isUrgent: Bool = false, _ body: (inout PendingWrites) -> Void) -> Bool {
        let (isTaken, dropped) = state.withLock { state -> (Bool, Int) in
            if state.isClosed { return (false, 0) }
            body(&state.pending)
            let dropped = state.pending.boundEvents(count: options.pendingEventsMax, bytes: options.pendingEventBytesMax)
            state.statistics.eventsDropped += dropped
            schedule(&state, isUrgent: isUrgent)
            return (true, dropped)
        }
        if dropped > 0 { options.report(.dropped(events: dropped)) }
        return isTaken
    }

    /// Sees to it that a transaction comes: at once for what is urgent, unless the latest one failed and nobody waits.
    private func schedule(_ state: inout State, isUrgent: Bool) {
        let isUrgent = isUrgent && (state.retryMilliseconds == 0 || !state.pending.waiters.isEmpty)
        if isUrgent {
            if state.isUrgent { return }
            state.isUrgent = true
            queue.async { [self] in writePending() }
        } else if !state.isDue {
            state.isDue = true
            let milliseconds = max(options.delayMilliseconds, state.retryMilliseconds)
            queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in
                self.state.withLock { $0.isDue = false }
                writePending()
            }
        }
    }

    /// Writes what waits. On the queue only.
    private func writePending() {
        let batch = state.withLock { state in
            state.isUrgent = false
            let batch = state.pending
            state.pending = PendingWrites()
            state.eventsInWrite = batch.events.count
            return batch
        }
        if batch.isEmpty { return }
        let start = ContinuousClock.now
        let failure = database.withLock { database -> AlertStorageError? in
            guard database != nil else { return AlertStorageError(.failed, "\(path): is closed") }
            do throws(SQLiteError) {
                try database?.write(batch, options: options)
                return nil
            } catch {
                return AlertStorageError(error, path: path)
            }
        }
        let elapsed = (ContinuousClock.now - start).components
        let milliseconds = Int(elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000)
        let wasFailing = state.withLock { state in
            let wasFailing = state.statistics.isFailing
            state.statistics.isFailing = failure != nil
            state.eventsInWrite = 0
            state.statistics.writeMilliseconds += milliseconds
            if failure == nil {
                state.statistics.writes += 1
                state.statistics.eventsWritten += batch.events.count
                state.retryMilliseconds = 0
            } else {
                state.statistics.writesFailed += 1
                state.retryMilliseconds = min(options.retryMillisecondsMax, max(500, state.retryMilliseconds * 2))
                state.pending.putBack(batch)
                if !state.isClosed { schedule(&state, isUrgent: false) }
            }
            return wasFailing
        }
        if let failure, !wasFailing { options.report(.failed(reason: failure.message)) }
        if failure == nil, wasFailing { options.report(.recovered) }
        for waiter in batch.waiters { waiter(failure.map { .failure($0) } ?? .success(())) }
    }

    // MARK: Reading

    /// Reads events of the history; what was recorded just now is among them. Blocks.
    public func history(_ query: AlertHistoryQuery) throws(AlertStorageError) -> AlertHistoryResult {
        // What waits is written first; where nothing can be written the answer ends a little earlier.
        if state.withLock({ $0.retryMilliseconds == 0 }) { queue.sync { writePending() } }
        let result = reader.withLock { reader -> Result<AlertHistoryResult, AlertStorageError> in
            guard let reader else { return .failure(AlertStorageError(.failed, "\(path): is closed")) }
            do throws(SQLiteError) { return .success(try reader.events(query)) } catch {
                return .failure(AlertStorageError(error, path: path))
            }
        }
        let found = try result.get()
        let isNews = state.withLock { state in
            defer { state.statistics.damagedRows = max(state.statistics.damagedRows, found.damagedRows) }
            return found.damagedRows > state.statistics.damagedRows
        }
        if isNews { options.report(.damaged(reason: "\(path): \(found.damagedRows) rows of the history are not what was written")) }
        return found
    }

    public var statistics: AlertStorageStatistics {
        var statistics = state.withLock { state in
            var statistics = state.statistics
            statistics.eventsPending = state.pending.events.count + state.eventsInWrite
            return statistics
        }
        statistics.bytes = (try? FileOperations.allocatedBytes(inFolder: directory)) ?? 0
        return statistics
    }

    // MARK: Cleaning

    /// Deletes what is old, a piece at a time so that writing is never kept waiting for long.
    private func scheduleCleaning(afterMilliseconds milliseconds: Int) {
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in
            guard let self, !state.withLock({ $0.isClosed }) else { return }
            let isDone = clean()
            scheduleCleaning(afterMilliseconds: isDone ? 3_600_000 : 20)
        }
    }

    /// Deletes a piece of what is old. On the queue only.
    ///
    /// - Returns: whether nothing is left to delete.
    @discardableResult
    func clean(piece: Int = 2_000) -> Bool {
        let now = clock()
        let result = database.withLock { database -> Result<Int, SQLiteError> in
            guard database != nil else { return .success(0) }
            do throws(SQLiteError) {
                return .success(try database?.deleteOld(at: now, options: options, piece: piece) ?? 0)
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let events):
            state.withLock { $0.statistics.eventsDeleted += events }
            if events > 0 { options.report(.deleted(events: events)) }
            return events < piece
        case .failure(let error):
            options.report(.failed(reason: "\(path): deleting old events: \(error)"))
            return true
        }
    }

    /// Runs a statement on the connection that writes; for tests of what goes wrong.
    func execute(_ sql: String) throws(SQLiteError) {
        let result = database.withLock { database -> Result<Void, SQLiteError> in
            do throws(SQLiteError) { return .success(try database?.connection.execute(sql) ?? ()) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Writes what waits and closes the file.
    ///
    /// - Throws: ``AlertStorageError`` where something could not be written; it is lost then.
    public func close() throws(AlertStorageError) {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        if wasClosed { return }
        queue.sync { writePending() }
        let (isLost, events) = state.withLock { (!$0.pending.isEmpty, $0.pending.events.count) }
        // First, since the last connection empties the log on the way out.
        reader.withLock { reader in
            try? reader?.connection.close()
            reader = nil
        }
        let result = database.withLock { database -> Result<Void, AlertStorageError> in
            do throws(AlertStorageError) {
                try database?.close()
                database = nil
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        lock.release()
        try result.get()
        if isLost { throw AlertStorageError(.failed, "\(path): \(events) events and what else waited could not be written") }
    }
}
