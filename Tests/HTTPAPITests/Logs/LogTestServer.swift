internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import LabelMatching
internal import LogQL
internal import Logging
internal import PerchMetrics
internal import QueryModel
internal import Synchronization
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

/// A place for entries that tells of new ones.
final class LogStore: LogSource {
    private struct State {
        var entries: [LogFixture]
        var takers: [Int: @Sendable (LogBatch) -> Void] = [:]
        var next = 0
    }

    private let state: Mutex<State>
    /// Called before tables are given.
    let beforeTables: (@Sendable () -> Void)?

    init(_ entries: [LogFixture] = LogFixture.shop, beforeTables: (@Sendable () -> Void)? = nil) {
        state = Mutex(State(entries: entries))
        self.beforeTables = beforeTables
    }

    /// Keeps entries, then tells of them.
    func append(_ entries: [LogFixture]) {
        let takers = state.withLock { state in
            state.entries += entries
            return Array(state.takers.values)
        }
        let batch = LogFixture.batch(entries)
        for take in takers { take(batch) }
    }

    var takerCount: Int { state.withLock { $0.takers.count } }

    var live: LiveLogs {
        LiveLogs { matchers in
            let (batches, continuation) = AsyncStream.makeStream(of: LogBatch.self)
            let token = self.state.withLock { state in
                state.next += 1
                state.takers[state.next] = { continuation.yield($0) }
                return state.next
            }
            return LiveLogs.Feed {
                for await batch in batches { return LiveLogs.Delivery(batches: [batch]) }
                return nil
            } end: {
                self.state.withLock { $0.takers[token] = nil }
                continuation.finish()
            }
        }
    }

    func tables(_ selection: LogSelection, budget: QueryBudget) throws(QueryError) -> [any LogTable] {
        beforeTables?()
        try budget.check()
        let entries = state.withLock { $0.entries }
        return entries.isEmpty ? [] : [ArrayLogTable(entries)]
    }

    func streams(_ selection: LogSelection, budget: QueryBudget) throws(QueryError) -> [LabelSet] {
        let entries = state.withLock { $0.entries }.filter { $0.time >= selection.start && $0.time < selection.end }
        return Set(entries.map(\.labels)).filter { labels in selection.matchers.allSatisfy { $0.matches(labels) } }
    }
}

/// A server with the APIs of logs on a free port, over entries in memory. Its clock stands still at ``LogFixture/now``.
struct LogTestServer {
    var store = LogStore()
    var source: (any LogSource)?
    var timeoutMilliseconds: Int64 = 20_000
    var slowQueries: SlowLogQueryLog?
    var tailsMax = 10
    /// Longer than any test takes on a busy machine.
    var tailPatience = Duration.seconds(600)
    var entriesMax = 5_000
    var isReady = true
    let metrics = MetricRegistry()

    func run(_ test: @Sendable (TestConnection) async throws -> Void) async throws {
        let queries = WorkPool(name: "query", concurrency: 2, samplesMax: 1_000_000, metrics: metrics)
        let lookups = WorkPool(name: "lookup", concurrency: 2, samplesMax: 1_000_000, metrics: metrics)
        let server = HTTPServer(apis(queries, lookups), metrics: metrics, isReady: { [isReady] in isReady })
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let application = server.application(HTTPServer.Options(port: 0), logger: logger)
        let outcome: Result<Void, any Error>
        do {
            try await application.test(.live) { client in try await test(TestConnection(client: client)) }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        try await queries.shutdown()
        try await lookups.shutdown()
        try outcome.get()
    }

    /// Deletes nothing, and counts three entries each time. A deletion of the stream `app="later"` waits.
    private final class Deletions: Sendable {
        private let requests = Mutex<[LogDeletionRequest]>([])

        var actions: LogDeletionAPI.Actions {
            LogDeletionAPI.Actions { deletion in
                if deletion.text.contains("unavailable") { throw APIFailure(.unavailable, "the storage is closing") }
                let waits = deletion.text.contains("later")
                return self.requests.withLock { requests in
                    requests.append(
                        LogDeletionRequest(
                            id: "id\(requests.count)", text: deletion.text, times: deletion.times, createdAt: LogFixture.now / 1_000_000,
                            status: waits ? .received : .processed, entries: waits ? nil : 3))
                    return requests[requests.count - 1].id
                }
            } list: {
                self.requests.withLock { $0 }
            } cancel: { id in
                self.requests.withLock { requests in
                    guard let index = requests.firstIndex(where: { $0.id == id }) else { return .unknown }
                    if requests[index].status == .processed { return .tooLate }
                    requests.remove(at: index)
                    return .done
                }
            }
        }
    }

    private let deletions = Deletions()

    private func apis(_ queries: WorkPool, _ lookups: WorkPool) -> [any HTTPEndpoints] {
        let environment = LogEnvironment(
            engine: LogQLEngine(), source: source ?? store, queries: queries, lookups: lookups, timeoutMilliseconds: timeoutMilliseconds,
            slowQueries: slowQueries, metrics: metrics, now: { LogFixture.now })
        var settings = LokiAPI.Settings(build: BuildDescription(version: "3.5.0", revision: "abc", compiler: "swift"))
        settings.entriesMax = entriesMax
        settings.tailsMax = tailsMax
        settings.tailPatience = tailPatience
        settings.retention = "336h"
        settings.serviceNameLabels = ["service"]
        settings.levelFields = ["level"]
        return [
            LokiAPI(environment, settings: settings), LogCorrelationAPI(environment, entriesMax: entriesMax),
            LegacyLokiAPI(environment, entriesMax: entriesMax), TailAPI(environment, live: store.live, settings: settings),
            SelfMetricsAPI(metrics),
            LogDeletionAPI(now: { LogFixture.now }, actions: deletions.actions),
        ]
    }
}

extension TestConnection {
    /// Asks as people type addresses: characters that may not stand in one are escaped.
    func logs(_ path: String, _ parameters: [(String, String)] = [], headers: HTTPFields = [:]) async throws -> Answer {
        try await get("/loki/api/v1" + path + "?" + TestConnection.form(parameters), headers: headers)
    }

    static func form(_ parameters: [(String, String)]) -> String {
        parameters.map { name, value in name + "=" + encoded(value) }.joined(separator: "&")
    }

    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = byte < 0x80 && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    static let categorized: HTTPFields = {
        var fields = HTTPFields()
        if let name = HTTPField.Name("X-Loki-Response-Encoding-Flags") { fields[name] = "categorize-labels" }
        return fields
    }()
}
