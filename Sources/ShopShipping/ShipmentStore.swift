internal import Foundation
internal import GRDB
internal import ShopKit

/// The shipments on the disk. Each change is one transaction, together with the events that tell of it.
struct ShipmentStore: Sendable {
    enum Creation: Sendable, Hashable {
        case created(Shipment)
        case known(Shipment)
        /// It was cancelled before it was made.
        case cancelled
    }

    enum Cancellation: Sendable, Hashable {
        case cancelled
        case wasCancelled
        /// It has left the warehouse.
        case tooLate(ShipmentStatus)
    }

    private let database: ShopDatabase
    private let outbox: Outbox
    private let schedule: ShipmentSchedule

    init(_ database: ShopDatabase, outbox: Outbox, schedule: ShipmentSchedule) {
        self.database = database
        self.outbox = outbox
        self.schedule = schedule
    }

    @Sendable
    static func migrate(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE shipments (
                    id TEXT PRIMARY KEY, user_id INTEGER, address TEXT, status TEXT NOT NULL, since TEXT NOT NULL, due TEXT
                );
                CREATE INDEX shipments_of_user ON shipments (user_id);
                CREATE INDEX shipments_due ON shipments (due) WHERE due IS NOT NULL;
                """)
    }

    func shipment(_ id: String) async throws -> Shipment? { try await database.read { try Shipment.fetchOne($0, key: id) } }

    func create(orderID: String, userID: Int?, address: String, now: Date) async throws -> Creation {
        try await database.write { database in
            if let known = try Shipment.fetchOne(database, key: orderID) { return known.status == .cancelled ? .cancelled : .known(known) }
            let shipment = Shipment(id: orderID, userID: userID, address: address, now: now, schedule: schedule)
            try shipment.insert(database)
            return .created(shipment)
        }
    }

    /// Cancels a shipment while it is here. One that was not made yet never will be: the request for it may still be on its way.
    func cancel(_ id: String, now: Date) async throws -> Cancellation {
        try await database.write { database in
            guard var shipment = try Shipment.fetchOne(database, key: id) else {
                try Shipment(id: id, userID: nil, address: nil, status: .cancelled, now: now, schedule: schedule).insert(database)
                return .wasCancelled
            }
            switch shipment.status {
            case .cancelled: return .wasCancelled
            case .shipped, .delivered: return .tooLate(shipment.status)
            case .created:
                shipment.become(.cancelled, now: now, schedule: schedule)
                try shipment.update(database)
                return .cancelled
            }
        }
    }

    /// Takes shipments on whose time has come, those first that wait longest.
    ///
    /// - Returns: the shipments, as they are now.
    func advance(now: Date, max: Int) async throws -> [Shipment] {
        let advanced = try await database.write { database in
            var advanced: [Shipment] = []
            for var shipment in try Shipment.filter(Column("due") <= now).order(Column("due")).limit(max).fetchAll(database) {
                guard let next = schedule.next(after: shipment.status, since: shipment.since, id: shipment.id) else { continue }
                shipment.become(next.status, now: now, schedule: schedule)
                try shipment.update(database)
                let kind: Event.Kind = next.status == .shipped ? .shipmentShipped : .shipmentDelivered
                try outbox.append(Event(kind, subject: shipment.id), database)
                advanced.append(shipment)
            }
            return advanced
        }
        if !advanced.isEmpty { outbox.wake() }
        return advanced
    }

    /// Forgets where a person's parcels went, in the transaction that notes the event. One that has yet to go does not go.
    func forget(userID: Int, now: Date, _ database: Database) throws {
        for var shipment in try Shipment.filter(Column("user_id") == userID).fetchAll(database) {
            if shipment.status == .created { shipment.become(.cancelled, now: now, schedule: schedule) }
            shipment.forgetPerson()
            try shipment.update(database)
        }
    }
}
