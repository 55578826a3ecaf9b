internal import Foundation
internal import TestSupport
internal import Testing

@testable internal import GoTemplate

/// Files of the time zone database.
struct TimeZoneFileTests {
    /// A zone that was at +1 until a moment and at +2 from then on.
    private let file = TimeZoneFileTests.file(rule: "<+02>-2")

    private static func file(rule: String) -> [UInt8] {
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
        return part(4) + part(8) + Array("\n\(rule)\n".utf8)
    }

    @Test func `offsets and their times are read`() throws {
        let zone = try #require(GoTimeZone(name: "X", file: file))
        #expect(zone.period(at: 999) == GoTimeZone.Period(start: .min, offsetSeconds: 3600, abbreviation: "ONE"))
        #expect(zone.period(at: 1000) == GoTimeZone.Period(start: 1000, offsetSeconds: 7200, abbreviation: "TWO"))
    }

    @Test func `beyond the last change that a file names its rule holds`() throws {
        let zone = try #require(GoTimeZone(name: "X", file: Self.file(rule: "ONE-1TWO,M3.5.0,M10.5.0/3")))
        func abbreviations(_ seconds: [Int64]) -> [String] { seconds.map { zone.period(at: $0).abbreviation } }
        // 2026-03-29 and 2026-10-25, and 2100-03-28, at 01:00 UTC.
        #expect(abbreviations([1_774_745_999, 1_774_746_000]) == ["ONE", "TWO"])
        #expect(abbreviations([1_792_889_999, 1_792_890_000]) == ["TWO", "ONE"])
        #expect(abbreviations([4_109_878_799, 4_109_878_800]) == ["ONE", "TWO"])
        #expect(zone.period(at: 1_774_746_000).offsetSeconds == 7200)
    }

    @Test(arguments: [
        ("EST5EDT,M3.2.0,M11.1.0", [1_772_953_200, 1_793_512_800]), ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", [1_774_746_000, 1_792_890_000]),
        ("A-12B,J60/0,J300/0", [1_772_280_000, 1_793_012_400]), ("A0B0,0,364/24:30:15", [1_767_232_800, 1_798_763_415]),
    ])
    func `rules are read in all forms`(text: String, changes: [Int64]) throws {
        let rule = try #require(TimeZoneRule(text.utf8))
        #expect(rule.periods(ofYear: 2026).map(\.start) == changes)
    }

    @Test(arguments: [
        "", "UTC0", "<+03>-3", "A", "A-1B", "A-1B,M3.5.0", "A-1B,M13.1.0,M1.1.0", "A-1B,M3.6.0,M1.1.0", "A-1B,M3.5.7,M1.1.0", "A-1B,J0,J5",
        "A-1B,J366,5", "A-168B,1,2", "A-1B,1,2,", "<A-1B,1,2", "A-1B,1/x,2", "1A2,1,2",
    ])
    func `what is no rule makes no changes`(text: String) { #expect(TimeZoneRule(text.utf8) == nil) }

    @Test func `the rules of the system's files say what their tables say`() throws {
        let folder = "/usr/share/zoneinfo"
        var count = 0
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            guard let data = FileManager.default.contents(atPath: folder + "/" + name), data.starts(with: Array("TZif".utf8)),
                let line = String(decoding: data, as: UTF8.self).split(separator: "\n").last, let rule = TimeZoneRule(line.utf8)
            else { continue }
            let zone = try #require(GoTimeZone(name: name, file: Array(data)))
            let year2030: Int64 = 1_893_456_000
            let year2036: Int64 = 2_082_758_400
            let table = zone.periods.filter { $0.start >= year2030 && $0.start < year2036 }
            let ruled = (2029...2036).flatMap { rule.periods(ofYear: $0) }.filter { $0.start >= year2030 && $0.start < year2036 }
            #expect(table == ruled, "\(name)")
            count += 1
        }
        print("\(count) time zones whose clocks change by a rule")
    }

    @Test func `damaged files never trap`() {
        var generator = SeededGenerator(seed: 24)
        let file = Self.file(rule: "ONE-1TWO,M3.5.0,M10.5.0/3")
        checkTruncationNeverTraps(file, mustThrow: false) { _ = GoTimeZone(name: "X", file: $0)?.period(at: 5) }
        checkDamageNeverTraps(file, rounds: 3000, using: &generator) { _ = GoTimeZone(name: "X", file: $0)?.period(at: 5) }
    }
}
