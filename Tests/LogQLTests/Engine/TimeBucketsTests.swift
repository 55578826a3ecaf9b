internal import TestSupport
internal import Testing

@testable internal import LogQL

/// Spans of time between the edges of windows.
struct TimeBucketsTests {
    private static func randomWindows(_ random: inout SeededGenerator) -> Windows {
        let step = Int64.random(in: 1...12, using: &random)
        let grid = StepGrid(instant: 0)
        var range = LogRange(selector: LogSelector(matchers: []), intervalNanoseconds: Int64.random(in: 0...40, using: &random))
        range.offsetNanoseconds = Int64.random(in: -5...5, using: &random)
        let count = Int.random(in: 1...20, using: &random)
        let options = RangeOptions(start: 50, end: 50 + Int64(count - 1) * step, stepNanoseconds: step)
        return Windows((try? StepGrid(options, countMax: 100)) ?? grid, range)
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `samples of a span are in the windows in which its end is`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let windows = Self.randomWindows(&random)
        let buckets = TimeBuckets(windows)
        func windowsOf(_ time: Int64) -> [Int] {
            (0..<windows.count).filter { time > windows.end($0) - windows.length && time <= windows.end($0) }
        }
        for time in Int64(0)...350 {
            let place = buckets.place(of: time)
            #expect((place != nil) == !windowsOf(time).isEmpty, "seed \(seed): \(time)")
            if let place { #expect(windowsOf(buckets.ends[place]) == windowsOf(time), "seed \(seed): \(time)") }
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `rows are told by spans as one by one`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let buckets = TimeBuckets(Self.randomWindows(&random))
        let times = (0..<60).map { _ in Int64.random(in: 0...350, using: &random) }.sorted()
        let rows = Int.random(in: 0...20, using: &random)..<Int.random(in: 20...60, using: &random)
        var found: [Int: Int64] = [:]
        buckets.forEach(rows, times) { end, rows in for row in rows { found[row] = end } }
        for row in rows { #expect(found[row] == buckets.place(of: times[row]).map { buckets.ends[$0] }, "seed \(seed): \(row)") }
        #expect(found.keys.allSatisfy { rows.contains($0) })
    }
}
