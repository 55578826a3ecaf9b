internal import Foundation
internal import HTTPAPI
internal import Ingestion
internal import LabelMatching
internal import LogQL
internal import LogStorage
internal import Logging
internal import PerchMetrics
internal import QueryModel
internal import TelemetryModel

extension HTTPSurface {
    /// The APIs of logs, connected with the log storage.
    static func logEndpoints(
        _ options: ServeOptions, _ configuration: ConfigurationInForce, _ logs: LogStorage, _ deletions: LogDeletions, queries: WorkPool,
        lookups: WorkPool, _ logger: Logger, _ metrics: MetricRegistry
    ) -> [any HTTPEndpoints] {
        let environment = logEnvironment(options, logs, queries: queries, lookups: lookups, logger, metrics)
        let settings = logSettings(configuration.current)
        return [
            LokiAPI(environment, settings: settings), LegacyLokiAPI(environment, entriesMax: settings.entriesMax),
            TailAPI(environment, live: liveLogs(logs), settings: settings),
            LogCorrelationAPI(environment, entriesMax: settings.entriesMax),
            LogDeletionAPI(now: { Int64(clamping: SystemClock.nanoseconds()) }, actions: deletions.actions),
        ]
    }

    private static func logEnvironment(
        _ options: ServeOptions, _ logs: LogStorage, queries: WorkPool, lookups: WorkPool, _ logger: Logger, _ metrics: MetricRegistry
    ) -> LogEnvironment {
        var engine = LogEngineOptions()
        engine.threadsPerQuery = ProcessInfo.processInfo.activeProcessorCount
        return LogEnvironment(
            engine: LogQLEngine(options: engine), source: LogStorageSource(storage: logs), queries: queries, lookups: lookups,
            timeoutMilliseconds: options.queryTimeoutMilliseconds,
            slowQueries: options.slowQueryMilliseconds.map {
                SlowLogQueryLog(thresholdMilliseconds: $0, write: SlowQueryLines(logger: logger).write)
            }, metrics: metrics, now: { Int64(clamping: SystemClock.nanoseconds()) })
    }

    private static func logSettings(_ configuration: CollectorConfiguration) -> LokiAPI.Settings {
        var settings = LokiAPI.Settings(
            build: BuildDescription(version: PerchVersion.lokiCompatible, revision: PerchVersion.current, compiler: "swift"))
        let intake = configuration.logIntakeOptions
        settings.serviceNameLabels = intake.serviceNameLabels
        settings.levelFields = intake.discoversLevels ? intake.levelFields : []
        settings.retention = configuration.storage.logs.ageMilliseconds.map { "\($0 / 1000)s" }
        return settings
    }

    private static func liveLogs(_ logs: LogStorage) -> LiveLogs {
        LiveLogs { matchers throws(QueryError) in
            do throws(LogStorageError) {
                let tail = try logs.tail(matching: matchers)
                return LiveLogs.Feed {
                    await tail.next().map { LiveLogs.Delivery(batches: $0.batches, lostEntries: $0.lostEntries) }
                } end: {
                    tail.end()
                }
            } catch {
                throw QueryError(.storage, error.message)
            }
        }
    }

    /// Deletes entries and waits until that is durable. Blocks.
    static func delete(_ deletion: LogDeletion, from logs: LogStorage) throws -> Int {
        let (start, last) = (deletion.times.lowerBound, deletion.times.upperBound)
        let end = last == .max ? last : last + 1
        let matchers = deletion.selector.matchers
        do {
            if deletion.selector.stages.isEmpty { return try logs.delete(matching: matchers, from: start, to: end) }
            var filters = try LogPipeline(LogSelector(matchers: [], stages: deletion.selector.stages))
            let nothing = LabelSet()
            return try logs.delete(matching: matchers, from: start, to: end) { line in
                filters.run(stream: nothing, metadata: nothing, time: start, line: Array(line)) != nil
            }
        } catch let error as LogStorageError {
            if error.isTemporary || error.code == .closed { throw APIFailure(.unavailable, error.message) }
            throw APIFailure(.internal, error.message)
        }
    }
}
