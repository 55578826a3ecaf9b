internal import CryptoExtras
internal import Foundation

/// A password as it is kept: a key derived from it by scrypt (RFC 7914), with what is needed to derive it again.
///
/// As text: `scrypt$14$8$1$SALT$KEY`, the first number being the binary logarithm of the rounds, salt and key in base 64.
struct PasswordHash: Sendable, Hashable, CustomStringConvertible {
    /// How much work it is to try a password.
    struct Cost: Sendable, Hashable {
        /// The binary logarithm of the number of rounds. With 14 a derivation takes 16 MiB and some 50 ms.
        var logRounds: Int
        var blockSize = 8
        var parallelism = 1

        static let standard = Cost(logRounds: 14)

        /// What is taken from the database: more than this is no cost of ours.
        var isSound: Bool { (4...20).contains(logRounds) && (1...32).contains(blockSize) && (1...16).contains(parallelism) }
    }

    private static let keyBytes = 32
    private static let saltBytes = 16
    let cost: Cost
    private let salt: Data
    private let key: SymmetricKey

    /// Takes a new password. Blocks for as long as ``Cost`` says: not for threads that others wait for.
    init(_ password: String, cost: Cost) throws {
        let salt = SymmetricKey(size: SymmetricKeySize(bitCount: PasswordHash.saltBytes * 8)).withUnsafeBytes { Data($0) }
        self.init(cost: cost, salt: salt, key: try PasswordHash.derive(password, salt, cost))
    }

    /// - Returns: nil for what no hash of ours looks like.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt" else { return nil }
        let numbers = parts[1...3].compactMap { Int($0) }
        guard numbers.count == 3, let salt = Data(base64Encoded: String(parts[4])), let key = Data(base64Encoded: String(parts[5])) else {
            return nil
        }
        let cost = Cost(logRounds: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
        guard cost.isSound, key.count == PasswordHash.keyBytes else { return nil }
        self.init(cost: cost, salt: salt, key: SymmetricKey(data: key))
    }

    private init(cost: Cost, salt: Data, key: SymmetricKey) {
        self.cost = cost
        self.salt = salt
        self.key = key
    }

    /// Whether this is the password. Blocks as long as making the hash did; the comparison takes the same time wherever the keys differ.
    func matches(_ password: String) throws -> Bool { try PasswordHash.derive(password, salt, cost) == key }

    var description: String {
        let key = key.withUnsafeBytes { Data($0) }
        return "scrypt$\(cost.logRounds)$\(cost.blockSize)$\(cost.parallelism)$\(salt.base64EncodedString())$\(key.base64EncodedString())"
    }

    static func == (left: PasswordHash, right: PasswordHash) -> Bool { left.description == right.description }
    func hash(into hasher: inout Hasher) { hasher.combine(description) }

    private static func derive(_ password: String, _ salt: Data, _ cost: Cost) throws -> SymmetricKey {
        try KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: salt, outputByteCount: keyBytes, rounds: 1 << cost.logRounds, blockSize: cost.blockSize,
            parallelism: cost.parallelism)
    }
}
