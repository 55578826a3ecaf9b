internal import TestSupport
internal import Testing

@testable internal import ExpositionFormat

@Suite("Numbers as text")
struct DecimalTextTests {
    private func double(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        return DecimalText.double(bytes, 0..<bytes.count)
    }

    @Test(arguments: [
        "0", "-0", "1", "-1.5", "+2", "1e3", "1E-3", ".5", "5.", "123456789.123456789", "1.7976931348623157e308", "5e-324",
        "9007199254740993", "18446744073709551615", "1.8446744073709551616e19", "0.1", "0.30000000000000004", "1732345678.901",
        "100000000000000000000000", "1e22", "1e23", "2.2250738585072011e-308", "0.000000000000000000000001",
    ])
    func `decimals are read as the standard library reads them`(text: String) {
        #expect(double(text)?.bitPattern == Double(text)?.bitPattern)
    }

    @Test(arguments: [
        "", "-", "+", ".", "e5", "1e", "1e+", "1_000", "0x10", "0x1p4", "1 ", "1.2.3", "--1", "infin", "nanx", "-nan", "1e999",
    ])
    func `what is no number is refused`(text: String) {
        #expect(double(text) == nil)
    }

    @Test func `the special values`() {
        #expect(double("+Inf") == .infinity)
        #expect(double("-inf") == -.infinity)
        #expect(double("Infinity") == .infinity)
        #expect(double("NaN")?.bitPattern == 0x7ff8_0000_0000_0001)
    }

    @Test func `random decimals are rounded once`() {
        var generator = SeededGenerator(seed: 20)
        for _ in 0..<200_000 {
            let mantissa = generator.spreadUInt64()
            let exponent = Int.random(in: -25...25, using: &generator)
            let text = "\(mantissa)e\(exponent)"
            #expect(double(text)?.bitPattern == Double(text)?.bitPattern, "\(text), seed \(generator.seed)")
            let value = Double(bitPattern: generator.next())
            if value.isFinite { #expect(double("\(value)")?.bitPattern == value.bitPattern, "\(value), seed \(generator.seed)") }
        }
    }

    @Test func `integers overflow to nil`() {
        func integer(_ text: String) -> Int64? { DecimalText.integer(Array(text.utf8), 0..<text.utf8.count) }
        #expect(integer("9223372036854775807") == .max)
        #expect(integer("-9223372036854775808") == .min)
        #expect(integer("9223372036854775808") == nil)
        #expect(integer("12a") == nil)
        #expect(integer("") == nil)
    }
}
