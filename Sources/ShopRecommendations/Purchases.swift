internal import GRDB
internal import ShopKit

/// Who agrees to be analysed, and what they bought, in the database. Of others nothing is kept.
struct Purchases: Sendable {
    static let migrations: KeyValuePairs<String, @Sendable (Database) throws -> Void> = [
        "purchases": { database in
            try database.execute(
                sql: """
                    CREATE TABLE consenting (user_id INTEGER PRIMARY KEY);
                    CREATE TABLE purchase (
                        product_id INTEGER NOT NULL, user_id INTEGER NOT NULL REFERENCES consenting ON DELETE CASCADE,
                        PRIMARY KEY (product_id, user_id)
                    ) WITHOUT ROWID;
                    CREATE INDEX purchase_user ON purchase (user_id);
                    """)
        },
        "inbox": Inbox.migrate,
    ]

    private let database: ShopDatabase

    init(_ database: ShopDatabase) { self.database = database }

    func hasConsent(_ user: Int) async throws -> Bool {
        try await database.read { try Int.fetchOne($0, sql: "SELECT 1 FROM consenting WHERE user_id = ?", arguments: [user]) != nil }
    }

    /// How many of those who bought a product bought each other one as well.
    func boughtTogether(with product: Int) async throws -> [Int: Int] {
        try await database.read { database in
            let sql = """
                SELECT other.product_id, count(*) AS times FROM purchase AS one JOIN purchase AS other USING (user_id)
                WHERE one.product_id = ? AND other.product_id <> one.product_id GROUP BY other.product_id
                """
            let rows = try Row.fetchAll(database, sql: sql, arguments: [product])
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["product_id"], $0["times"]) })
        }
    }

    /// Takes what happened elsewhere, in the transaction that notes the event.
    static func take(_ event: Event, _ database: Database) throws {
        switch event.kind {
        case .consentChanged:
            guard let user = Int(event.subject) else { return }
            if event.data["analytics"] == true {
                try database.execute(sql: "INSERT OR IGNORE INTO consenting VALUES (?)", arguments: [user])
            } else {
                try forget(user, database)
            }
        case .userErased:
            guard let user = Int(event.subject) else { return }
            try forget(user, database)
        case .orderPaid:
            guard let user = event.data["user_id"]?.integer else { return }
            for item in event.data["items"]?.array ?? [] {
                guard let product = item["product_id"]?.integer else { continue }
                // Of nobody who has not agreed.
                try database.execute(
                    sql: "INSERT OR IGNORE INTO purchase SELECT ?, user_id FROM consenting WHERE user_id = ?", arguments: [product, user])
            }
        default: break
        }
    }

    private static func forget(_ user: Int, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM consenting WHERE user_id = ?", arguments: [user])
    }

    func checkpoint() async throws { try await database.checkpoint() }
}
