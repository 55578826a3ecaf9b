/// Somebody who visits the shop, as a value: told what the shop has answered, it says what the shopper does next. What it does is drawn from a
/// seed, so that a run can be repeated as far as the shop answers the same.
///
///     browse ─> look ─> … ─> log in or register ─> ask for recommendations ─> order ─> look at the order
///        └────────┴── leave at any time
struct Shopper: Sendable {
    /// What is asked of the shop.
    enum Move: Sendable, Hashable {
        case browse(category: String?)
        case look(product: Int)
        case register(Account)
        case consent(userID: Int)
        case logIn(Account)
        case recommendations(userID: Int, product: Int)
        case order([Item], card: String)
        case follow(orderID: String)
    }

    /// What the shop has answered to the last move.
    enum Answer: Sendable, Hashable {
        case products([Product])
        case done
        case user(id: Int)
        case ordered(id: String)
        /// The shop said no: stock is short, the card was declined, one asks too often.
        case refused
        /// The shop did not answer, or with an error.
        case failed
    }

    enum Next: Sendable, Hashable {
        case move(Move, thinking: Duration)
        case leave(Outcome)
    }

    /// What became of a visit.
    enum Outcome: String, Sendable, Hashable, CaseIterable {
        case bought, browsed, refused, failed
    }

    struct Account: Sendable, Hashable {
        let username: String
        let password: String
    }

    struct Product: Sendable, Hashable {
        let id: Int
        let category: String
    }

    struct Item: Sendable, Hashable {
        let product: Int
        let quantity: Int
    }

    /// How people behave.
    struct Habits: Sendable {
        /// The share of those who leave after each step without buying.
        var abandoning = 0.12
        var looksMax = 3
        var itemsMax = 3
        /// The share of those who agree to their visits being analysed, without which there are no recommendations.
        var consenting = 0.7
        var meanThinkingTime = Duration.milliseconds(800)
    }

    private enum Stage: Sendable, Hashable {
        case arriving, browsing, looking(left: Int), registering, consenting, loggingIn, asking, ordering, following(left: Int)
    }

    let account: Account
    let isNew: Bool
    private let habits: Habits
    private var generator: SeededGenerator
    private var stage = Stage.arriving
    private var products: [Product] = []
    private(set) var userID: Int?
    private var orderID: String?

    /// - Parameter isNew: whether the shopper has yet to register.
    init(_ account: Account, isNew: Bool, userID: Int? = nil, habits: Habits = Habits(), seed: UInt64) {
        self.account = account
        self.isNew = isNew
        self.userID = userID
        self.habits = habits
        generator = SeededGenerator(seed: seed)
    }

    /// What the shopper does next.
    mutating func next(after answer: Answer?) -> Next {
        switch answer {
        // A shop without recommendations is still a shop, and an order that cannot be looked at has still been placed.
        case .failed where stage != .asking && orderID == nil: return .leave(.failed)
        case .refused where stage != .asking && orderID == nil: return .leave(.refused)
        case .products(let found) where !found.isEmpty: products = found
        case .user(let id): userID = id
        case .ordered(let id): orderID = id
        default: break
        }
        if stage != .arriving, orderID == nil, generator.happens(habits.abandoning) { return .leave(.browsed) }
        return proceed()
    }

    private mutating func proceed() -> Next {
        switch stage {
        case .arriving:
            stage = .browsing
            return think(.browse(category: nil))
        case .browsing:
            guard let favourite = products.randomElement(using: &generator) else { return .leave(.browsed) }
            stage = .looking(left: Int.random(in: 1...habits.looksMax, using: &generator))
            return think(.browse(category: favourite.category))
        case .looking(let left) where left > 0:
            stage = .looking(left: left - 1)
            return think(.look(product: anyProduct().id))
        case .looking:
            stage = isNew ? .registering : .loggingIn
            return think(isNew ? .register(account) : .logIn(account))
        case .registering:
            stage = .loggingIn
            return think(.logIn(account))
        case .loggingIn:
            stage = .asking
            if isNew, let userID, generator.happens(habits.consenting) {
                stage = .consenting
                return think(.consent(userID: userID))
            }
            return recommendationsOrOrder()
        case .consenting:
            stage = .asking
            return recommendationsOrOrder()
        case .asking: return order()
        case .ordering:
            stage = .following(left: Int.random(in: 0...1, using: &generator))
            return follow()
        case .following(let left) where left > 0:
            stage = .following(left: left - 1)
            return follow()
        case .following: return .leave(.bought)
        }
    }

    private mutating func recommendationsOrOrder() -> Next {
        guard let userID else { return order() }
        return think(.recommendations(userID: userID, product: anyProduct().id))
    }

    private mutating func order() -> Next {
        stage = .ordering
        let wanted = Set((0..<Int.random(in: 1...habits.itemsMax, using: &generator)).map { _ in anyProduct().id })
        let items = wanted.sorted().map { Item(product: $0, quantity: generator.happens(0.8) ? 1 : 2) }
        return think(.order(items, card: anyCard()))
    }

    private mutating func follow() -> Next { orderID.map { think(.follow(orderID: $0)) } ?? .leave(.bought) }

    private mutating func think(_ move: Move) -> Next { .move(move, thinking: generator.exponential(mean: habits.meanThinkingTime)) }

    private mutating func anyProduct() -> Product { products.randomElement(using: &generator) ?? Product(id: 1, category: "") }

    private mutating func anyCard() -> String {
        "4" + (0..<15).map { _ in String(Int.random(in: 0...9, using: &generator)) }.joined()
    }
}

extension Shopper.Move {
    /// All names, in the order in which such moves are made.
    static let names = ["browse", "look", "register", "log in", "consent", "recommendations", "order", "follow order"]

    /// What to call such a move in spans and in the summary.
    var name: String {
        switch self {
        case .browse: "browse"
        case .look: "look"
        case .register: "register"
        case .consent: "consent"
        case .logIn: "log in"
        case .recommendations: "recommendations"
        case .order: "order"
        case .follow: "follow order"
        }
    }
}
