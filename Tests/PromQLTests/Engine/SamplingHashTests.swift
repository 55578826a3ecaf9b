import TelemetryModel
import Testing

@testable import PromQL

@Suite struct SamplingHashTests {
    /// Values of the reference implementation, seed 0.
    @Test(arguments: [
        ("", 0xef46_db37_51d8_e999 as UInt64), ("a", 0xd24e_c4f1_a98c_6e5b), ("abc", 0x44bc_2cf5_ad77_0999),
        ("Nobody inspects the spammish repetition", 0xfbce_a83c_8a37_8bf1),
    ])
    func knownHashes(_ text: String, _ hash: UInt64) {
        #expect(xxHash64(Array(text.utf8)) == hash)
    }

    @Test func longValuesAreHashedWithALongLength() {
        let short = LabelSet([("a", String(repeating: "x", count: 254))])
        let long = LabelSet([("a", String(repeating: "x", count: 255))])
        #expect(short.samplingHash == xxHash64([1, UInt8(ascii: "a"), 254] + [UInt8](repeating: UInt8(ascii: "x"), count: 254)))
        #expect(long.samplingHash == xxHash64([1, UInt8(ascii: "a"), 255, 255, 0, 0] + [UInt8](repeating: UInt8(ascii: "x"), count: 255)))
    }
}
