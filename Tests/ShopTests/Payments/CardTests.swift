internal import Testing

@testable internal import ShopPayments

@Suite struct CardTests {
    @Test func `three cards in a hundred are declined`() {
        let declined = (0..<10_000).count { Card("400000000000\($0 + 10_000)")?.isDeclined == true }
        #expect(declined == 300)
    }

    @Test(arguments: ["", "4000", "4000-0000-0000-0000", "40000000000000000000", "４０００００００００００"])
    func `what has not 12 to 19 digits is no card`(number: String) {
        #expect(Card(number) == nil)
    }

    @Test func `of a card only its last digits can be printed`() {
        let card = Card("4000 1234 5678 9017")
        #expect(card?.lastDigits == "9017")
        #expect(card.map { "\($0)" } == "•••• 9017")
    }

    @Test func `requests that differ in order, amount or card have different fingerprints`() throws {
        let (card, other) = (try #require(Card("4000123456789017")), try #require(Card("4000123456789018")))
        let prints = [
            card.fingerprint(orderID: "o-1", cents: 100), card.fingerprint(orderID: "o-2", cents: 100),
            card.fingerprint(orderID: "o-1", cents: 101), other.fingerprint(orderID: "o-1", cents: 100),
        ]
        #expect(Set(prints).count == 4)
        #expect(Card("4000 1234 5678 9017")?.fingerprint(orderID: "o-1", cents: 100) == prints[0])
    }
}
