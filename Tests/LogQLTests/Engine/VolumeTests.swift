internal import LabelMatching
internal import LogQL
internal import QueryModel
internal import TelemetryModel
internal import Testing

/// What there is, and how much.
struct VolumeTests {
    private static let source = ArrayLogs(
        [
            LogEntry(["app": "a", "env": "prod"], 0, "12345"), LogEntry(["app": "a", "env": "dev"], 10, "123"),
            LogEntry(["app": "b", "env": "prod"], 20, "1234567"), LogEntry(["app": "c"], 30, "1"),
            LogEntry(["app": "a", "env": "prod"], 40, "12"),
        ], rowsPerTable: 2)
    private static let engine = LogQLEngine()

    private func volumes(_ options: VolumeOptions) throws -> [String] {
        try Self.engine.volume(options, source: Self.source, budget: QueryBudget()).map { "\($0.labels) \($0.bytes)" }
    }

    @Test func `volumes are added up by series or labels`() throws {
        let prod = LabelMatcher("env", equals: "prod")
        #expect(
            try volumes(VolumeOptions(matchers: [], start: 0, end: 100))
                == [#"{app="a", env="prod"} 7"#, #"{app="b", env="prod"} 7"#, #"{app="a", env="dev"} 3"#, #"{app="c"} 1"#])
        #expect(try volumes(VolumeOptions(matchers: [prod], start: 0, end: 100)) == [#"{env="prod"} 14"#])
        #expect(
            try volumes(VolumeOptions(matchers: [prod], start: 0, end: 100, targetLabels: ["app"])) == [#"{app="a"} 7"#, #"{app="b"} 7"#])
        #expect(try volumes(VolumeOptions(matchers: [], start: 0, end: 100, limit: 1, targetLabels: ["env"])) == [#"{env="prod"} 14"#])
        #expect(
            try volumes(VolumeOptions(matchers: [], start: 0, end: 100, aggregation: .labels)) == [#"{app=""} 18"#, #"{env=""} 17"#])
        #expect(try volumes(VolumeOptions(matchers: [], start: 15, end: 25)) == [#"{app="b", env="prod"} 7"#])
    }

    @Test func `volumes by steps stand at the starts of steps`() throws {
        let options = VolumeOptions(matchers: [LabelMatcher("app", equals: "a")], start: 0, end: 5_000_000)
        let source = ArrayLogs([0, 500_000, 1_500_000, 4_000_000].map { LogEntry(["app": "a"], $0, "xy") })
        let found = try Self.engine.volumeRange(options, stepNanoseconds: 1_000_000, source: source, budget: QueryBudget())
        #expect(found.count == 1 && found[0].samples.timestamps == [0, 1, 4] && found[0].samples.values == [4, 2, 2])
    }

    @Test func `streams, names, values and counts are those of the matching streams`() throws {
        let budget = QueryBudget()
        let prod = [LabelMatcher("env", equals: "prod")]
        #expect(
            try Self.engine.streams([prod, [LabelMatcher("app", equals: "c")]], start: 0, end: 100, source: Self.source, budget: budget)
                == [["app": "a", "env": "prod"], ["app": "b", "env": "prod"], ["app": "c"]])
        #expect(try Self.engine.labelNames([], start: 0, end: 100, source: Self.source, budget: budget) == ["app", "env"])
        #expect(try Self.engine.labelValues("app", prod, start: 0, end: 100, source: Self.source, budget: budget) == ["a", "b"])
        let statistics = try Self.engine.statistics(prod, start: 0, end: 100, source: Self.source, budget: budget)
        #expect(statistics.streams == 2 && statistics.entries == 3 && statistics.bytes == 14 && statistics.chunks == 3)
    }
}
