internal import Foundation
public import GRDB
internal import Logging
internal import PerchMetrics
public import ServiceLifecycle
internal import Tracing

/// Tells other services of events: each at least once, each service in order. An event is written down in the transaction of the change that
/// it tells of, so there is neither without the other, and delivered when that is through, as often as it takes.
///
///     try await database.write { database in
///         …
///         try outbox.append(Event(.orderPlaced, subject: "\(id)"), database)
///     }
///     outbox.wake()
public final class Outbox: Service {
    /// Who is told of what.
    public struct Subscription: Sendable {
        let client: ShopClient
        let kinds: Set<Event.Kind>

        public init(_ client: ShopClient, to kinds: Set<Event.Kind>) {
            var client = client
            // The outbox has pauses of its own.
            client.retry = .none
            self.client = client
            self.kinds = kinds
        }
    }

    private let database: ShopDatabase
    private let subscriptions: [Subscription]
    private let metrics: OutboxMetrics
    private let tracer: any Tracer
    private let logger: Logger
    private let pauseMax: Duration
    private let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// - Parameters:
    ///   - database: has had ``migrate(_:)``.
    ///   - pauseMax: the longest pause before a service that does not answer is tried again.
    public init(_ database: ShopDatabase, _ subscriptions: [Subscription], telemetry: ServiceTelemetry, pauseMax: Duration = .seconds(15)) {
        self.database = database
        self.subscriptions = subscriptions
        self.pauseMax = pauseMax
        metrics = OutboxMetrics(in: telemetry.metrics)
        tracer = telemetry.tracer
        logger = telemetry.logger("shop.outbox")
    }

    /// The migration that makes the table. A row is an event that one service has to be told of.
    @Sendable
    public static func migrate(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE outbox (
                    sequence INTEGER PRIMARY KEY AUTOINCREMENT, subscriber TEXT NOT NULL, event TEXT NOT NULL, trace TEXT NOT NULL
                )
                """)
        try database.execute(sql: "CREATE INDEX outbox_subscriber ON outbox (subscriber, sequence)")
    }

    /// Writes an event down, in the caller's transaction.
    public func append(_ event: Event, _ database: Database) throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        let text = String(decoding: try encoder.encode(event), as: UTF8.self)
        let trace = String(decoding: try encoder.encode(TraceHeaders(InstrumentationContext.current, tracer)), as: UTF8.self)
        for subscription in subscriptions where subscription.kinds.contains(event.kind) {
            try database.execute(
                sql: "INSERT INTO outbox (subscriber, event, trace) VALUES (?, ?, ?)",
                arguments: [subscription.client.upstream.rawValue, text, trace])
        }
    }

    /// Says that there is something to deliver.
    public func wake() { signal.yield() }

    public func run() async throws {
        try await cancelWhenGracefulShutdown {
            // What was left when the process ended.
            self.wake()
            for await _ in self.signals { try await self.deliverAll() }
        }
    }

    /// Delivers until nothing is left or the task is cancelled.
    private func deliverAll() async throws {
        var pauses = Pauses(max: pauseMax)
        while !Task.isCancelled {
            let pending = try await pending()
            metrics.pending[].set(Double(pending.count))
            guard let next = pauses.next(pending.oldest.map(\.key), at: .now) else { return }
            switch next {
            case .wait(let pause): try? await Task.sleep(for: pause)
            case .deliver(let subscriber):
                guard let row = pending.oldest[subscriber] else { preconditionFailure("BUG: nothing is left for \(subscriber)") }
                let isDone = try await deliver(row, to: subscriber)
                pauses.record(subscriber, isFailure: !isDone, at: .now)
            }
        }
    }

    private struct Row: Sendable {
        let sequence: Int64
        let event: String
        let trace: String
    }

    /// How many deliveries are left, and the first of each service.
    private func pending() async throws -> (count: Int, oldest: [String: Row]) {
        try await database.read { database in
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM outbox") ?? 0
            if count == 0 { return (0, [:]) }
            var oldest: [String: Row] = [:]
            let sql =
                "SELECT sequence, subscriber, event, trace FROM outbox WHERE sequence IN (SELECT min(sequence) FROM outbox GROUP BY subscriber)"
            for row in try GRDB.Row.fetchAll(database, sql: sql) {
                oldest[row["subscriber"]] = Row(sequence: row["sequence"], event: row["event"], trace: row["trace"])
            }
            return (count, oldest)
        }
    }

    private func deliver(_ row: Row, to subscriber: String) async throws -> Bool {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let event = try decoder.decode(Event.self, from: Data(row.event.utf8))
        let trace = try decoder.decode(TraceHeaders.self, from: Data(row.trace.utf8))
        guard let subscription = subscriptions.first(where: { $0.client.upstream.rawValue == subscriber }) else {
            // Nobody by that name is told any more.
            try await remove(row)
            return true
        }
        let isDone = await attempt(event, trace, subscription)
        metrics.deliveries[isDone ? .ok : .failed].increment()
        if isDone { try await remove(row) }
        return isDone
    }

    private func attempt(_ event: Event, _ trace: TraceHeaders, _ subscription: Subscription) async -> Bool {
        // A delivery is a trace of its own, linked to the one in which the event happened: it may come minutes later.
        let span = tracer.startAnySpan("outbox deliver", context: .topLevel, ofKind: .producer)
        defer { span.end() }
        span.attributes["shop.event.type"] = event.kind.rawValue
        span.attributes["shop.event.subscriber"] = subscription.client.upstream.telemetryName
        if let cause = trace.context(tracer) { span.addLink(SpanLink(context: cause, attributes: [:])) }
        let metadata: Logger.Metadata = [
            "event": .string(event.kind.rawValue), "subscriber": .string(subscription.client.upstream.telemetryName),
        ]
        return await InstrumentationContext.withValue(span.context) {
            do throws(CallError) {
                try await subscription.client.post("/events", event, isIdempotent: true)
                return true
            } catch {
                if error.isRefusal {
                    // It will not be taken tomorrow either, and those behind it wait.
                    logger.error("event refused", error: error, metadata: metadata)
                    return true
                }
                span.setStatus(SpanStatus(code: .error, message: "\(error)"))
                logger.info("event not delivered yet", metadata: metadata.merging(["reason": "\(error)"]) { first, _ in first })
                return false
            }
        }
    }

    private func remove(_ row: Row) async throws {
        try await database.write { try $0.execute(sql: "DELETE FROM outbox WHERE sequence = ?", arguments: [row.sequence]) }
    }
}
