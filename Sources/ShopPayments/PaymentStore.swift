internal import Foundation
internal import GRDB
internal import ShopKit

/// The payments on the disk. Looking for an earlier answer, deciding and keeping the decision are one transaction: of requests with the same
/// key that come at the same time one decides, and the others find its answer.
struct PaymentStore: Sendable {
    struct Request: Sendable {
        let orderID: String
        let key: String
        let amount: Money
        let card: Card

        var fingerprint: String { card.fingerprint(orderID: orderID, cents: amount.cents) }
    }

    enum Result: Sendable, Hashable {
        case decided(Payment)
        case replayed(Payment)
        /// The key belongs to another request.
        case otherBody
        /// The order has another payment, or its payment was refunded before it was made.
        case taken(Payment)
    }

    private let database: ShopDatabase

    init(_ database: ShopDatabase) { self.database = database }

    @Sendable
    static func migrate(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE payments (
                    id TEXT PRIMARY KEY, key TEXT UNIQUE, fingerprint TEXT, cents INTEGER NOT NULL, card TEXT, decision TEXT NOT NULL,
                    time TEXT NOT NULL, refunded TEXT
                )
                """)
    }

    func payment(_ id: String) async throws -> Payment? { try await database.read { try Payment.fetchOne($0, key: id) } }

    /// The answer that a request has had before.
    func earlier(_ request: Request) async throws -> Result? { try await database.read { try Self.earlier(request, $0) } }

    /// Decides about a request, unless that was done before.
    func pay(_ request: Request, now: Date) async throws -> Result {
        try await database.write { database in
            if let earlier = try Self.earlier(request, database) { return earlier }
            // To the second, as it is answered: the database rounds to milliseconds, and a repetition must have the very same answer.
            let time = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
            let payment = Payment(
                id: request.orderID, key: request.key, fingerprint: request.fingerprint, cents: request.amount.cents,
                card: request.card.lastDigits, decision: request.card.isDeclined ? .declined : .accepted, time: time)
            try payment.insert(database)
            return .decided(payment)
        }
    }

    private static func earlier(_ request: Request, _ database: Database) throws -> Result? {
        if let earlier = try Payment.filter(Column("key") == request.key).fetchOne(database) {
            return earlier.fingerprint == request.fingerprint ? .replayed(earlier) : .otherBody
        }
        return try Payment.fetchOne(database, key: request.orderID).map { .taken($0) }
    }

    /// Gives back what was charged, once. Where nothing was yet, nothing ever will be.
    ///
    /// - Returns: the payment, and whether money has moved.
    func refund(_ id: String, now: Date) async throws -> (payment: Payment, isNew: Bool) {
        try await database.write { database in
            guard var payment = try Payment.fetchOne(database, key: id) else {
                let void = Payment(id: id, key: nil, fingerprint: nil, cents: 0, card: nil, decision: .void, time: now, refunded: now)
                try void.insert(database)
                return (void, false)
            }
            guard payment.decision == .accepted, payment.refunded == nil else { return (payment, false) }
            payment.refunded = now
            try payment.update(database)
            return (payment, true)
        }
    }
}
