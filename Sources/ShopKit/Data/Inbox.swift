public import Foundation
public import GRDB
internal import HTTPTypes
internal import Hummingbird

/// Remembers which events a service had, so that one that is delivered twice is taken once.
public enum Inbox {
    /// Events are not delivered again after so long.
    private static let keptFor: TimeInterval = 7 * 86_400

    /// The migration that makes the table.
    @Sendable
    public static func migrate(_ database: Database) throws {
        try database.execute(sql: "CREATE TABLE inbox (id TEXT PRIMARY KEY, received REAL NOT NULL) WITHOUT ROWID")
        try database.execute(sql: "CREATE INDEX inbox_received ON inbox (received)")
    }

    /// Notes an event, in the transaction in which it is taken.
    ///
    /// - Returns: whether it is new.
    public static func accept(_ event: Event, _ database: Database, now: Date) throws -> Bool {
        let received = now.timeIntervalSince1970
        try database.execute(sql: "DELETE FROM inbox WHERE received < ?", arguments: [received - keptFor])
        try database.execute(sql: "INSERT OR IGNORE INTO inbox (id, received) VALUES (?, ?)", arguments: [event.id.uuidString, received])
        return database.changesCount > 0
    }
}

extension ServiceAssembly {
    /// Takes events at `POST /events`, each once.
    ///
    /// - Parameters:
    ///   - database: has had ``Inbox/migrate(_:)``.
    ///   - then: what is to be done when the transaction is through, every time the event comes.
    ///   - take: what an event changes, in the transaction that notes it.
    public func receiveEvents(
        _ database: ShopDatabase, then: @escaping @Sendable (Event) async throws -> Void = { _ in },
        _ take: @escaping @Sendable (Event, Database) throws -> Void
    ) {
        let now = settings.now
        router.post("/events") { request, context -> HTTPResponse.Status in
            let event = try await request.decode(as: Event.self, context: context)
            try await database.write { database in
                if try Inbox.accept(event, database, now: now()) { try take(event, database) }
            }
            try await then(event)
            return .noContent
        }
    }
}
