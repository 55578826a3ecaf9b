internal import CryptoExtras
internal import Foundation
internal import Testing

@testable import ShopUsers

@Suite struct PasswordHashTests {
    private static let light = PasswordHash.Cost(logRounds: 4)

    @Test func `a password matches its own hash only`() throws {
        let hash = try PasswordHash("correct horse", cost: Self.light)
        #expect(try hash.matches("correct horse"))
        for other in ["correct horsf", "", "correct horse ", "Correct horse"] { #expect(try !hash.matches(other)) }
    }

    @Test func `a hash survives being written down`() throws {
        let hash = try PasswordHash("correct horse", cost: Self.light)
        let read = try #require(PasswordHash(hash.description))
        #expect(read == hash)
        #expect(try read.matches("correct horse"))
        #expect(hash.description.hasPrefix("scrypt$4$8$1$"))
    }

    @Test func `the same password has another hash each time`() throws {
        #expect(try PasswordHash("x", cost: Self.light).description != PasswordHash("x", cost: Self.light).description)
    }

    @Test(arguments: [
        "", "plain", "scrypt", "scrypt$4$8$1$$", "scrypt$4$8$1$AAAA$BBBB", "scrypt$99$8$1$AAAA$" + String(repeating: "A", count: 43) + "=",
        "scrypt$-1$8$1$AAAA$" + String(repeating: "A", count: 43) + "=", "bcrypt$4$8$1$AAAA$" + String(repeating: "A", count: 43) + "=",
    ])
    func `what is no hash is not taken for one`(text: String) { #expect(PasswordHash(text) == nil) }

    /// RFC 7914, section 12.
    @Test(arguments: [
        ("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497"), ("password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe"),
        ("pleaseletmein", "SodiumChloride", 16384, 8, 1, "7023bdcb3afd7348461c06cd81fd38eb"),
    ])
    func `the derivation gives the keys of RFC 7914`(
        password: String, salt: String, rounds: Int, blockSize: Int, parallelism: Int, beginning: String
    ) throws {
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: Data(salt.utf8), outputByteCount: 64, rounds: rounds, blockSize: blockSize,
            parallelism: parallelism)
        let hex = key.withUnsafeBytes { $0.prefix(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
        #expect(hex == beginning)
    }
}
