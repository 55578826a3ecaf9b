internal import GRDB
internal import ShopKit

/// The products in the database.
struct Catalog: Sendable {
    static let migrations: KeyValuePairs<String, @Sendable (Database) throws -> Void> = [
        "products": { database in
            try database.execute(
                sql: """
                    CREATE TABLE product (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, description TEXT NOT NULL, category TEXT NOT NULL,
                        price_cents INTEGER NOT NULL CHECK (price_cents > 0), in_stock INTEGER NOT NULL
                    )
                    """)
            try database.execute(sql: "CREATE INDEX product_category ON product (category, id)")
            for product in Product.seeds { try Catalog.insert(product, id: product.id, database) }
        }
    ]

    private let database: ShopDatabase

    init(_ database: ShopDatabase) { self.database = database }

    /// Products in the order of their numbers.
    ///
    /// - Parameters:
    ///   - category: only of this one.
    ///   - after: those behind this number.
    func products(category: String?, after: Int, limit: Int) async throws -> [Product] {
        try await database.read { database in
            let rows =
                if let category {
                    try Row.fetchAll(
                        database, sql: "SELECT * FROM product WHERE category = ? AND id > ? ORDER BY id LIMIT ?",
                        arguments: [category, after, limit])
                } else {
                    try Row.fetchAll(database, sql: "SELECT * FROM product WHERE id > ? ORDER BY id LIMIT ?", arguments: [after, limit])
                }
            return rows.map(Product.init)
        }
    }

    func product(_ id: Int) async throws -> Product? {
        try await database.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM product WHERE id = ?", arguments: [id]).map(Product.init)
        }
    }

    /// Adds a product.
    ///
    /// - Returns: its number.
    func add(_ product: Product) async throws -> Int {
        try await database.write { database in
            try Catalog.insert(product, id: nil, database)
            return Int(database.lastInsertedRowID)
        }
    }

    /// Puts a product in the place of the one that has its number.
    ///
    /// - Returns: whether there is one.
    func replace(_ product: Product) async throws -> Bool {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE product SET name = ?, description = ?, category = ?, price_cents = ?, in_stock = ? WHERE id = ?",
                arguments: [product.name, product.description, product.category, product.price.cents, product.inStock, product.id])
            return database.changesCount > 0
        }
    }

    private static func insert(_ product: Product, id: Int?, _ database: Database) throws {
        try database.execute(
            sql: "INSERT INTO product (id, name, description, category, price_cents, in_stock) VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [id, product.name, product.description, product.category, product.price.cents, product.inStock])
    }
}

extension Product {
    init(_ row: Row) {
        self.init(
            id: row["id"], name: row["name"], description: row["description"], category: row["category"],
            price: Money(cents: row["price_cents"]), inStock: row["in_stock"])
    }
}
