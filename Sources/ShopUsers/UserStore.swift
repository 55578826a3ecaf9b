internal import GRDB
internal import ShopKit

/// The users in the database.
struct UserStore: Sendable {
    static let migrations: KeyValuePairs<String, @Sendable (Database) throws -> Void> = [
        "users": { database in
            // Numbers are not given twice, not even those of people who were forgotten.
            try database.execute(
                sql: """
                    CREATE TABLE user (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT NOT NULL UNIQUE COLLATE NOCASE, email TEXT NOT NULL,
                        password TEXT NOT NULL, role TEXT NOT NULL, marketing INTEGER NOT NULL, analytics INTEGER NOT NULL
                    )
                    """)
        },
        "outbox": Outbox.migrate,
    ]

    private let database: ShopDatabase
    private let outbox: Outbox

    init(_ database: ShopDatabase, _ outbox: Outbox) {
        self.database = database
        self.outbox = outbox
    }

    /// - Returns: nil where the name is taken.
    func add(_ new: NewUser, _ password: PasswordHash, role: Role) async throws -> User? {
        let outbox = outbox
        let user: User? = try await database.write { database in
            let consent = new.consent ?? Consent()
            try database.execute(
                sql: """
                    INSERT INTO user (username, email, password, role, marketing, analytics) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """,
                arguments: [new.username, new.email, password.description, role.rawValue, consent.marketing, consent.analytics])
            if database.changesCount == 0 { return nil }
            let user = User(id: Int(database.lastInsertedRowID), username: new.username, email: new.email, consent: consent)
            if consent != Consent() { try outbox.append(UserStore.consentEvent(user.id, consent), database) }
            return user
        }
        outbox.wake()
        return user
    }

    func user(_ id: Int) async throws -> User? {
        try await database.read { try Row.fetchOne($0, sql: "SELECT * FROM user WHERE id = ?", arguments: [id]).map(User.init) }
    }

    /// What is needed to let somebody in.
    func login(_ username: String) async throws -> (id: Int, role: Role, password: PasswordHash)? {
        try await database.read { database in
            let row = try Row.fetchOne(database, sql: "SELECT id, role, password FROM user WHERE username = ?", arguments: [username])
            guard let row, let role = Role(rawValue: row["role"]), let password = PasswordHash(row["password"]) else { return nil }
            return (row["id"], role, password)
        }
    }

    /// Changes what a user agrees to, and tells those who go by it.
    ///
    /// - Returns: the user, or nil if there is none.
    func set(_ consent: Consent, of id: Int) async throws -> User? {
        let outbox = outbox
        let user: User? = try await database.write { database in
            try database.execute(
                sql: "UPDATE user SET marketing = ?, analytics = ? WHERE id = ?", arguments: [consent.marketing, consent.analytics, id])
            if database.changesCount == 0 { return nil }
            try outbox.append(UserStore.consentEvent(id, consent), database)
            return try Row.fetchOne(database, sql: "SELECT * FROM user WHERE id = ?", arguments: [id]).map(User.init)
        }
        outbox.wake()
        return user
    }

    /// Forgets a user, and tells those who know of them to do the same. When this returns, nothing of them is left in the files here.
    ///
    /// - Returns: whether there was one.
    func erase(_ id: Int) async throws -> Bool {
        let outbox = outbox
        let wasThere = try await database.write { database in
            try database.execute(sql: "DELETE FROM user WHERE id = ?", arguments: [id])
            if database.changesCount == 0 { return false }
            try outbox.append(Event(.userErased, subject: String(id)), database)
            return true
        }
        outbox.wake()
        if wasThere { try await database.checkpoint() }
        return wasThere
    }

    private static func consentEvent(_ id: Int, _ consent: Consent) -> Event {
        Event(
            .consentChanged, subject: String(id), data: ["marketing": .bool(consent.marketing), "analytics": .bool(consent.analytics)])
    }
}

extension User {
    init(_ row: Row) {
        self.init(
            id: row["id"], username: row["username"], email: row["email"],
            consent: Consent(marketing: row["marketing"], analytics: row["analytics"]))
    }
}
