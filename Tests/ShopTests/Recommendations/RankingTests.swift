internal import ShopKit
internal import Testing

@testable import ShopRecommendations

@Suite struct RankingTests {
    private func product(_ id: Int, _ category: String, inStock: Bool = true) -> Product {
        Product(id: id, name: "p\(id)", category: category, price: Money(cents: 100), inStock: inStock)
    }

    @Test func `what others bought comes first, then the category, then the rest`() {
        let catalog = [product(1, "a"), product(2, "b"), product(3, "a"), product(4, "b"), product(5, "a")]
        let ranking = Ranking(boughtTogether: [4: 2, 5: 9])
        #expect(ranking.products(beside: 1, of: catalog, limit: 9).map(\.id) == [5, 4, 3, 2])
        #expect(ranking.products(beside: 1, of: catalog, limit: 2).map(\.id) == [5, 4])
    }

    @Test func `neither the product itself nor what is not in stock is recommended`() {
        let catalog = [product(1, "a"), product(2, "a", inStock: false)]
        #expect(Ranking(boughtTogether: [1: 5, 2: 5, 7: 5]).products(beside: 1, of: catalog, limit: 5).isEmpty)
    }

    @Test func `a leak gives everything back when there is too much of it or it ends`() {
        var memory = LeakedMemory(bytesMax: 1000)
        var sizes: [Int] = []
        var ends: [Bool] = []
        for count in [600, 600, 400, nil, 1e300, 1000.0] {
            ends.append(memory.grow(by: count))
            sizes.append(memory.bytes)
        }
        #expect(sizes == [600, 0, 400, 0, 1000, 0])
        #expect(ends == [false, true, false, false, false, true])
    }
}
