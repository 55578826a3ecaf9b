internal import QueryModel
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import PromQL

/// Functions walk a whole grid at once and carry state from window to window. Each must give the bits that it gives for one window alone.
@Suite struct SlidingWindowModelTests {
    private static let parameters: [RangeFunction: [Double]] = [
        .quantileOverTime: [0.3], .predictLinear: [100], .doubleExponentialSmoothing: [0.3, 0.6],
    ]

    @Test(arguments: RangeFunction.allCases)
    func aGridIsItsSteps(_ function: RangeFunction) throws {
        var generator = SeededGenerator(seed: 41)
        let arguments = Self.parameters[function] ?? []
        for round in 0..<30 {
            let columns = generator.columns()
            var harness = FunctionHarness(
                grid: StepGrid(start: 0, step: Int64.random(in: 1...40_000, using: &generator), count: 40),
                range: Int64.random(in: 1...120_000, using: &generator))
            harness.findsBounds = round % 2 == 0
            let whole = try harness.run(function, columns, arguments).column
            for step in 0..<harness.grid.count {
                let time = harness.grid.time(step)
                let single = FunctionHarness(grid: StepGrid(start: time, step: 1, count: 1), range: harness.range)
                let alone = try single.run(function, columns.cut(after: time - harness.range, through: time), arguments).column
                if !same(whole.values[step], alone.values[0]) {
                    Issue.record("seed 41, round \(round), step \(step): \(whole.values[step]) \(alone.values[0])")
                }
            }
        }
    }

    private func same(_ left: Double, _ right: Double) -> Bool {
        if StepColumn.isAbsent(left) || StepColumn.isAbsent(right) { return StepColumn.isAbsent(left) && StepColumn.isAbsent(right) }
        return left.bitPattern == right.bitPattern || (left.isNaN && right.isNaN)
    }

    @Test(arguments: [RangeFunction.rate, .increase, .delta, .changes, .resets], [RangeBoundary.anchored, .smoothed])
    func borderSamplesAreFoundInEveryWindow(_ function: RangeFunction, _ boundary: RangeBoundary) throws {
        if boundary == .smoothed && !function.allowsSmoothed { return }
        var generator = SeededGenerator(seed: 43)
        for round in 0..<20 {
            let columns = generator.columns()
            var harness = FunctionHarness(
                grid: StepGrid(start: 0, step: Int64.random(in: 1...40_000, using: &generator), count: 30),
                range: Int64.random(in: 1...120_000, using: &generator), boundary: boundary, lookback: 30_000)
            harness.findsBounds = round % 2 == 0
            let whole = try harness.run(function, columns).column
            for step in 0..<30 {
                let time = harness.grid.time(step)
                var single = harness
                single.findsBounds = false
                single.grid = StepGrid(start: time, step: 1, count: 1)
                let end = boundary == .smoothed ? time + 30_000 : time
                let alone = try single.run(function, columns.cut(after: time - harness.range - 30_000, through: end)).column
                if !same(whole.values[step], alone.values[0]) { Issue.record("seed 43, round \(round), step \(step)") }
            }
        }
    }

    @Test func definitionsHold() throws {
        var generator = SeededGenerator(seed: 47)
        for _ in 0..<300 {
            let columns = generator.columns()
            let harness = FunctionHarness.instant(700_000, range: 700_000)
            let values = columns.values
            var sum = KahanSum()
            for value in values { sum.add(value) }
            #expect(same(try harness.value(.sumOverTime, columns)!, sum.sum.isInfinite ? sum.sum : sum.total))
            let numbers = values.filter { !$0.isNaN }
            #expect(try same(harness.value(.maxOverTime, columns)!, numbers.max() ?? .nan) || numbers.max() == 0)
            #expect(try same(harness.value(.minOverTime, columns)!, numbers.min() ?? .nan) || numbers.min() == 0)
            #expect(try harness.value(.countOverTime, columns) == Double(values.count))
            #expect(try harness.value(.presentOverTime, columns) == 1)
            #expect(try same(harness.value(.lastOverTime, columns)!, values.last!))
            #expect(try same(harness.value(.firstOverTime, columns)!, values.first!))
            #expect(try harness.value(.timeOfLastOverTime, columns) == Double(columns.timestamps.last!) / 1000)
            #expect(try harness.value(.timeOfFirstOverTime, columns) == Double(columns.timestamps.first!) / 1000)
            let pairs = zip(values, values.dropFirst())
            #expect(try harness.value(.resets, columns) == Double(pairs.count { $1 < $0 }))
            #expect(try harness.value(.changes, columns) == Double(pairs.count { $0 != $1 && !($0.isNaN && $1.isNaN) }))
        }
    }
}
