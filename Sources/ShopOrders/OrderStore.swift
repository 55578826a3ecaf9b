internal import Foundation
internal import GRDB
internal import HTTPTypes
internal import ShopKit

/// The orders on the disk. Each change is one transaction, together with the events that tell others of it.
struct OrderStore: Sendable {
    /// What an event has done to an order.
    struct Change: Sendable {
        let order: Order
        let milestones: [CheckoutSaga.Milestone]
    }

    private let database: ShopDatabase
    private let outbox: Outbox

    init(_ database: ShopDatabase, outbox: Outbox) {
        self.database = database
        self.outbox = outbox
    }

    @Sendable
    static func migrate(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE orders (
                    id TEXT PRIMARY KEY, user_id INTEGER, address TEXT, card TEXT, items TEXT NOT NULL,
                    status TEXT NOT NULL, placed TEXT NOT NULL, trace TEXT NOT NULL, saga TEXT NOT NULL, due TEXT
                );
                CREATE INDEX orders_of_user ON orders (user_id, placed);
                CREATE INDEX orders_due ON orders (due) WHERE due IS NOT NULL;
                """)
    }

    func place(_ order: Order) async throws {
        try await database.write { database in
            try order.insert(database)
            try announce(.orderPlaced, order, database)
        }
        outbox.wake()
    }

    func order(_ id: String) async throws -> Order? { try await database.read { try Order.fetchOne($0, key: id) } }

    /// A person's orders, the newest first.
    func orders(of userID: Int, max: Int) async throws -> [Order] {
        try await database.read { database in
            try Order.filter(Column("user_id") == userID).order(Column("placed").desc).limit(max).fetchAll(database)
        }
    }

    /// Orders whose saga is to go on, those that wait longest first.
    func due(by now: Date, max: Int) async throws -> [Order] {
        try await database.read { database in
            try Order.filter(Column("due") <= now).order(Column("due")).limit(max).fetchAll(database)
        }
    }

    /// Takes note of what happened in an order's saga.
    ///
    /// - Returns: nil where there is no such order.
    func apply(_ event: CheckoutSaga.Event, to id: String, now: Date) async throws -> Change? {
        let change = try await database.write { database -> Change? in
            guard var order = try Order.fetchOne(database, key: id) else { return nil }
            let milestones = order.handle(event, now: now)
            for milestone in milestones {
                switch milestone {
                case .charged: try announce(.orderPaid, order, database)
                case .undone(let setback): try announce(setback.kind == .cancelled ? .orderCancelled : .orderFailed, order, database)
                case .turnedBack, .keptAfterAll, .fulfilled: break
                }
            }
            try order.update(database)
            return Change(order: order, milestones: milestones)
        }
        outbox.wake()
        return change
    }

    /// Has an order undone, as far as that is still possible.
    ///
    /// - Throws: a ``Problem`` with status 404, or 409 where it is too late.
    func cancel(_ id: String, now: Date) async throws {
        try await database.write { database in
            guard var order = try Order.fetchOne(database, key: id) else { throw Problem(.notFound, "there is no order \(id)") }
            guard order.status.allowedNext.contains(.cancelled) else {
                throw Problem(.conflict, "an order that is \(order.status.rawValue) cannot become \(OrderStatus.cancelled.rawValue)")
            }
            _ = order.handle(.cancel(reason: "cancelled by an administrator"), now: now)
            try order.update(database)
        }
    }

    /// Sets an order's status by hand, as far as that may be done.
    ///
    /// - Throws: a ``Problem`` with status 404 or 409.
    func set(_ id: String, to status: OrderStatus) async throws -> Order {
        let order = try await database.write { database -> Order in
            guard var order = try Order.fetchOne(database, key: id) else { throw Problem(.notFound, "there is no order \(id)") }
            guard order.status.allowedNext.contains(status), order.advance(to: status) else {
                throw Problem(.conflict, "an order that is \(order.status.rawValue) cannot become \(status.rawValue)")
            }
            try order.update(database)
            try announce(status == .shipped ? .orderShipped : .orderDelivered, order, database)
            return order
        }
        outbox.wake()
        return order
    }

    /// Takes news of a shipment, in the transaction that notes the event.
    ///
    /// - Returns: whether the order has got further by it.
    func advance(_ id: String, to status: OrderStatus, _ database: Database) throws -> Bool {
        guard var order = try Order.fetchOne(database, key: id), order.advance(to: status) else { return false }
        try order.update(database)
        try announce(status == .shipped ? .orderShipped : .orderDelivered, order, database)
        return true
    }

    /// Forgets whose orders these were, in the transaction that notes the event. What is not yet through comes to nothing.
    func forget(userID: Int, now: Date, _ database: Database) throws {
        for var order in try Order.filter(Column("user_id") == userID).fetchAll(database) {
            if order.saga.step != nil { _ = order.handle(.cancel(reason: "the customer asked to be forgotten"), now: now) }
            order.forgetPerson()
            try order.update(database)
        }
    }

    /// Tells others of an order: by whom, and of which products, as far as the person is known.
    private func announce(_ kind: Event.Kind, _ order: Order, _ database: Database) throws {
        var data: [String: JSONValue] = [
            "amount": .number(order.amount.euros),
            "items": .array(order.items.map { ["product_id": .number(Double($0.productID)), "quantity": .number(Double($0.quantity))] }),
        ]
        if let userID = order.userID { data["user_id"] = .number(Double(userID)) }
        try outbox.append(Event(kind, subject: order.id, data: data), database)
    }
}
