internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel
internal import Testing

/// Brief look-ups answer as full ones do, or not at all.
@Suite struct BriefLookupTests {
    private static let range = TimeRange(start: StorageFixture.noon - 60_000, end: StorageFixture.noon + 60_000)

    private func filled() throws -> StorageFixture {
        let fixture = try StorageFixture()
        for number in 0..<100 {
            try fixture.append(
                ["__name__": number % 2 == 0 ? "even" : "odd", "number": "\(number)"], [(StorageFixture.noon, Double(number))])
        }
        return fixture
    }

    private func read(_ fixture: StorageFixture, _ matchers: [LabelMatcher], _ effort: LookupEffort) throws -> [LabelSet: [Double]] {
        let selection = try fixture.storage.select(matchers, in: BriefLookupTests.range, effort: effort)
        var found: [LabelSet: [Double]] = [:]
        var columns = SampleColumns()
        for index in 0..<selection.count {
            try selection.read(index, into: &columns)
            found[selection.labels(at: index)] = columns.values
        }
        return found
    }

    private func isTooMuch(_ body: () throws -> some Any) -> Bool {
        do {
            _ = try body()
            return false
        } catch {
            return (error as? MetricStorageError)?.code == .tooMuch
        }
    }

    @Test func theHeadIsAtHand() throws {
        let fixture = try filled()
        let matchers = [LabelMatcher("__name__", equals: "even"), try LabelMatcher("number", .notEqual, "4")]
        let found = try read(fixture, matchers, .brief)
        #expect(found.count == 49)
        #expect(try read(fixture, matchers, .full) == found)
        #expect(try fixture.storage.labelNames(in: BriefLookupTests.range, effort: .brief) == ["__name__", "number"])
        #expect(try fixture.storage.labelValues("__name__", in: BriefLookupTests.range, effort: .brief) == ["even", "odd"])
    }

    @Test func aShardIsAtHandOnceItWasRead() throws {
        let fixture = try filled()
        try fixture.storage.flush()
        let matchers = [LabelMatcher("__name__", equals: "even"), LabelMatcher("number", equals: "42")]
        let lookUps: [(LookupEffort) throws -> [String]] = [
            { try read(fixture, matchers, $0).map { "\($0.key) \($0.value)" } },
            { try fixture.storage.labelNames(in: BriefLookupTests.range, effort: $0) },
            { try fixture.storage.labelValues("number", in: BriefLookupTests.range, effort: $0) },
            { try fixture.storage.labelValues("number", [LabelSelector(matchers)], in: BriefLookupTests.range, effort: $0) },
            { try fixture.storage.series([LabelSelector(matchers)], in: BriefLookupTests.range, effort: $0).map { "\($0)" } },
        ]
        for lookUp in lookUps {
            try fixture.restart()
            #expect(isTooMuch { try lookUp(.brief) })
            let full = try lookUp(.full)
            #expect(!full.isEmpty)
            #expect(try lookUp(.brief) == full)
        }
        // New series change the index: what was read of it before does not count any more.
        try fixture.append(["__name__": "even", "number": "new"], [(StorageFixture.noon, 1)])
        try fixture.storage.flush()
        #expect(isTooMuch { try fixture.storage.labelValues("number", in: BriefLookupTests.range, effort: .brief) })
        #expect(try fixture.storage.labelValues("number", in: BriefLookupTests.range).contains("new"))
        #expect(try fixture.storage.labelValues("number", in: BriefLookupTests.range, effort: .brief).contains("new"))
    }

    @Test func whatOpeningReadsAheadIsAtHand() throws {
        let fixture = try filled()
        try fixture.storage.flush()
        fixture.options.preparesQueries = true
        let even = LabelMatcher("__name__", equals: "even")
        for matchers in [[even, LabelMatcher("number", equals: "42")], [even, LabelMatcher("number", equals: "43")], [even]] {
            try fixture.restart()
            fixture.storage.waitUntilPrepared(milliseconds: 60_000)
            let found = try read(fixture, matchers, .brief)
            #expect(try fixture.storage.labelValues("number", in: BriefLookupTests.range, effort: .brief).count == 100)
            #expect(try read(fixture, matchers, .full) == found)
            #expect(found.count == (matchers.count == 1 ? 50 : matchers[1].value == "42" ? 1 : 0))
        }
        // Whoever closes it at once waits for a step of that at most.
        for _ in 0..<20 { try fixture.restart() }
    }

    @Test func whatIsLargeOrNeedsEveryValueIsTooMuch() throws {
        let fixture = try filled()
        for pass in 0..<2 {
            #expect(isTooMuch { try fixture.storage.select([], in: BriefLookupTests.range, effort: .brief) } || pass == 1)
            let pattern = [LabelMatcher("__name__", equals: "even"), try LabelMatcher("number", .matches, "1.")]
            _ = try read(fixture, pattern, .full)
            #expect(isTooMuch { try read(fixture, pattern, .brief) })
            let even = [LabelMatcher("__name__", equals: "even")]
            #expect(isTooMuch { try fixture.storage.select(even, in: .all, effort: .brief) })
            try fixture.storage.flush()
        }
        for number in 0..<300 { try fixture.append(["__name__": "many", "n": "\(number)"], [(StorageFixture.noon, 0)]) }
        let many = [LabelMatcher("__name__", equals: "many")]
        #expect(isTooMuch { try read(fixture, many, .brief) })
        #expect(try read(fixture, many, .full).count == 300)
    }

    @Test func limitsGiveTheFirstNamesAndValuesAndAnySeries() throws {
        let fixture = try filled()
        for _ in 0..<2 {
            #expect(try fixture.storage.labelNames(limit: 1) == ["__name__"])
            #expect(try fixture.storage.labelValues("number", limit: 3) == ["0", "1", "10"])
            let even = LabelSelector([LabelMatcher("__name__", equals: "even")])
            let series = try fixture.storage.series([even, even], limit: 7)
            #expect(series.count == 7)
            #expect(Set(series).count == 7)
            #expect(series == series.sorted())
            #expect(series.allSatisfy { $0["__name__"] == "even" })
            try fixture.storage.flush()
        }
    }
}
