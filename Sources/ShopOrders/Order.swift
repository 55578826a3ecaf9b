internal import Foundation
internal import GRDB
internal import ShopKit

/// An order as it is kept: a row that also holds its saga, so that both change in one transaction.
struct Order: Codable, Sendable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "orders"

    struct Item: Codable, Sendable, Hashable {
        let productID: Int
        let quantity: Int
        /// What one costs, as the catalog said when the order was placed.
        let price: Money

        enum CodingKeys: String, CodingKey {
            case productID = "product_id"
            case quantity, price
        }
    }

    let id: String
    /// Nil after the person asked to be forgotten, as the address is.
    private(set) var userID: Int?
    private(set) var address: String?
    /// The card's number: kept no longer than it takes to charge it.
    private(set) var card: String?
    let items: [Item]
    private(set) var status = OrderStatus.created
    let placed: Date
    /// The trace in which it was placed: what is done later belongs to it, also after a restart.
    let trace: TraceHeaders
    private(set) var saga: CheckoutSaga
    /// When the saga goes on; nil where it has nothing to do. A column, since the unfinished are looked for by it.
    private(set) var due: Date?

    enum CodingKeys: String, CodingKey {
        case id
        case userID = "user_id"
        case address, card, items, status, placed, trace, saga, due
    }

    init(id: String, userID: Int, address: String, card: String, items: [Item], placed: Date, trace: TraceHeaders) {
        self.id = id
        self.userID = userID
        self.address = address
        self.card = card
        self.items = items
        self.placed = placed
        self.trace = trace
        saga = CheckoutSaga(placed: placed)
        due = saga.due
    }

    var amount: Money { items.reduce(.zero) { $0 + $1.price * $1.quantity } }

    /// Takes note of what happened in the saga.
    mutating func handle(_ event: CheckoutSaga.Event, now: Date) -> [CheckoutSaga.Milestone] {
        var generator = SystemRandomNumberGenerator()
        let milestones = saga.handle(event, now: now, using: &generator)
        due = saga.step == nil ? nil : saga.due
        for milestone in milestones {
            switch milestone {
            case .charged:
                status = .paid
                card = nil
            case .turnedBack: card = nil
            case .undone: status = .cancelled
            case .keptAfterAll, .fulfilled: break
            }
        }
        return milestones
    }

    /// Takes the order on to a status, if it is not there or further.
    ///
    /// - Returns: whether that is news.
    mutating func advance(to status: OrderStatus) -> Bool {
        guard self.status.progress < status.progress else { return false }
        self.status = status
        return true
    }

    mutating func forgetPerson() {
        userID = nil
        address = nil
        card = nil
    }
}
