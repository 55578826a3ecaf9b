internal import QueryModel
internal import TelemetryModel
internal import Testing

@testable internal import PromQL

@Suite struct VectorFunctionTests {
    private let harness = FunctionHarness.instant(5000)

    @Test func sortingByValueKeepsNaNLast() throws {
        let series = [3, .nan, 1, 2].map { StepSeries(["v": "\($0)"], $0) } + [StepSeries(["v": "h"], .simple([1]))]
        func order(_ function: VectorFunction) throws -> [String] {
            try harness.vector(function, [.vector(series)]).series.map { $0.labels["v"]! }
        }
        #expect(try order(.sort) == ["1.0", "2.0", "3.0", "nan"])
        #expect(try order(.sortDescending) == ["3.0", "2.0", "1.0", "nan"])
    }

    @Test func sortingOverARangeIsNoted() throws {
        let range = FunctionHarness(grid: StepGrid(start: 0, step: 1, count: 2))
        #expect(
            try range.vector(.sort, [.vector([StepSeries(["a": "b"], 1, 2)])]).notes
                == ["PromQL warning: sort is ineffective for range queries since results are always ordered by labels"])
    }

    @Test func sortingByLabelsIsNatural() throws {
        let names = ["node10", "node2", "node1", "node"]
        let series = names.map { StepSeries(["name": $0], 1) }
        func order(_ function: VectorFunction) throws -> [String] {
            try harness.vector(function, [.vector(series), .string("name")]).series.map { $0.labels["name"]! }
        }
        #expect(try order(.sortByLabel) == ["node", "node1", "node2", "node10"])
        #expect(try order(.sortByLabelDescending) == ["node10", "node2", "node1", "node"])
    }

    @Test(arguments: [
        ("1.2.9", "1.2.10", true), ("a", "b", true), ("a1b", "a1c", true), ("a01", "a1", true),
        ("99999999999999999999", "100000000000000000000", false),
        ("", "a", false), ("1", "a", true), ("a2", "a10", true), ("x9y", "x9", false),
    ])
    func naturalOrder(_ left: String, _ right: String, _ precedes: Bool) {
        #expect(NaturalOrder.precedes(left, right) == precedes)
    }

    @Test func labelsAreReplacedWhereThePatternMatchesAll() throws {
        let series = [StepSeries(["__name__": "m", "src": "value-10"], 1), StepSeries(["__name__": "m", "src": "other"], 2)]
        func replaced(_ destination: String, _ template: String, _ pattern: String) throws -> [LabelSet] {
            try harness.vector(
                .labelReplace, [.vector(series), .string(destination), .string(template), .string("src"), .string(pattern)]
            ).series.map(\.labels)
        }
        #expect(
            try replaced("dst", "got-$1", "value-(.*)") == [
                ["__name__": "m", "src": "value-10", "dst": "got-10"], ["__name__": "m", "src": "other"],
            ])
        #expect(try replaced("dst", "x", "value") == series.map(\.labels))
        #expect(try replaced("src", "", ".*") == [["__name__": "m"], ["__name__": "m"]])
        #expect(throws: QueryError.self) { try replaced("dst", "x", "(") }
        #expect(throws: QueryError.self) { try replaced("", "x", ".*") }
    }

    @Test func labelsAreJoined() throws {
        let series = [StepSeries(["a": "1", "c": "3"], 1)]
        let arguments: [ArgumentValue] = [.vector(series), .string("d"), .string("-"), .string("a"), .string("b"), .string("c")]
        #expect(try harness.vector(.labelJoin, arguments).series[0].labels == ["a": "1", "c": "3", "d": "1--3"])
        #expect(throws: QueryError.self) {
            try harness.vector(.labelJoin, [.vector(series), .string("d"), .string("-"), .string("")])
        }
    }

    @Test func absenceAndScalars() throws {
        #expect(try harness.vector(.absent, [.vector([])]).series.map { $0.column.values } == [[1]])
        #expect(try harness.vector(.absent, [.vector([StepSeries([:], .nan)])]).series.isEmpty)
        #expect(try harness.vector(.vector, [.scalar(.constant(3))]).series[0].column.values == [3])
        var context = harness.context()
        func scalar(_ function: ScalarFunction, _ arguments: [ArgumentValue]) throws -> Double {
            try function.evaluate(arguments, &context)[0]
        }
        #expect(try scalar(.time, []) == 5 && scalar(.pi, []) == .pi)
        #expect(try scalar(.scalar, [.vector([StepSeries(["a": "1"], 7)])]) == 7)
        #expect(try scalar(.scalar, [.vector([StepSeries(["a": "1"], 7), StepSeries(["a": "2"], 8)])]).isNaN)
        #expect(try scalar(.scalar, [.vector([])]).isNaN)
        #expect(try scalar(.maxOf, [.scalar(.constant(1)), .scalar(.constant(2))]) == 2)
        #expect(try scalar(.minOf, [.scalar(.constant(1)), .scalar(.constant(.nan))]).isNaN)
    }
}
