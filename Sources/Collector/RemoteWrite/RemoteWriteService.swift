internal import HTTPAPI
internal import Logging
internal import MetricStorage
internal import PerchMetrics
internal import RemoteWriteFormat
internal import RemoteWriteSending
internal import ServiceLifecycle
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// Sends everything that is taken in to the remotes of `remote_write`, and takes new settings while it runs.
///
/// A remote goes on where it ended before, in this process or an earlier one, as long as an entry has its name, or its address where it has
/// no name.
final class RemoteWriteService: Service {
    private struct Running: Sendable {
        var writer: RemoteWriter
        /// Nil until storage has started.
        var task: Task<Void, Never>?
    }

    private struct State: Sendable {
        /// In the order of the configuration.
        var remotes: [Running] = []
        var isStarted = false
        var isStopped = false
        /// What is being put in force; one after the other.
        var latest: Task<Void, Never>?
    }

    private let environment: RemoteWriter.Environment
    private let state = Mutex(State())
    private let waitUntilReady: @Sendable () async throws -> Void

    /// How long a remote may take to end before it is cut off.
    private static let stopMax = Duration.seconds(6)

    /// Holds what the remotes are still to get. To be made before storage starts to work.
    ///
    /// - Parameter waitUntilReady: returns once the journal can be written.
    init(
        _ configuration: CollectorConfiguration, environment: RemoteWriter.Environment,
        waitUntilReady: @escaping @Sendable () async throws -> Void
    ) throws {
        self.environment = environment
        self.waitUntilReady = waitUntilReady
        let storage = environment.storage
        storage.backlogBytesMax = Int(clamping: configuration.storage.remoteWriteQueueBytesMax)
        let states = try environment.positions.states()
        let remotes = try configuration.remoteWrites.map { settings in
            let state = try begin(settings, states[settings.identity])
            return RemoteWriter(
                settings, externalLabels: configuration.global.externalLabels, from: state, environment: environment)
        }
        state.withLock { $0.remotes = remotes.map { Running(writer: $0) } }
        for identity in states.keys where !remotes.contains(where: { $0.settings.identity == identity }) { try forget(identity) }
        try storage.deleteUnneededBacklog()
        RemoteWriteMetrics.register(in: environment.metrics) { [weak self] in
            self?.statuses ?? []
        } kept: {
            storage.backlogKept
        }
    }

    var statuses: [RemoteWriterStatus] { state.withLock { $0.remotes }.map(\.writer.status) }

    /// Puts a configuration in force. Remotes whose settings stay as they are do not notice.
    func apply(_ configuration: CollectorConfiguration) async {
        let task = state.withLock { state in
            let previous = state.latest
            let task = Task {
                await previous?.value
                await self.exchange(configuration)
            }
            state.latest = task
            return task
        }
        await task.value
    }

    private func exchange(_ configuration: CollectorConfiguration) async {
        let (old, isStarted, isStopped) = state.withLock { ($0.remotes, $0.isStarted, $0.isStopped) }
        if isStopped { return }
        let labels = configuration.global.externalLabels
        let kept = old.filter { running in
            running.writer.externalLabels == labels && configuration.remoteWrites.contains(running.writer.settings)
        }
        let left = old.filter { running in !kept.contains { $0.writer === running.writer } }
        await Self.stop(left)
        var remotes: [Running] = []
        do {
            let states = try environment.positions.states()
            for settings in configuration.remoteWrites {
                if let running = kept.first(where: { $0.writer.settings == settings }) {
                    remotes.append(running)
                    continue
                }
                let state = try begin(settings, states[settings.identity])
                remotes.append(
                    Running(writer: RemoteWriter(settings, externalLabels: labels, from: state, environment: environment)))
            }
            for identity in left.map(\.writer.settings.identity)
            where !configuration.remoteWrites.contains(where: { $0.identity == identity }) {
                try forget(identity)
            }
        } catch {
            environment.logger.error("not all remotes are in force", metadata: ["reason": .string("\(error)")])
        }
        if isStarted { for index in remotes.indices where remotes[index].task == nil { Self.start(&remotes[index]) } }
        let all = remotes
        state.withLock { $0.remotes = all }
    }

    /// Holds what a remote is to get: what it did not get before, or what is taken in from now on.
    private func begin(_ settings: RemoteWriteSettings, _ known: SendState?) throws -> SendState {
        let position = environment.storage.openBacklog(settings.identity, from: known?.lowest.journalPosition)
        if let known { return known }
        let state = SendState(from: ItemPosition(segment: position.segment, entry: position.entry + 1))
        try environment.positions.save(state, of: settings.identity)
        return state
    }

    private func forget(_ identity: String) throws {
        try environment.storage.closeBacklog(identity)
        try environment.positions.forget(identity)
        environment.logger.info("what was not sent to a remote is given up, as it is not configured any more")
    }

    private static func start(_ running: inout Running) {
        let writer = running.writer
        running.task = Task { await writer.run() }
    }

    private static func stop(_ remotes: [Running]) async {
        for running in remotes { running.writer.stop() }
        await withDiscardingTaskGroup { group in
            for running in remotes {
                guard let task = running.task else { continue }
                group.addTask {
                    let cut = Task {
                        try await Task.sleep(for: stopMax)
                        task.cancel()
                    }
                    await task.value
                    cut.cancel()
                    running.writer.save()
                }
            }
        }
    }

    func run() async throws {
        // Where storage cannot start, whoever starts it says so and ends the process.
        do { try await waitUntilReady() } catch {
            try? await gracefulShutdown()
            return
        }
        state.withLock { state in
            state.isStarted = true
            for index in state.remotes.indices where state.remotes[index].task == nil { Self.start(&state.remotes[index]) }
        }
        try? await gracefulShutdown()
        let latest = state.withLock { state in
            state.isStopped = true
            return state.latest
        }
        await latest?.value
        await Self.stop(state.withLock { $0.remotes })
    }

    /// Closes what is open on the disk. To be called once everything has stopped.
    func close() throws { try environment.positions.close() }

    /// What the API shows.
    func views() -> [RemoteWriteView] {
        let now = SystemClock.now()
        return statuses.map { status in
            let statistics = status.statistics
            let behind =
                statistics.newestOffered == .min || statistics.newestSent == .min
                ? nil : Double(max(0, statistics.newestOffered - statistics.newestSent)) / 1000
            return RemoteWriteView(
                name: status.name, url: status.url, message: status.version.messageName, shards: statistics.shards,
                shardsDesired: statistics.shardsDesired, pendingItems: statistics.pending.total, sentSamples: statistics.sent.samples,
                failedSamples: statistics.failed.samples, retriedSamples: statistics.retried.samples,
                droppedSamples: statistics.dropped.map { (reason: $0.key.rawValue, samples: $0.value.samples) }.sorted {
                    $0.reason < $1.reason
                },
                behindSeconds: behind, lastSuccess: status.traffic.lastSuccess.map { min($0, now) }, lastError: status.traffic.lastError)
        }
    }
}
