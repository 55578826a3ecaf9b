/// Where an order stands, in the words of the API.
enum OrderStatus: String, Codable, Sendable, Hashable, CaseIterable {
    case created = "CREATED"
    case paid = "PAID"
    case shipped = "SHIPPED"
    case delivered = "DELIVERED"
    case cancelled = "CANCELLED"

    /// What somebody may set an order to. That it is paid only the payment says; and what has left the house cannot be cancelled.
    var allowedNext: Set<OrderStatus> {
        switch self {
        case .created: [.cancelled]
        case .paid: [.shipped, .cancelled]
        case .shipped: [.delivered]
        case .delivered, .cancelled: []
        }
    }

    /// How far on the way to the customer. News of a shipment may come late or twice, and never take an order back.
    var progress: Int {
        switch self {
        case .created: 0
        case .paid: 1
        case .shipped: 2
        case .delivered, .cancelled: 3
        }
    }
}
