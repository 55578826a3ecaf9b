internal import GRDB
internal import HTTPTypes
internal import ShopKit

/// Stock and reservations in the database.
struct Stock: Sendable {
    /// A shop has no more products than this, so that each can have a series.
    static let productsMax = 200
    /// What each product is stocked up to.
    static let full = 100

    static let migrations: KeyValuePairs<String, @Sendable (Database) throws -> Void> = [
        "stock": { database in
            try database.execute(
                sql: """
                    CREATE TABLE stock (
                        product_id INTEGER PRIMARY KEY, available INTEGER NOT NULL CHECK (available >= 0),
                        reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0)
                    );
                    CREATE TABLE reservation (order_id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
                    CREATE TABLE reservation_item (
                        order_id TEXT NOT NULL REFERENCES reservation, product_id INTEGER NOT NULL, quantity INTEGER NOT NULL,
                        PRIMARY KEY (order_id, product_id)
                    ) WITHOUT ROWID;
                    """)
            // The products of a new catalog.
            for product in 1...24 {
                try database.execute(sql: "INSERT INTO stock (product_id, available) VALUES (?, ?)", arguments: [product, Stock.full])
            }
        }
    ]

    enum Outcome: Sendable, Hashable {
        case reserved(Reservation, isNew: Bool)
        case short([Shortage])
    }

    private let database: ShopDatabase

    init(_ database: ShopDatabase) { self.database = database }

    func levels() async throws -> [StockLevel] {
        try await database.read { try Row.fetchAll($0, sql: "SELECT * FROM stock ORDER BY product_id").map(StockLevel.init) }
    }

    func level(of product: Int) async throws -> StockLevel? {
        try await database.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM stock WHERE product_id = ?", arguments: [product]).map(StockLevel.init)
        }
    }

    /// Sets what is available of a product, which is new if there was none of that number.
    func set(_ product: Int, available: Int) async throws {
        try await database.write { database in
            try database.execute(sql: "UPDATE stock SET available = ? WHERE product_id = ?", arguments: [available, product])
            if database.changesCount > 0 { return }
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM stock") ?? 0
            guard count < Stock.productsMax else { throw Problem(.conflict, "there are \(count) products in stock, and no room for more") }
            try database.execute(sql: "INSERT INTO stock (product_id, available) VALUES (?, ?)", arguments: [product, available])
        }
    }

    /// Puts items aside for an order: all of them, or none. Asked again for the same order and items, the answer is the same.
    ///
    /// - Parameter isSoldOut: products of which there is said to be nothing.
    func reserve(_ orderID: String, _ items: [ReservedItem], isSoldOut: @escaping @Sendable (Int) -> Bool) async throws -> Outcome {
        try await database.write { database in
            if let known = try Stock.reservation(orderID, database) {
                if known.state == .released { throw Problem(.conflict, "the reservation of order \(orderID) was released") }
                guard known.items == items else { throw Problem(.conflict, "order \(orderID) has reserved something else") }
                return .reserved(known, isNew: false)
            }
            let short = try shortages(items) { product in
                if isSoldOut(product) { return 0 }
                return try Int.fetchOne(database, sql: "SELECT available FROM stock WHERE product_id = ?", arguments: [product]) ?? 0
            }
            if !short.isEmpty { return .short(short) }
            try database.execute(sql: "INSERT INTO reservation VALUES (?, ?)", arguments: [orderID, Reservation.State.reserved.rawValue])
            for item in items {
                try database.execute(
                    sql: "INSERT INTO reservation_item VALUES (?, ?, ?)", arguments: [orderID, item.productID, item.quantity])
                try database.execute(
                    sql: "UPDATE stock SET available = available - ?, reserved = reserved + ? WHERE product_id = ?",
                    arguments: [item.quantity, item.quantity, item.productID])
            }
            return .reserved(Reservation(orderID: orderID, state: .reserved, items: items), isNew: true)
        }
    }

    /// Takes out of stock what was put aside.
    ///
    /// - Returns: whether that was not done before.
    func commit(_ orderID: String) async throws -> Bool {
        try await database.write { database in
            guard let known = try Stock.reservation(orderID, database) else {
                throw Problem(.notFound, "there is no reservation of order \(orderID)")
            }
            if known.state == .released { throw Problem(.conflict, "the reservation of order \(orderID) was released") }
            if known.state == .committed { return false }
            try Stock.end(known, as: .committed, database)
            return true
        }
    }

    /// Puts back what was put aside. That is so as well where nothing was: who asks may not know whether his reservation arrived, and should
    /// it arrive later, it is refused.
    ///
    /// - Returns: whether something was put back.
    func release(_ orderID: String) async throws -> Bool {
        try await database.write { database in
            guard let known = try Stock.reservation(orderID, database) else {
                try database.execute(
                    sql: "INSERT INTO reservation VALUES (?, ?)", arguments: [orderID, Reservation.State.released.rawValue])
                return false
            }
            if known.state == .committed { throw Problem(.conflict, "what order \(orderID) had reserved has left the house") }
            if known.state == .released { return false }
            try Stock.end(known, as: .released, database)
            return true
        }
    }

    /// Adds so many units to each product that is not full.
    ///
    /// - Returns: whether there was one.
    func restock(_ units: Int) async throws -> Bool {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE stock SET available = min(available + ?, ?) WHERE available < ?", arguments: [units, Stock.full, Stock.full])
            return database.changesCount > 0
        }
    }

    private static func reservation(_ orderID: String, _ database: Database) throws -> Reservation? {
        let text = try String.fetchOne(database, sql: "SELECT state FROM reservation WHERE order_id = ?", arguments: [orderID])
        guard let state = text.flatMap(Reservation.State.init) else { return nil }
        let rows = try Row.fetchAll(
            database, sql: "SELECT product_id, quantity FROM reservation_item WHERE order_id = ? ORDER BY product_id", arguments: [orderID])
        return Reservation(
            orderID: orderID, state: state, items: rows.map { ReservedItem(productID: $0["product_id"], quantity: $0["quantity"]) })
    }

    private static func end(_ reservation: Reservation, as state: Reservation.State, _ database: Database) throws {
        for item in reservation.items {
            try database.execute(
                sql: "UPDATE stock SET reserved = reserved - ?, available = available + ? WHERE product_id = ?",
                arguments: [item.quantity, state == .released ? item.quantity : 0, item.productID])
        }
        try database.execute(sql: "UPDATE reservation SET state = ? WHERE order_id = ?", arguments: [state.rawValue, reservation.orderID])
    }
}

extension StockLevel {
    init(_ row: Row) { self.init(productID: row["product_id"], available: row["available"], reserved: row["reserved"]) }
}
