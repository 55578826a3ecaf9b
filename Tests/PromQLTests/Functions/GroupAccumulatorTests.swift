internal import QueryModel
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import PromQL

@Suite struct GroupAccumulatorTests {
    private let harness = FunctionHarness.instant(0)

    private func run(
        _ kind: AggregationOperator, _ series: [StepSeries], parameter: Double? = nil, steps: Int = 1
    ) throws -> (column: StepColumn, notes: [String]) {
        var harness = harness
        harness.grid.count = steps
        var context = harness.context()
        var group = GroupAccumulator(kind, parameter: parameter.map(ScalarColumn.constant), grid: harness.grid)
        for element in series { try group.add(element, &context) }
        let column = try group.finish(&context)
        return (column, context.annotations.all.map(\.message))
    }

    private func value(_ kind: AggregationOperator, _ values: [Double], _ parameter: Double? = nil) throws -> Double {
        try run(kind, values.map { StepSeries([:], $0) }, parameter: parameter).column.values[0]
    }

    @Test func definitions() throws {
        let values: [Double] = [2, 4, 4, 4, 5, 5, 7, 9]
        #expect(try value(.sum, values) == 40 && value(.avg, values) == 5 && value(.count, values) == 8 && value(.group, values) == 1)
        #expect(try value(.min, values) == 2 && value(.max, values) == 9)
        #expect(try value(.stdvar, values) == 4 && value(.stddev, values) == 2)
        #expect(try value(.quantile, values, 0.5) == 4.5)
        #expect(try value(.min, [.nan, 3]) == 3 && value(.max, [.nan, .nan]).isNaN)
        #expect(try value(.stddev, [1, .infinity]).isNaN && value(.stddev, [.infinity]).isNaN)
    }

    @Test func compensationAndOverflow() throws {
        #expect(try value(.sum, [1, 1e100, 1, -1e100]) == 2 && value(.avg, [1, 1e100, 1, -1e100]) == 0.5)
        let large = Double.greatestFiniteMagnitude
        #expect(try value(.sum, [large, large]) == .infinity)
        let mean = try value(.avg, [large, large, large])
        #expect(mean.isFinite && mean > large * 0.999_999)
    }

    @Test func stepsAreIndependentAndAbsentOnesStayAbsent() throws {
        var generator = SeededGenerator(seed: 71)
        for kind in [AggregationOperator.sum, .avg, .min, .max, .count, .group, .stddev, .stdvar, .quantile] {
            for _ in 0..<30 {
                let series = (0..<8).map { _ in
                    StepSeries(labels: [:], column: StepColumn(values: generator.columnValues(6).map { $0 == 1 ? StepColumn.absent : $0 }))
                }
                let whole = try run(kind, series, parameter: 0.4, steps: 6).column
                for step in 0..<6 {
                    let alone = try run(kind, series.map { StepSeries([:], $0.column.values[step]) }, parameter: 0.4).column
                    let (left, right) = (whole.values[step], alone.values[0])
                    #expect(
                        left.bitPattern == right.bitPattern || (left.isNaN && right.isNaN && whole.isPresent(step) == alone.isPresent(0)))
                    #expect(whole.isPresent(step) == series.contains { $0.column.isPresent(step) })
                }
            }
        }
    }

    @Test func histograms() throws {
        let series = [StepSeries([:], .simple([1, 2])), StepSeries([:], .simple([3, 4]))]
        #expect(try run(.sum, series).column[0] == .histogram(.simple([4, 6])))
        #expect(try run(.avg, series).column[0] == .histogram(.simple([2, 3])))
        #expect(try run(.count, series).column[0] == .float(2))
        let (column, notes) = try run(.max, series)
        #expect(column.isEmpty && notes == ["PromQL info: ignored histogram in max aggregation"])
    }

    @Test func floatsAndHistogramsDoNotMixInEitherOrder() throws {
        let (float, histogram) = (StepSeries([:], 1), StepSeries([:], .simple([1])))
        for kind in [AggregationOperator.sum, .avg] {
            for series in [[float, histogram], [histogram, float]] {
                let (column, notes) = try run(kind, series)
                #expect(column.isEmpty && notes == ["PromQL warning: encountered a mix of histograms and floats for aggregation"])
            }
        }
    }

    @Test func incompatibleAndCollidingHistograms() throws {
        let mixed = try run(.sum, [StepSeries([:], .simple([1])), StepSeries([:], .custom([1], [1]))])
        #expect(mixed.column.isEmpty && mixed.notes.count == 1)
        let colliding = try run(.sum, [StepSeries([:], .simple([1], hint: .reset)), StepSeries([:], .simple([1], hint: .notReset))])
        #expect(colliding.notes == ["PromQL warning: conflicting counter resets during histogram aggregation"])
        #expect(!colliding.column.isEmpty)
    }
}
