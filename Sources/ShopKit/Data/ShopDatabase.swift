public import GRDB
internal import PerchGRDB

/// The SQLite database of one service: write-ahead log, migrations, statements as spans and metrics. What is deleted is overwritten, so that
/// nothing of a person stays behind in free pages.
public struct ShopDatabase: Sendable {
    private let pool: DatabasePool

    /// Opens the database, makes it where there is none, and runs the migrations that it has not had.
    public init(
        path: String, migrations: KeyValuePairs<String, @Sendable (Database) throws -> Void>, telemetry: ServiceTelemetry
    ) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 2
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA secure_delete = ON") }
        // What GRDB puts around each access would be most of a trace.
        QueryTelemetry(metrics: telemetry.metricsFactory, tracer: telemetry.tracer, quietOperations: ["BEGIN", "COMMIT", "PRAGMA"])
            .install(in: &configuration)
        pool = try DatabasePool(path: path, configuration: configuration)
        var migrator = DatabaseMigrator()
        for (name, migration) in migrations { migrator.registerMigration(name, migrate: migration) }
        try migrator.migrate(pool)
    }

    /// Reads, the statements belonging to the caller's span.
    public func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await pool.tracedRead(body)
    }

    /// Writes in one transaction, the statements belonging to the caller's span.
    public func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await pool.tracedWrite(body)
    }

    /// Moves everything from the write-ahead log into the database and empties it: after deletions that must leave nothing behind.
    ///
    /// A reader that takes long is waited for.
    public func checkpoint() async throws {
        for _ in 0..<2 {
            do {
                return try await truncateLog()
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        try await truncateLog()
    }

    private func truncateLog() async throws {
        try await pool.writeWithoutTransaction { database in _ = try database.checkpoint(.truncate) }
    }

    /// Whether the database answers.
    func answers() async -> Bool {
        do {
            return try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") } != nil
        } catch {
            return false
        }
    }
}
