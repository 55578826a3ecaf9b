internal import Foundation
internal import GRDB
internal import ShopKit

/// The payment of an order. An order has one, and so the payment has the order's id: whoever asked for it can undo it without ever having
/// heard what it is called.
struct Payment: Codable, Sendable, Hashable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "payments"

    enum Decision: String, Codable, Sendable, Hashable {
        case accepted, declined
        /// The refund came first: whatever comes later is too late.
        case void
    }

    let id: String
    /// What the first request said, of which others with the same key are repetitions.
    let key: String?
    let fingerprint: String?
    let cents: Int64
    /// Four digits.
    let card: String?
    let decision: Decision
    let time: Date
    var refunded: Date?
}

/// A payment as the API shows it.
struct PaymentView: Codable, Sendable, Hashable {
    let paymentID: String
    let orderID: String
    let amount: Money
    let status: String
    let card: String?
    let time: Date

    private enum CodingKeys: String, CodingKey {
        case paymentID = "payment_id"
        case orderID = "order_id"
        case amount, status, card, time
    }

    /// - Parameter asDecided: as it was when it was made, whatever has become of it.
    init(_ payment: Payment, asDecided: Bool = false) {
        paymentID = payment.id
        orderID = payment.id
        amount = Money(cents: payment.cents)
        status = payment.refunded == nil || asDecided ? payment.decision.rawValue : "refunded"
        card = payment.card
        time = payment.time
    }
}
