internal import Foundation
internal import ShopKit
internal import TestSupport
internal import Testing

@Suite struct MoneyTests {
    private func decoded(_ text: String) -> Money? { try? JSONDecoder().decode(Money.self, from: Data(text.utf8)) }

    @Test func `amounts travel as decimal numbers, exactly`() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<2000 {
            let money = Money(cents: Int64.random(in: -Money.centsMax...Money.centsMax, using: &random))
            let text = String(decoding: try JSONEncoder().encode(money), as: UTF8.self)
            #expect(decoded(text) == money, "\(text)")
            #expect(decoded(money.description) == money)
        }
        #expect(decoded("19.99") == Money(cents: 1999))
        #expect(decoded("0.1") == Money(cents: 10))
    }

    @Test(arguments: ["0.001", "1e12", "\"1\"", "null", "1e400", "{}", "-2000000"])
    func `what is no amount is refused`(text: String) { #expect(decoded(text) == nil) }

    @Test func `amounts read well`() {
        #expect("\(Money(cents: 1999))" == "19.99")
        #expect("\(Money(cents: -5))" == "-0.05")
        #expect("\(Money(cents: 100) * 3 + Money(cents: 7))" == "3.07")
    }
}
