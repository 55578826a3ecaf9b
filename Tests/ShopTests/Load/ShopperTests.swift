internal import Testing

@testable internal import ShopLoad

@Suite struct ShopperTests {
    private let account = Shopper.Account(username: "ada", password: "secret")
    private let products = (1...24).map { Shopper.Product(id: $0, category: "category \($0 % 4)") }

    @Test func `most look around, many buy, and everybody leaves`() {
        var outcomes: [Shopper.Outcome: Int] = [:]
        for seed in 0..<2000 as Range<UInt64> {
            let visit = visit(isNew: seed % 2 == 0, seed: seed) { _ in nil }
            outcomes[visit.outcome, default: 0] += 1
        }
        #expect(outcomes[.bought, default: 0] > 600)
        #expect(outcomes[.browsed, default: 0] > 600)
        #expect(outcomes[.failed] == nil && outcomes[.refused] == nil)
    }

    @Test func `nobody orders before having logged in, nor logs in before having registered`() {
        for seed in 0..<500 as Range<UInt64> {
            let isNew = seed % 2 == 0
            let moves = visit(isNew: isNew, seed: seed) { _ in nil }.moves
            let order = moves.firstIndex { if case .order = $0 { true } else { false } }
            guard let order else { continue }
            let logIn = moves.firstIndex(of: .logIn(account))
            #expect(logIn.map { $0 < order } == true, "seed \(seed)")
            #expect(moves.firstIndex(of: .register(account)).map { $0 < logIn ?? 0 } == (isNew ? true : nil), "seed \(seed)")
        }
    }

    @Test func `an order holds each product once, and one that the shop has`() {
        for seed in 0..<500 as Range<UInt64> {
            for case .order(let items, let card) in visit(isNew: false, seed: seed, { _ in nil }).moves {
                #expect(!items.isEmpty && Set(items.map(\.product)).count == items.count)
                #expect(items.allSatisfy { (1...24).contains($0.product) && (1...2).contains($0.quantity) })
                #expect(card.utf8.count == 16)
            }
        }
    }

    @Test func `a failure ends the visit, but for recommendations, without which one can buy`() {
        var failed = 0
        var bought = 0
        for seed in 0..<500 as Range<UInt64> {
            let browsing = visit(isNew: false, seed: seed) { if case .look = $0 { .failed } else { nil } }
            if browsing.outcome == .failed { failed += 1 }
            let asking = visit(isNew: true, seed: seed) { if case .recommendations = $0 { .failed } else { nil } }
            #expect(asking.outcome != .failed)
            if asking.outcome == .bought { bought += 1 }
        }
        #expect(failed > 300 && bought > 100)
    }

    @Test func `whose order is refused leaves without it`() {
        let outcomes = (0..<500 as Range<UInt64>).map { seed in
            visit(isNew: false, seed: seed) { if case .order = $0 { .refused } else { nil } }.outcome
        }
        #expect(!outcomes.contains(.bought))
        #expect(outcomes.count { $0 == .refused } > 150)
    }

    @Test func `the same seed makes the same visit`() {
        for seed in 0..<50 as Range<UInt64> {
            #expect(visit(isNew: true, seed: seed) { _ in nil }.moves == visit(isNew: true, seed: seed) { _ in nil }.moves)
        }
    }

    /// A visit to a shop that answers everything, or as `answer` says.
    private func visit(
        isNew: Bool, seed: UInt64, _ answer: (Shopper.Move) -> Shopper.Answer?
    ) -> (moves: [Shopper.Move], outcome: Shopper.Outcome) {
        var shopper = Shopper(account, isNew: isNew, userID: isNew ? nil : 7, seed: seed)
        var moves: [Shopper.Move] = []
        var last: Shopper.Answer?
        while true {
            switch shopper.next(after: last) {
            case .leave(let outcome): return (moves, outcome)
            case .move(let move, _):
                moves.append(move)
                last = answer(move) ?? success(move)
            }
            precondition(moves.count < 100, "BUG: a visit without end (seed \(seed))")
        }
    }

    private func success(_ move: Shopper.Move) -> Shopper.Answer {
        switch move {
        case .browse(let category): .products(products.filter { category == nil || $0.category == category })
        case .register, .logIn: .user(id: 7)
        case .order: .ordered(id: "o-1")
        case .look, .consent, .recommendations, .follow: .done
        }
    }
}
