internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import MetricStorage

/// The calendar of changes never misses one, and by the minute it does not make one up.
@Suite struct ChangeCalendarTests {
    private static let minute: Int64 = 60_000

    @Test func changesAreKnownByTheMinute() {
        var calendar = ChangeCalendar()
        let noon = TimeRange(start: 12 * 60 * Self.minute, end: 12 * 60 * Self.minute)
        #expect(calendar.newestChange(in: .all) == 0)
        calendar.note(noon)
        #expect(calendar.newestChange(in: noon) == calendar.version)
        #expect(calendar.newestChange(in: .all) == calendar.version)
        #expect(calendar.newestChange(in: TimeRange(start: 0, end: noon.start - 1)) == 0)
        #expect(calendar.newestChange(in: TimeRange(start: noon.start + Self.minute, end: .max)) == 0)
        // The same minute.
        #expect(calendar.newestChange(in: TimeRange(start: noon.start + 59_999, end: .max)) == calendar.version)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func noChangeIsMissed(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let isSmall = seed % 2 == 0
        var calendar = isSmall ? ChangeCalendar(spansMax: 20, detailedSpansMax: 4) : ChangeCalendar()
        var changes: [(range: TimeRange, version: UInt64)] = []
        for _ in 0..<600 {
            let range = Self.range(&random)
            if Bool.random(using: &random) {
                calendar.note(range)
                changes.append((range, calendar.version))
            }
            let asked = Self.range(&random)
            let found = calendar.newestChange(in: asked)
            let expected = changes.last { $0.range.overlaps(asked) }?.version ?? 0
            #expect(found >= expected, "seed \(seed): a change within \(asked) is missed")
            guard !isSmall else { continue }
            let asMinutes = changes.last { Self.minutes($0.range).overlaps(Self.minutes(asked)) }?.version ?? 0
            #expect(found == asMinutes, "seed \(seed): \(asked)")
        }
    }

    private static func minutes(_ range: TimeRange) -> ClosedRange<Int64> {
        Int64((Double(range.start) / 60_000).rounded(.down))...Int64((Double(range.end) / 60_000).rounded(.down))
    }

    /// Minutes, hours or weeks, around 1970.
    private static func range(_ random: inout SeededGenerator) -> TimeRange {
        let start = Int64.random(in: -40 * 86_400_000...40 * 86_400_000, using: &random)
        let lengths: [Int64] = [0, 1000, 60_000, 3_600_000, 86_400_000, 20 * 86_400_000]
        return TimeRange(start: start, end: start + lengths[Int.random(in: 0..<6, using: &random)])
    }

    @Test func everyTimeCanChange() {
        var calendar = ChangeCalendar()
        calendar.note(TimeRange(start: .min, end: 0))
        #expect(calendar.newestChange(in: TimeRange(start: 0, end: 0)) == calendar.version)
        calendar.note(.all)
        #expect(calendar.newestChange(in: TimeRange(start: .max, end: .max)) == calendar.version)
        calendar.note(TimeRange(start: 5, end: 4))
        #expect(calendar.newestChange(in: .all) == 3)
    }
}
