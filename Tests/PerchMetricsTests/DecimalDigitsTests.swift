import TestSupport
import Testing

@testable import PerchMetrics

@Suite struct DecimalDigitsTests {
    private func exposed(_ value: Double) -> String {
        var output: [UInt8] = []
        TextExposition.appendNumber(value, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// Without the decimal point of whole numbers, and with the names that the formats have for what is no number.
    private func expected(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    @Test(arguments: [
        0, -0.0, 1, -1, 9, 10, 99, 100, 123_456_789, 0.5, -0.25, 0.1, 0.3, 0.1 + 0.2, 1.005, 2.5e-4, 1e-4, 9.9e-5, 1e-5, 1e-6, 0.000123,
        0.001234,
        0.0001234567, 1e9, 1e9 + 0.5, 999_999_999.999999, 999_999_999.9999999, 1e15, 1e15 - 1, 1e16, -1e15, 1e300, .leastNonzeroMagnitude,
        123.456001,
        7.000001,
        1234567.1, .pi, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, 0x1p53, 0x1p53 - 1,
    ])
    func `numbers are written as Swift describes them`(value: Double) {
        #expect(exposed(value) == expected(value))
    }

    @Test func `random numbers are written as Swift describes them`() {
        let seed = UInt64.random(in: 0...1_000_000)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let decimals = Double([1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7][Int.random(in: 0..<8, using: &generator)])
            let short = Double(Int64.random(in: -2_000_000_000...2_000_000_000, using: &generator)) / decimals
            let any = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &generator))
            let near = short.nextUp
            for value in [short, any, near] where exposed(value) != expected(value) {
                Issue.record("\(value) is written as \(exposed(value)) (seed \(seed))")
            }
        }
    }

    @Test func `whole numbers have all their digits`() {
        for value in [0, 7, 10, 4_294_967_296, UInt64(Int64.max), .max] {
            var output: [UInt8] = []
            DecimalDigits.append(value, to: &output)
            #expect(String(decoding: output, as: UTF8.self) == "\(value)")
        }
    }
}
