internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite struct FloatTextTests {
    @Test func generalForm() {
        let expected: [(Double, String)] = [
            (0, "0"), (-0.0, "-0"), (1, "1"), (100000, "100000"), (1_000_000, "1e+06"), (123_456, "123456"), (1_234_567, "1.234567e+06"),
            (0.0001, "0.0001"), (0.00001, "1e-05"), (0.000123, "0.000123"), (1.5e-7, "1.5e-07"), (1e100, "1e+100"), (-2.5, "-2.5"),
            (.leastNonzeroMagnitude, "5e-324"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (1e21, "1e+21"),
            (99999.5, "99999.5"),
        ]
        for (value, text) in expected { #expect(FloatText.general(value) == text) }
    }

    @Test func fixedForm() {
        let expected: [(Double, String)] = [
            (0, "0"), (-0.0, "-0"), (1e21, "1000000000000000000000"), (1.5e-7, "0.00000015"), (1e-5, "0.00001"), (123.25, "123.25"),
            (-1e16, "-10000000000000000"), (.nan, "NaN"), (.infinity, "+Inf"), (12345678901234568, "12345678901234568"),
        ]
        for (value, text) in expected { #expect(FloatText.fixed(value) == text) }
    }

    @Test func openMetricsFormAlwaysShowsThatItIsAFloat() {
        let expected: [(Double, String)] = [
            (0, "0.0"), (-0.0, "0.0"), (1, "1.0"), (-1, "-1.0"), (0.99, "0.99"), (1e6, "1e+06"), (17, "17.0"), (.infinity, "+Inf"),
            (.nan, "NaN"),
        ]
        for (value, text) in expected { #expect(FloatText.openMetrics(value) == text) }
    }

    @Test(arguments: [
        (0.125, 2, "0.12", "1.25e-01", "0.12"), (0.375, 2, "0.38", "3.75e-01", "0.38"), (1.005, 2, "1.00", "1.00e+00", "1"),
        (0, 3, "0.000", "0.000e+00", "0"),
        (-1234.5678, 1, "-1234.6", "-1.2e+03", "-1e+03"), (999.96, 1, "1000.0", "1.0e+03", "1e+03"),
        (1e21, 0, "1000000000000000000000", "1e+21", "1e+21"),
        (.leastNonzeroMagnitude, 3, "0.000", "4.941e-324", "4.94e-324"), (0.05, 0, "0", "5e-02", "0.05"), (0.5, 0, "0", "5e-01", "0.5"),
        (1.5, 0, "2", "2e+00", "2"),
        (100, 4, "100.0000", "1.0000e+02", "100"), (0.00001234, 3, "0.000", "1.234e-05", "1.23e-05"),
        (123456, 6, "123456.000000", "1.234560e+05", "123456"),
    ]) func `numbers are rounded from what they exactly are`(value: Double, digits: Int, fixed: String, scientific: String, general: String)
    {
        #expect(FloatText.fixed(value, digits: digits) == fixed)
        #expect(FloatText.scientific(value, digits: digits) == scientific)
        #expect(FloatText.general(value, digits: digits) == general)
    }

    @Test func `seventeen digits read back, and more only add what is there`() {
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(Double(FloatText.scientific(value, digits: 16)) == value, "seed \(generator.seed)")
            #expect(Double(FloatText.general(value, digits: 17)) == value, "seed \(generator.seed)")
            #expect(Double(FloatText.scientific(value, digits: 800)) == value, "seed \(generator.seed)")
        }
    }

    @Test func everyFormReadsBack() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<5000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            #expect(Double(FloatText.general(value)) == value)
            #expect(Double(FloatText.fixed(value)) == value)
        }
    }
}
