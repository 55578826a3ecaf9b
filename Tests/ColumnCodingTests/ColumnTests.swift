import ByteCoding
import ColumnCoding
import TestSupport
import Testing

@Suite struct TimestampColumnTests {
    private static func encode(_ timestamps: [Int64]) -> [UInt8] {
        var bytes: [UInt8] = []
        TimestampColumn.encode(timestamps.span, into: &bytes)
        return bytes
    }

    private static func decode(_ bytes: [UInt8]) throws -> [Int64] {
        var reader = ByteReader(bytes)
        var timestamps: [Int64] = []
        try TimestampColumn.decode(&reader, into: &timestamps)
        return timestamps
    }

    @Test(arguments: [0, 1, 2, 3, 17, 480])
    func timestampsRoundTrip(count: Int) {
        var generator = SeededGenerator(seed: 11)
        for column in ColumnSamples.timestamps(count: count, &generator) {
            checkRoundTrip(column.values, encode: TimestampColumnTests.encode, decode: TimestampColumnTests.decode, "\(column.name)")
        }
        checkRoundTrip(
            [Int64.min, .max, 0, .min, 1, -1, .max], encode: TimestampColumnTests.encode, decode: TimestampColumnTests.decode, "extremes")
    }

    @Test func steadyTimestampsCostNothingEach() {
        let steady = (0..<1000).map { 1_790_000_000_123 + Int64($0) * 15_000 }
        #expect(TimestampColumnTests.encode(steady).count < 20)
    }

    @Test func damageNeverTraps() {
        var generator = SeededGenerator(seed: 12)
        for column in ColumnSamples.timestamps(count: 50, &generator) {
            let bytes = TimestampColumnTests.encode(column.values)
            checkTruncationNeverTraps(bytes) { _ = try TimestampColumnTests.decode($0) }
            checkDamageNeverTraps(bytes, rounds: 300, using: &generator) { _ = try TimestampColumnTests.decode($0) }
        }
    }
}

@Suite struct ValueColumnTests {
    private static func encode(_ values: [Double]) -> [UInt8] {
        var bytes: [UInt8] = []
        ValueColumn.encode(values.span, into: &bytes)
        return bytes
    }

    private static func decode(_ bytes: [UInt8], count: Int) throws -> [UInt64] {
        var reader = ByteReader(bytes)
        var values: [Double] = []
        try ValueColumn.decode(&reader, count: count, into: &values)
        return values.map(\.bitPattern)
    }

    @Test(arguments: [0, 1, 2, 3, 7, 33, 480])
    func valuesRoundTripBitForBit(count: Int) {
        var generator = SeededGenerator(seed: 21)
        for _ in 0..<5 {
            for column in ColumnSamples.all(count: count, &generator) {
                checkRoundTrip(
                    column.values.map(\.bitPattern), encode: { ValueColumnTests.encode($0.map { Double(bitPattern: $0) }) },
                    decode: { try ValueColumnTests.decode($0, count: count) }, "\(column.name), seed 21")
            }
        }
    }

    @Test func anySpecialValueStandsAnywhere() {
        for special in ColumnSamples.special {
            for place in [0, 1, 5, 9] {
                var values = (0..<10).map { Double($0) / 4 }
                values[place] = special
                checkRoundTrip(
                    values.map(\.bitPattern), encode: { ValueColumnTests.encode($0.map { Double(bitPattern: $0) }) },
                    decode: { try ValueColumnTests.decode($0, count: 10) }, "\(special) at \(place)")
            }
        }
    }

    @Test func damageNeverTraps() {
        var generator = SeededGenerator(seed: 22)
        for column in ColumnSamples.all(count: 60, &generator) {
            let bytes = ValueColumnTests.encode(column.values)
            checkTruncationNeverTraps(bytes) { _ = try ValueColumnTests.decode($0, count: 60) }
            checkDamageNeverTraps(bytes, rounds: 300, using: &generator) { _ = try ValueColumnTests.decode($0, count: 60) }
        }
    }

    @Test func decimalsInDisguiseAreFound() {
        var generator = SeededGenerator(seed: 23)
        var ticks = 5_000_000
        let scaled = (0..<500).map { _ in
            ticks += Int.random(in: 0...255, using: &generator)
            return Double(ticks) * 0.001
        }
        #expect(ValueColumnTests.encode(scaled).count < 900)
        var sum = 0.0
        let sums = (0..<500).map { _ in
            sum += Double(Int.random(in: 1000...1_000_000, using: &generator)) / 1e9
            return sum
        }
        #expect(ValueColumnTests.encode(sums).count < 500 * 4)
    }

    @Test func sizesAreWhatTheKindAllows() {
        #expect(ValueColumnTests.encode([Double](repeating: 3.25, count: 1000)).count < 12)
        #expect(ValueColumnTests.encode((0..<1000).map { Double($0) * 7 }).count < 20)
        #expect(ValueColumnTests.encode((0..<1000).map { Double($0 * $0 % 100) / 100 }).count < 1200)
    }
}
