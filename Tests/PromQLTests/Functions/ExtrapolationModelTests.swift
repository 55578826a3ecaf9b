internal import QueryModel
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import PromQL

/// What is reckoned once for many windows gives the bits that the definition gives for each of them.
@Suite struct ExtrapolationModelTests {
    /// Samples at a pace that most series keep, with what happens to it: jitter, samples that are missing, long gaps.
    private func columns(_ generator: inout SeededGenerator) -> SampleColumns {
        let pace = [7, 1_000, 10_000, 15_000][Int.random(in: 0...3, using: &generator)] as Int64
        let jitter: Int64 = pace > 100 && Bool.random(using: &generator) ? 2 : 0
        let losses = Int.random(in: 0...2, using: &generator) == 0
        let scale = [1, 1e-3, 1e300, 1e-308, .leastNonzeroMagnitude * 2024][Int.random(in: 0...4, using: &generator)]
        var columns = SampleColumns()
        var time = Int64.random(in: 0...pace, using: &generator)
        var value = Int.random(in: 0...2, using: &generator) == 0 ? 0 : Double(Int.random(in: 0...1000, using: &generator)) * scale
        for _ in 0..<Int.random(in: 1...120, using: &generator) {
            time += pace * (losses && Int.random(in: 0...9, using: &generator) == 0 ? Int64.random(in: 2...20, using: &generator) : 1)
            value += Double(Int.random(in: 0...3, using: &generator)) * scale
            if Int.random(in: 0...60, using: &generator) == 0 { value = 0 }
            columns.append(time + Int64.random(in: -jitter...jitter, using: &generator), value)
        }
        return columns
    }

    /// The definition of `rate`, `increase` and `delta`, for the samples of one window.
    private func change(_ columns: SampleColumns, start: Timestamp, end: Timestamp, isCounter: Bool, isRate: Bool) -> Double? {
        let window = columns.cut(after: start, through: end)
        guard window.count > 1, let first = window.timestamps.first, let last = window.timestamps.last else { return nil }
        var change = window.values[window.count - 1] - window.values[0]
        if isCounter {
            for index in 1..<window.count where window.values[index] < window.values[index - 1] { change += window.values[index - 1] }
        }
        var toStart = Double(first - start) / 1000
        var toEnd = Double(end - last) / 1000
        let sampled = Double(last - first) / 1000
        let average = sampled / Double(window.count - 1)
        if toStart >= average * 1.1 { toStart = average / 2 }
        if isCounter && change > 0 && window.values[0] >= 0 { toStart = min(toStart, sampled * (window.values[0] / change)) }
        if toEnd >= average * 1.1 { toEnd = average / 2 }
        let factor = (sampled + toStart + toEnd) / sampled
        // Prometheus converts whole seconds and the rest apart.
        let seconds = Double((end - start) / 1000) + Double((end - start) % 1000 * 1_000_000) / 1e9
        return change * (isRate ? factor / seconds : factor)
    }

    @Test(arguments: [(RangeFunction.rate, true, true), (.increase, true, false), (.delta, false, false)])
    func everyWindowIsExtrapolatedByTheDefinition(_ function: RangeFunction, _ isCounter: Bool, _ isRate: Bool) throws {
        var generator = SeededGenerator(seed: 53)
        for round in 0..<200 {
            let columns = columns(&generator)
            let span = columns.timestamps[columns.count - 1]
            var harness = FunctionHarness(
                grid: StepGrid(
                    start: Int64.random(in: -span / 4...span / 2, using: &generator),
                    step: Int64.random(in: 1...span / 20 + 1, using: &generator),
                    count: 30), range: Int64.random(in: 1...span / 3 + 1, using: &generator))
            harness.findsBounds = round % 2 == 0
            let found = try harness.floats(function, columns)
            for step in 0..<harness.grid.count {
                let end = harness.grid.time(step)
                let expected = change(columns, start: end - harness.range, end: end, isCounter: isCounter, isRate: isRate)
                if found[step]?.bitPattern != expected?.bitPattern {
                    Issue.record(
                        "seed 53, round \(round), step \(step): \(String(describing: found[step])), not \(String(describing: expected))")
                }
            }
        }
    }

    /// As a worker does it: series of several clocks in turn, some of which differ in a single sample, with and without starts.
    @Test(arguments: [RangeFunction.rate, .increase, .delta, .sumOverTime, .changes])
    func whatWasFoundForTheSeriesBeforeHoldsOnlyForItsTimes(_ function: RangeFunction) throws {
        var generator = SeededGenerator(seed: 61)
        for round in 0..<60 {
            var clocks = [columns(&generator).timestamps]
            clocks.append(clocks[0].map { $0 + 1 })
            if clocks[0].count > 2 {
                clocks.append(clocks[0])
                clocks[2][clocks[0].count / 2] -= 1
            }
            let span = clocks[0][clocks[0].count - 1]
            var harness = FunctionHarness(
                grid: StepGrid(start: span / 4, step: Int64.random(in: 1...span / 20 + 1, using: &generator), count: 25),
                range: Int64.random(in: 1...span / 3 + 1, using: &generator))
            var bounds = FloatBounds()
            for series in 0..<12 {
                var columns = SampleColumns()
                let clock = clocks[Int.random(in: 0..<clocks.count, using: &generator)]
                var value = Double(Int.random(in: 0...9, using: &generator))
                for time in clock {
                    value = Int.random(in: 0...90, using: &generator) == 0 ? 0 : value + Double(Int.random(in: 0...9, using: &generator))
                    columns.append(time, value)
                }
                harness.startRuns = []
                if function.usesStarts, Bool.random(using: &generator) {
                    let (first, last) = (Int64.random(in: 0...span, using: &generator), Int64.random(in: 0...span, using: &generator))
                    harness.startRuns = [
                        StartRun(samples: TimeRange(start: min(first, last), end: max(first, last)), start: min(first, last) / 2 + 1)
                    ]
                }
                var windows = RangeWindows(
                    columns: columns, grid: harness.grid, range: harness.range, offset: 0, fixedEnd: nil, boundary: .plain,
                    lookback: harness.lookback)
                windows.starts = StartTimes(harness.startRuns, columns)
                windows.findFloats(for: function, &bounds)
                var found = StepColumn(count: harness.grid.count)
                var context = harness.context()
                try function.evaluate(windows, [], into: &found, &context)
                let expected = try harness.run(function, columns).column.values
                #expect(found.values.map(\.bitPattern) == expected.map(\.bitPattern), "seed 61, round \(round), series \(series)")
            }
        }
    }

    @Test func windowsFoundBeforehandAreThoseOfTheWalk() throws {
        var generator = SeededGenerator(seed: 59)
        // Used from series to series, as by a worker.
        var bounds = FloatBounds()
        for round in 0..<300 {
            let columns = columns(&generator)
            let span = columns.timestamps[columns.count - 1]
            let boundary = [RangeBoundary.plain, .anchored, .smoothed][Int.random(in: 0...2, using: &generator)]
            var windows = RangeWindows(
                columns: columns,
                grid: StepGrid(
                    start: Int64.random(in: -span / 4...span / 2, using: &generator),
                    step: Int64.random(in: 1...span / 20 + 1, using: &generator),
                    count: Int.random(in: 1...40, using: &generator)), range: Int64.random(in: 0...span / 3 + 1, using: &generator),
                offset: Int64.random(in: -span / 8...span / 8, using: &generator),
                fixedEnd: Int.random(in: 0...4, using: &generator) == 0 ? span / 2 : nil, boundary: boundary,
                lookback: Int64.random(in: 1...span / 10 + 1, using: &generator))
            var walked: [[Int64]] = []
            windows.forEach {
                walked.append([
                    Int64($0.step), $0.stepTime, $0.rangeStart, $0.rangeEnd, Int64($0.floats.lowerBound), Int64($0.floats.upperBound),
                ])
            }
            var tally = SampleTally()
            let weights = tally.add(windows)
            bounds.find(windows)
            windows.floatBounds = bounds
            var found: [[Int64]] = []
            windows.forEach {
                found.append([
                    Int64($0.step), $0.stepTime, $0.rangeStart, $0.rangeEnd, Int64($0.floats.lowerBound), Int64($0.floats.upperBound),
                ])
            }
            var foundTally = SampleTally()
            let foundWeights = foundTally.add(windows)
            #expect(found == walked, "seed 59, round \(round)")
            #expect(foundTally.seen.total == tally.seen.total && foundTally.fresh.total == tally.fresh.total, "seed 59, round \(round)")
            #expect(foundWeights.most == weights.most && foundWeights.last == weights.last, "seed 59, round \(round)")
        }
    }
}
