internal import Foundation
internal import GRDB

/// The shipment of an order. An order has one, and so the shipment has the order's id.
struct Shipment: Codable, Sendable, Hashable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "shipments"

    let id: String
    /// Nil after the person asked to be forgotten, as the address is.
    private(set) var userID: Int?
    private(set) var address: String?
    private(set) var status: ShipmentStatus
    /// When it became what it is.
    private(set) var since: Date
    /// When it goes on; nil where it does not.
    private(set) var due: Date?

    enum CodingKeys: String, CodingKey {
        case id
        case userID = "user_id"
        case address, status, since, due
    }

    init(id: String, userID: Int?, address: String?, status: ShipmentStatus = .created, now: Date, schedule: ShipmentSchedule) {
        self.id = id
        self.userID = userID
        self.address = address
        self.status = status
        since = now
        due = schedule.next(after: status, since: now, id: id)?.at
    }

    mutating func become(_ status: ShipmentStatus, now: Date, schedule: ShipmentSchedule) {
        self.status = status
        since = now
        due = schedule.next(after: status, since: now, id: id)?.at
    }

    mutating func forgetPerson() {
        userID = nil
        address = nil
    }
}

/// A shipment as the API shows it.
struct ShipmentView: Codable, Sendable, Hashable {
    let shipmentID: String
    let orderID: String
    let status: ShipmentStatus
    let since: Date

    private enum CodingKeys: String, CodingKey {
        case shipmentID = "shipment_id"
        case orderID = "order_id"
        case status, since
    }

    init(_ shipment: Shipment) {
        shipmentID = shipment.id
        orderID = shipment.id
        status = shipment.status
        since = shipment.since
    }
}
