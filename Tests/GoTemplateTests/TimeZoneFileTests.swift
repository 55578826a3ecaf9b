internal import GoTemplate
internal import TestSupport
internal import Testing

/// Files of the time zone database.
struct TimeZoneFileTests {
    /// A zone that was at +1 until a moment and at +2 from then on.
    private let file: [UInt8] = {
        func number(_ value: Int64, _ size: Int) -> [UInt8] {
            (0..<size).map { UInt8(truncatingIfNeeded: value >> Int64(8 * (size - 1 - $0))) }
        }
        func part(_ size: Int) -> [UInt8] {
            var bytes = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
            for count in [0, 0, 0, 1, 2, 9] { bytes += number(Int64(count), 4) }
            bytes += number(1000, size) + [1]
            bytes += number(3600, 4) + [0, 0] + number(7200, 4) + [1, 4]
            return bytes + Array("ONE\0TWO\0\0".utf8)
        }
        return part(4) + part(8) + Array("\n<+02>-2\n".utf8)
    }()

    @Test func `offsets and their times are read`() throws {
        let zone = try #require(GoTimeZone(name: "X", file: file))
        #expect(zone.period(at: 999) == GoTimeZone.Period(start: .min, offsetSeconds: 3600, abbreviation: "ONE"))
        #expect(zone.period(at: 1000) == GoTimeZone.Period(start: 1000, offsetSeconds: 7200, abbreviation: "TWO"))
    }

    @Test func `damaged files never trap`() {
        var generator = SeededGenerator(seed: 24)
        checkTruncationNeverTraps(file, mustThrow: false) { _ = GoTimeZone(name: "X", file: $0)?.period(at: 5) }
        checkDamageNeverTraps(file, rounds: 3000, using: &generator) { _ = GoTimeZone(name: "X", file: $0)?.period(at: 5) }
    }
}
