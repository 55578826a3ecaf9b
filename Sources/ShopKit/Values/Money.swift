internal import Foundation

/// An amount in euros, kept in cents so that sums are exact. In JSON it is a decimal number: 19.99.
public struct Money: Sendable, Hashable, Comparable, Codable {
    public let cents: Int64

    /// No amount of the shop is larger: a million euros, up or down. So sums of a hundred of them cannot overflow anything.
    public static let centsMax: Int64 = 100_000_000
    public static let zero = Money(cents: 0)

    public init(cents: Int64) { self.cents = cents }

    public var euros: Double { Double(cents) / 100 }

    public static func < (left: Money, right: Money) -> Bool { left.cents < right.cents }
    public static func + (left: Money, right: Money) -> Money { Money(cents: left.cents + right.cents) }
    public static func * (money: Money, count: Int) -> Money { Money(cents: money.cents * Int64(count)) }

    /// - Throws: `DecodingError` for what is no number, is beyond ``centsMax``, or has parts of a cent.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let euros = try container.decode(Double.self)
        let cents = (euros * 100).rounded()
        guard abs(cents) <= Double(Money.centsMax), abs(euros * 100 - cents) < 1e-6 else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "an amount is at most \(Money.centsMax / 100) euros and has two decimals")
        }
        self.init(cents: Int64(cents))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(euros)
    }
}

extension Money: CustomStringConvertible {
    public var description: String {
        let (whole, part) = cents.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(cents < 0 ? "-" : "")\(whole).\(part < 10 ? "0" : "")\(part)"
    }
}
