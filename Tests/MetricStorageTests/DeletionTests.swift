internal import Foundation
internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel
internal import Testing

/// Deletion on a user's word: gone at once for every reader, gone from the disk soon, and nothing else with it.
@Suite struct DeletionTests {
    private let noon = StorageFixture.noon
    private let kept: LabelSet = ["__name__": "kept", "job": "a"]
    private let gone: LabelSet = ["__name__": "gone", "job": "a", "only": "forget-me-please"]

    private func matcher(_ name: String) -> [LabelMatcher] { [LabelMatcher("__name__", equals: name)] }

    private func fill(_ fixture: StorageFixture, days: Int = 3) throws {
        for labels in [kept, gone] {
            try fixture.append(
                labels,
                (0..<days * 24).map { (noon - Int64($0) * 3_600_000, Double($0) * 1.5) })
        }
    }

    @Test(arguments: ["head", "shards", "both"])
    func samplesOfARangeGoAndNothingElse(place: String) throws {
        let fixture = try StorageFixture()
        try fill(fixture)
        if place != "head" { try fixture.storage.flush() }
        if place == "both" { try fill(fixture, days: 2) }
        let whole = try fixture.read()
        let range = TimeRange(start: noon - 30 * 3_600_000, end: noon - 10 * 3_600_000)
        try fixture.storage.delete(matcher("gone"), in: range)
        let expected = try #require(whole[gone]).filter { !range.contains($0.key) }
        #expect(expected.count == 72 - 21)
        for round in ["at once", "after a restart", "at rest"] {
            let found = try fixture.read()
            #expect(found[kept] == whole[kept], "\(round)")
            #expect(found[gone] == expected, "\(round)")
            if round == "at once" { try fixture.restart() } else { try fixture.storage.flush() }
        }
        let problems = try fixture.storage.verify()
        #expect(problems.isEmpty, "\(problems)")
    }

    @Test func whatIsAppendedLaterStays() throws {
        let fixture = try StorageFixture()
        try fill(fixture)
        try fixture.storage.delete(matcher("gone"), in: .all)
        try fixture.append(gone, [(noon, 7), (noon - 86_400_000, 8)])
        for _ in 0..<2 {
            #expect(try fixture.read()[gone] == [noon: (7.0).bitPattern, noon - 86_400_000: (8.0).bitPattern])
            try fixture.storage.flush()
            try fixture.restart()
        }
    }

    @Test(arguments: [false, true])
    func labelsOfSeriesWithNothingLeftGo(isSealed: Bool) throws {
        let fixture = try StorageFixture()
        try fill(fixture)
        if isSealed { try fixture.storage.flush() }
        try fixture.storage.delete(matcher("gone"), in: TimeRange(start: noon, end: noon))
        #expect(try fixture.storage.labelNames() == ["__name__", "job", "only"])
        try fixture.storage.delete(matcher("gone"), in: .all)
        for _ in 0..<2 {
            #expect(try fixture.storage.labelNames() == ["__name__", "job"])
            #expect(try fixture.storage.labelValues("__name__") == ["kept"])
            #expect(try fixture.storage.labelValues("only") == [])
            #expect(try fixture.storage.series([]) == [kept])
            #expect(try fixture.storage.select([], in: .all).count == 1)
            try fixture.restart()
        }
        // A new life of the same series is found under all its labels.
        try fixture.append(gone, [(noon, 1)])
        try fixture.storage.flush()
        #expect(try fixture.storage.labelValues("only") == ["forget-me-please"])
        #expect(try fixture.read([LabelMatcher("only", equals: "forget-me-please")]) == [gone: [noon: (1.0).bitPattern]])
        #expect(try fixture.storage.verify().isEmpty)
    }

    @Test func histogramsAndExemplarsGo() throws {
        let fixture = try StorageFixture()
        for isSealed in [false, true] {
            var batch = MetricBatch()
            batch.beginSeries(gone)
            for step in 0..<4 {
                var histogram = NativeHistogram()
                histogram.count = Double(step)
                batch.append(HistogramSample(timestamp: noon + Int64(step), histogram: histogram))
                batch.append(Exemplar(labels: ["trace_id": "\(step)"], value: 1, timestamp: noon + Int64(step)))
            }
            _ = try fixture.storage.append(batch)
            if isSealed { try fixture.storage.flush() }
            try fixture.storage.delete(matcher("gone"), in: TimeRange(start: noon, end: noon + 2))
            let selection = try fixture.storage.select([], in: .all)
            var columns = SampleColumns()
            try selection.read(0, into: &columns)
            #expect(columns.histograms.map(\.timestamp) == [noon + 3])
            let found = try fixture.storage.exemplars([LabelSelector(matcher("gone"))], in: .all)
            #expect(found.flatMap(\.exemplars).map(\.timestamp) == [noon + 3])
        }
        try fixture.storage.delete(matcher("gone"), in: .all)
        #expect(try fixture.storage.exemplars([LabelSelector(matcher("gone"))], in: .all).isEmpty)
        #expect(try fixture.storage.series([]).isEmpty)
    }

    @Test func aSelectionHeldMeanwhileKeepsWhatItSaw() throws {
        let fixture = try StorageFixture()
        try fill(fixture)
        try fixture.storage.flush()
        let selection = try fixture.storage.select(matcher("gone"), in: .all)
        try fixture.storage.delete(matcher("gone"), in: .all)
        let refusal = #expect(throws: MetricStorageError.self) { try fixture.storage.eraseDeleted() }
        #expect(refusal?.code == .overloaded)
        var columns = SampleColumns()
        try selection.read(0, into: &columns)
        #expect(columns.count == 72 && selection.warnings.isEmpty)
    }

    @Test(arguments: ["erase", "flush", "time"])
    func bytesLeaveTheDisk(by means: String) throws {
        let fixture = try StorageFixture()
        try fill(fixture)
        try fixture.append(["__name__": "gone", "second": "forget-me-too"], [(noon, 1)])
        // Merged, so that there are bytes of replaced pages as well.
        try fixture.storage.flush()
        try fill(fixture)
        try fixture.storage.flush()
        #expect(try holds(fixture, "forget-me-please"))
        let pages = try pageHeads(fixture)
        try fixture.storage.delete(matcher("gone"), in: .all)
        try fixture.storage.delete(matcher("kept"), in: .all)
        switch means {
        case "erase": try fixture.storage.eraseDeleted()
        case "flush": try fixture.storage.flush()
        default:
            try fixture.storage.maintain()
            fixture.clock.advance(11 * 60_000)
            try fixture.storage.maintain()
        }
        for text in ["forget-me-please", "forget-me-too"] { #expect(try !holds(fixture, text), "\(text)") }
        #expect(!pages.isEmpty)
        #expect(try pageHeads(fixture).isEmpty)
        #expect(try fixture.storage.verify().isEmpty)
    }

    /// Whether any file has a text in it.
    private func holds(_ fixture: StorageFixture, _ text: String) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: fixture.directory).contains { name in
            try Data(contentsOf: URL(fileURLWithPath: fixture.directory + "/" + name)).range(of: Data(text.utf8)) != nil
        }
    }

    /// Where in which file a page of samples begins.
    private func pageHeads(_ fixture: StorageFixture) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: fixture.directory).flatMap { name in
            let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture.directory + "/" + name))
            return bytes.indices.dropLast(4).filter { bytes[$0..<$0 + 4].elementsEqual(Data("PCP\u{1}".utf8)) }.map { "\(name) \($0)" }
        }
    }

    @Test func aNewPageIsNeverTakenForADeletedOne() throws {
        let fixture = try StorageFixture()
        try fixture.append(gone, [(noon, 1)])
        try fixture.storage.flush()
        #expect(try fixture.read() == [gone: [noon: (1.0).bitPattern]])
        try fixture.storage.delete([], in: .all)
        try fixture.storage.eraseDeleted()
        try fixture.append(kept, [(noon, 2)])
        try fixture.storage.flush()
        #expect(try fixture.read() == [kept: [noon: (2.0).bitPattern]])
    }

    @Test func damageIsToldAndTheRestIsDeleted() throws {
        let fixture = try StorageFixture()
        try fill(fixture)
        try fixture.storage.flush()
        try fixture.storage.close()
        let path = fixture.directory + "/2026-11-21.sqlite"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let page = try #require(bytes.range(of: Data("PCP\u{1}".utf8)))
        bytes[page.upperBound + 60] ^= 4
        try bytes.write(to: URL(fileURLWithPath: path))
        try fixture.restart()
        let error = #expect(throws: MetricStorageError.self) { try fixture.storage.delete(matcher("gone"), in: .all) }
        #expect(error?.code == .corrupt && error?.message.contains("2026-11-21.sqlite: page") == true, "\(String(describing: error))")
        #expect(try fixture.read()[gone] == nil)
        #expect(try fixture.read()[kept]?.count == 72 - 24)
    }
}
