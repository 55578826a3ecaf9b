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
