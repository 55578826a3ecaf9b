internal import Crypto
internal import Foundation

/// The number of a payment card. It is never stored, logged or printed; what is kept is its last four digits.
struct Card: Sendable, Hashable, CustomStringConvertible {
    private let digits: String

    /// - Returns: nil unless the number has 12 to 19 digits, beside spaces (ISO/IEC 7812-1).
    init?(_ number: String) {
        let digits = number.filter { $0 != " " }
        guard (12...19).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self.digits = digits
    }

    var lastDigits: String { String(digits.suffix(4)) }
    var description: String { "•••• " + lastDigits }

    /// Whether the card's bank says no: to three cards in a hundred, those that end in 00, 01 and 02.
    var isDeclined: Bool { ["00", "01", "02"].contains(String(digits.suffix(2))) }

    /// What tells one request from another without keeping the card: a hash of all that was asked for.
    func fingerprint(orderID: String, cents: Int64) -> String {
        let text = "\(orderID)|\(cents)|\(digits)"
        return SHA256.hash(data: Data(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
