public import CoreMetrics
public import GRDB
internal import Synchronization
public import Tracing

/// Records the statements of a GRDB database, in the names of OpenTelemetry's semantic conventions: a client span each, and the metric
/// `db.client.operation.duration`.
///
///     var configuration = Configuration()
///     QueryTelemetry().install(in: &configuration)
///     let pool = try DatabasePool(path: path, configuration: configuration)
///
/// Spans hold the text of statements without their arguments. They belong to the span in which the database is used; work that GRDB does on
/// threads of its own, as its `async` functions do, is given that span by `tracedRead` and
/// `tracedWrite`.
public struct QueryTelemetry: Sendable {
    private let tracer: (any Tracer)?
    private let instruments: QueryInstruments
    private let quietOperations: Set<String>
    private let sqlBytesMax = 4096

    /// - Parameters:
    ///   - metrics: where the metrics are made; the one that the process was set up with unless given.
    ///   - tracer: makes the spans; the one that the process was set up with unless given.
    ///   - quietOperations: kinds of statements that leave no spans, only metrics, in capitals; such as `["BEGIN", "COMMIT", "PRAGMA"]`, which
    ///     GRDB puts around each access.
    public init(
        metrics: any MetricsFactory = MetricsSystem.factory, tracer: (any Tracer)? = nil, quietOperations: Set<String> = []
    ) {
        self.tracer = tracer
        self.quietOperations = quietOperations
        instruments = QueryInstruments(metrics)
    }

    /// Watches the statements of all connections that are opened with this configuration.
    public func install(in configuration: inout Configuration) {
        configuration.prepareDatabase { database in
            let running = RunningStatements()
            database.trace(options: [.statement, .profile]) { event in
                switch event {
                case .statement(let statement): running.start(statement.sql)
                case .profile(let statement, let duration): record(statement.sql, seconds: running.end() ?? duration)
                }
            }
        }
    }

    private func record(_ sql: String, seconds: Double) {
        let operation = QueryTelemetry.operation(sql)
        let nanoseconds = UInt64(min(max(seconds, 0), 1e9) * 1e9)
        instruments.duration(operation).recordNanoseconds(Int64(nanoseconds))
        // Statements outside of any span, such as those with which a pool opens, make no traces of their own.
        guard let context = InstrumentationContext.current, !quietOperations.contains(operation) else { return }
        let end = DefaultTracerClock.now.nanosecondsSinceEpoch
        let span = (tracer ?? InstrumentationSystem.tracer).startSpan(
            operation, context: context, ofKind: .client,
            at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: end - min(nanoseconds, end)))
        if span.isRecording {
            span.attributes = [
                "db.system.name": "sqlite", "db.operation.name": .string(operation),
                "db.query.text": .string(String(sql.prefix(sqlBytesMax))),
            ]
        }
        span.end(at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: end))
    }

    /// The word that a statement begins with, in capitals; one that SQLite does not have is `OTHER`.
    static func operation(_ sql: String) -> String {
        let word = sql.drop { $0.isWhitespace || $0 == "(" }.prefix { $0.isLetter }.uppercased()
        return known.contains(word) ? word : "OTHER"
    }

    private static let known: Set<String> = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "CREATE", "DROP", "ALTER", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT",
        "RELEASE", "PRAGMA", "VACUUM", "ANALYZE", "ATTACH", "DETACH", "EXPLAIN", "REINDEX", "VALUES", "END",
    ]
}

/// The statements that run in one connection, and since when: SQLite itself measures them in whole milliseconds.
private final class RunningStatements: Sendable {
    /// More do not run within each other; what is beyond has no time of its own.
    private static let depthMax = 64
    private let starts = Mutex<[ContinuousClock.Instant]>([])

    func start(_ sql: String) {
        // What SQLite tells of triggers is a comment, and has no end.
        if sql.hasPrefix("--") { return }
        starts.withLock { starts in
            if starts.count < Self.depthMax { starts.append(.now) }
        }
    }

    /// - Returns: how long the statement ran that was started last, in seconds.
    func end() -> Double? {
        let start = starts.withLock { $0.popLast() }
        return start.map { (ContinuousClock.now - $0) / .seconds(1) }
    }
}

extension DatabaseReader {
    /// Reads as `read` does, with the statements belonging to the caller's span.
    public func tracedRead<Value: Sendable>(_ value: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        let context = InstrumentationContext.current
        return try await read { database in try InstrumentationContext.withValue(context) { try value(database) } }
    }
}

extension DatabaseWriter {
    /// Writes as `write` does, with the statements belonging to the caller's span.
    public func tracedWrite<Value: Sendable>(_ updates: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        let context = InstrumentationContext.current
        return try await write { database in try InstrumentationContext.withValue(context) { try updates(database) } }
    }
}

/// The timers, one for each kind of statement.
final class QueryInstruments: Sendable {
    private let factory: any MetricsFactory
    private let timers = Mutex<[String: Timer]>([:])

    init(_ factory: any MetricsFactory) { self.factory = factory }

    func duration(_ operation: String) -> Timer {
        timers.withLock { timers in
            if let known = timers[operation] { return known }
            let made = Timer(
                label: "db.client.operation.duration", dimensions: [("db.system.name", "sqlite"), ("db.operation.name", operation)],
                factory: factory)
            timers[operation] = made
            return made
        }
    }
}
