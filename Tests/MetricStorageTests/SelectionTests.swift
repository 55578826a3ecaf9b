internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Finding series and labels, in the head, in shards and in both.
@Suite struct SelectionTests {
    enum Place: String, CaseIterable { case head, shard, both }

    private func filled(_ place: Place) throws -> StorageFixture {
        let fixture = try StorageFixture()
        for number in 0..<100 {
            var labels: LabelSet = ["__name__": number % 2 == 0 ? "even" : "odd", "number": "\(number)", "decade": "\(number / 10)"]
            if number % 3 == 0 { labels = labels.setting("third", "yes") }
            try fixture.append(labels, [(StorageFixture.noon, Double(number))])
            if place == .both && number == 50 { try fixture.storage.flush() }
        }
        if place == .shard { try fixture.storage.flush() }
        return fixture
    }

    @Test(arguments: Place.allCases)
    func matchersAgreeWithATestOfEverySeries(place: Place) throws {
        let fixture = try filled(place)
        let all = try fixture.storage.series([])
        #expect(all.count == 100)
        let matchers: [(String, LabelMatcher.Operator, String)] = [
            ("__name__", .equal, "even"), ("__name__", .notEqual, "even"), ("__name__", .matches, "ev.*|x"),
            ("__name__", .notMatches, "e.+"),
            ("third", .equal, "yes"), ("third", .equal, ""), ("third", .notEqual, ""), ("third", .matches, ""), ("third", .matches, ".*"),
            ("third", .matches, ".+"), ("third", .notMatches, ".+"), ("third", .notMatches, "yes|no"), ("third", .notEqual, "yes"),
            ("number", .matches, "1|2|77|"), ("number", .matches, "1[0-9]"), ("number", .notMatches, "[0-9]"), ("decade", .equal, "3"),
            ("absent", .equal, ""), ("absent", .equal, "x"), ("absent", .notEqual, "x"), ("decade", .matches, "2?"),
        ]
        for first in matchers {
            for second in matchers {
                let pair = [try LabelMatcher(first.0, first.1, first.2), try LabelMatcher(second.0, second.1, second.2)]
                let expected = all.filter { labels in pair.allSatisfy { $0.matches(labels) } }
                #expect(try fixture.storage.series([LabelSelector(pair)]) == expected, "\(pair)")
            }
        }
    }

    @Test(arguments: Place.allCases)
    func labelNamesAndValues(place: Place) throws {
        let fixture = try filled(place)
        let storage = fixture.storage
        #expect(try storage.labelNames() == ["__name__", "decade", "number", "third"])
        #expect(try storage.labelValues("__name__") == ["even", "odd"])
        #expect(try storage.labelValues("absent").isEmpty)
        let selector = LabelSelector([LabelMatcher("decade", equals: "2"), LabelMatcher("third", equals: "yes")])
        #expect(try storage.labelValues("number", [selector]) == ["21", "24", "27"])
        let odd = LabelSelector([LabelMatcher("number", equals: "1")])
        #expect(try storage.labelNames([odd]) == ["__name__", "decade", "number"])
        let past = TimeRange(start: StorageFixture.noon - 3 * 86_400_000, end: StorageFixture.noon - 2 * 86_400_000)
        #expect(try storage.labelNames(in: past).isEmpty)
        #expect(try storage.labelValues("number", in: past).isEmpty)
    }

    @Test func selectionsTellWhatTheyReadFromWhere() throws {
        let fixture = try filled(.both)
        let selection = try fixture.storage.select([LabelMatcher("__name__", equals: "even")], in: .all)
        let today = StorageFixture.noon - 43_200_000
        let before = selection.statistics
        // Numbers 0 to 50 were written to the day's shard, the others are in the head.
        #expect(before.headSeries == 24)
        #expect(before.shards.map(\.day) == [today])
        #expect(before.shards.map(\.series) == [26])
        #expect(before.shards.map(\.pages) == [0])
        var columns = SampleColumns()
        for _ in 0..<2 {
            for index in 0..<selection.count { try selection.read(index, into: &columns) }
            let after = try #require(selection.statistics.shards.first)
            #expect(after.pages == 1)
            #expect(after.bytes > 26 * 2)
        }
        let nothing = try fixture.storage.select([LabelMatcher("absent", equals: "x")], in: .all).statistics
        #expect(nothing == SelectionStatistics(headSeries: 0, shards: []))
    }

    @Test func namesThatLookAlikeAreNotTheSame() throws {
        let fixture = try StorageFixture()
        let composed = "caf\u{e9}"
        let decomposed = "cafe\u{301}"
        try fixture.append(LabelSet([("__name__", "m"), ("l", composed)]), [(StorageFixture.noon, 1)])
        try fixture.append(LabelSet([("__name__", "m"), ("l", decomposed)]), [(StorageFixture.noon, 2)])
        for _ in 0..<2 {
            #expect(try fixture.storage.labelValues("l").count == 2)
            #expect(try fixture.storage.series([LabelSelector([LabelMatcher("l", equals: composed)])]).count == 1)
            try fixture.storage.flush()
        }
    }

    @Test func aSelectionKeepsSeeingItsMoment() throws {
        let fixture = try StorageFixture()
        let labels: LabelSet = ["__name__": "m"]
        for step in 0..<40 {
            try fixture.append(labels, [(StorageFixture.noon + Int64(step) * 1000, Double(step))])
            if step % 4 == 3 { try fixture.storage.flush() }
        }
        try fixture.append(labels, [(StorageFixture.noon + 40_000, 40)])
        let selection = try fixture.storage.select([], in: .all)
        try fixture.append(labels, [(StorageFixture.noon + 41_000, 41)])
        try fixture.storage.flush()
        try fixture.append(labels, [(StorageFixture.noon + 42_000, 42)])
        try fixture.storage.flush()
        var columns = SampleColumns()
        try selection.read(0, into: &columns)
        #expect(columns.values == (0...40).map(Double.init))
        try fixture.storage.select([], in: .all).read(0, into: &columns)
        #expect(columns.values == (0...42).map(Double.init))
    }

    @Test func theLastWriteOfATimeWins() throws {
        let fixture = try StorageFixture()
        let labels: LabelSet = ["__name__": "m"]
        for round in 0..<6 {
            try fixture.append(labels, [(StorageFixture.noon, Double(round)), (StorageFixture.noon - 1000 * Int64(round), -1)])
            if round % 2 == 0 { try fixture.storage.flush() } else { try fixture.restart() }
            let expected = round == 0 ? -1.0 : Double(round)
            #expect(try fixture.read()[labels]?[StorageFixture.noon] == expected.bitPattern)
        }
    }

    /// More pages than cursors are kept, samples that come late and twice, and columns that are changed in between.
    @Test func aReaderThatKeepsItsPlacesFindsTheSame() throws {
        var generator = SeededGenerator(seed: 71)
        let fixture = try StorageFixture()
        for round in 0..<40 {
            for number in 0..<6 where number != round % 6 {
                let late: Int64 = Int.random(in: 0...9, using: &generator) == 0 ? 90 : 0
                let times = (0..<5).map { StorageFixture.noon + Int64(round) * 60_000 + Int64($0) * 10_000 - late * 1_000 }
                try fixture.append(
                    ["__name__": "m", "number": "\(number)"], times.map { ($0, Double.random(in: 0...9, using: &generator)) })
            }
            if round < 36 { try fixture.storage.flush() }
        }
        for range in [TimeRange.all, TimeRange(start: StorageFixture.noon + 301_000, end: StorageFixture.noon + 1_702_000)] {
            let selection = try fixture.storage.select([], in: range)
            var (kept, columns) = (PageCursors(), SampleColumns())
            for _ in 0..<60 {
                let index = Int.random(in: 0..<selection.count, using: &generator)
                try selection.read(index, into: &columns, keeping: &kept)
                var alone = SampleColumns()
                try fixture.storage.select([], in: range).read(index, into: &alone)
                #expect(columns.timestamps == alone.timestamps && columns.values == alone.values, "seed 71, series \(index)")
                #expect(columns.timestamps == Array(Set(columns.timestamps)).sorted(), "seed 71, series \(index)")
                columns.append(0, 0)
                columns.timestamps[0] = -1
            }
        }
    }
}
