public import Foundation

/// Something that happened in a service and that others are told of.
public struct Event: Sendable, Hashable, Codable {
    /// What happened. Receivers pass over kinds that they do not know.
    public struct Kind: RawRepresentable, Sendable, Hashable, Codable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// A person wants to be forgotten; the subject is the user's number.
        public static let userErased = Kind(rawValue: "user.erased")
        /// A person changed what their data may be used for; `data` has `marketing` and `analytics`.
        public static let consentChanged = Kind(rawValue: "user.consent_changed")
        public static let orderPlaced = Kind(rawValue: "order.placed")
        public static let orderPaid = Kind(rawValue: "order.paid")
        public static let orderShipped = Kind(rawValue: "order.shipped")
        public static let orderDelivered = Kind(rawValue: "order.delivered")
        public static let orderCancelled = Kind(rawValue: "order.cancelled")
        public static let orderFailed = Kind(rawValue: "order.failed")
        /// The shipment of an order is on its way; the subject is the order's id.
        public static let shipmentShipped = Kind(rawValue: "shipment.shipped")
        public static let shipmentDelivered = Kind(rawValue: "shipment.delivered")
    }

    /// The same whenever the event is delivered again.
    public let id: UUID
    public let kind: Kind
    public let time: Date
    /// What it is about: the number of a user or an order.
    public let subject: String
    public let data: [String: JSONValue]

    private enum CodingKeys: String, CodingKey {
        case id, time, subject, data
        case kind = "type"
    }

    public init(_ kind: Kind, subject: String, data: [String: JSONValue] = [:], id: UUID = UUID(), time: Date = Date()) {
        self.id = id
        self.kind = kind
        self.time = time
        self.subject = subject
        self.data = data
    }
}
