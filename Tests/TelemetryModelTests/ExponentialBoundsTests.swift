internal import TelemetryModel
internal import Testing

@Suite struct ExponentialBoundsTests {
    @Test func powersOfTwoAreExactInEverySchema() {
        for schema in Int32(-4)...8 {
            for power in stride(from: -1008, through: 1008, by: 16) {
                let index = schema >= 0 ? power << Int(schema) : power >> Int(-schema)
                #expect(ExponentialBounds.upper(of: index, schema: schema) == Double(sign: .plus, exponent: power, significand: 1))
            }
        }
    }

    @Test func boundsRiseAndAreSharedBetweenSchemas() {
        for schema in Int32(0)...7 {
            for index in -300..<300 {
                let bound = ExponentialBounds.upper(of: index, schema: schema)
                #expect(bound < ExponentialBounds.upper(of: index + 1, schema: schema))
                #expect(bound == ExponentialBounds.upper(of: index * 2, schema: schema + 1))
            }
        }
    }

    @Test func boundsFollowTheFormulaToAFewUnitsInTheLastPlace() {
        for index in 0..<256 {
            // The 256th root by eight square roots, taken to the power by multiplication in one go for each bit.
            var expected = 1.0
            var root = 2.0
            for bit in (0..<8).reversed() {
                root = root.squareRoot()
                if index >> bit & 1 == 1 { expected *= root }
            }
            #expect(abs(ExponentialBounds.upper(of: index, schema: 8) / expected - 1) < 2e-15)
        }
    }

    @Test func knownBitsOfPrometheus() {
        // The square root of a half as Prometheus' table has it, one unit below the nearest double.
        #expect(ExponentialBounds.upper(of: -1, schema: 1) == 0.7071067811865475)
        #expect(ExponentialBounds.upper(of: 1, schema: 2) == 0.5946035575013605 * 2)
        #expect(ExponentialBounds.upper(of: 3, schema: 2) == 0.8408964152537144 * 2)
    }

    @Test func theLastFiniteBucketEndsAtTheGreatestNumber() {
        for schema in Int32(-4)...8 {
            let last = schema >= 0 ? 1024 << Int(schema) : 1024 >> Int(-schema)
            #expect(ExponentialBounds.upper(of: last, schema: schema) == .greatestFiniteMagnitude)
            #expect(ExponentialBounds.upper(of: last + 1, schema: schema) == .infinity)
        }
    }

    @Test func absurdIndicesAreTotal() {
        for schema in Int32(-4)...8 {
            #expect(ExponentialBounds.upper(of: Int(Int32.max) * 3, schema: schema) == .infinity)
            #expect(ExponentialBounds.upper(of: Int(Int32.min) * 3, schema: schema) == 0)
        }
    }
}
