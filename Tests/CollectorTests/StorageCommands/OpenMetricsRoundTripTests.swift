internal import Collector
internal import Foundation
internal import MetricStorage
internal import TelemetryModel
internal import Testing

@Suite struct OpenMetricsRoundTripTests {
    private func export(_ directory: String, match: [String] = [], range: TimeRange = .all) throws -> String {
        var bytes: [UInt8] = []
        let export = try StorageExport(dataDirectory: directory, match: match, range: range, clock: { DataDirectoryFixture.noon })
        _ = try export.run { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    @discardableResult
    private func take(
        _ text: String, into directory: String, _ fixture: DataDirectoryFixture, skippingFaults: Bool = false
    ) async throws -> (
        StorageImport.Summary, [String]
    ) {
        let path = fixture.root + "/input.om"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let lines = OutputLines()
        let summary = try await StorageImport(
            to: .directory(directory), skipsFaults: skippingFaults, clock: { DataDirectoryFixture.noon }, remark: { lines.appendLine($0) }
        ).run(files: [path])
        return (summary, lines.all.map { $0.replacingOccurrences(of: fixture.root + "/", with: "") })
    }

    private static let page = """
        # TYPE http_requests counter
        # HELP http_requests Requests \\"taken\\"\\nand answered.
        http_requests_total{code="200",path="/a\\"b\\\\c\\nd"} 3 1795348800.123
        http_requests_total{code="200",path="/a\\"b\\\\c\\nd"} 1e+06 1795348815.999
        # TYPE size_bytes gauge
        # UNIT size_bytes bytes
        size_bytes -0 1795348800
        size_bytes +Inf 1795348801
        size_bytes 0.1 1795348802.001
        size_bytes 5e-324 1795348803
        {"odd name","odd label"="x"} NaN 1

        """.split(separator: "\n").joined(separator: "\n") + "\n# EOF\n"

    @Test func exportGivesBackWhatImportTook() async throws {
        let fixture = try DataDirectoryFixture()
        let (summary, faults) = try await take(OpenMetricsRoundTripTests.page, into: fixture.data, fixture)
        #expect(faults == [])
        #expect(summary.samples == 7)
        let text = try export(fixture.data)
        try await take(text, into: fixture.restored, fixture)
        #expect(try fixture.read(fixture.restored) == fixture.read(fixture.data))
        #expect(try export(fixture.restored) == text)
        #expect(text.contains("http_requests_total{code=\"200\",path=\"/a\\\"b\\\\c\\nd\"} 3 1795348800.123\n"))
        #expect(text.contains("# TYPE http_requests counter\n"))
        #expect(text.hasSuffix("# EOF\n"))
    }

    @Test func everyMillisecondSurvives() async throws {
        let fixture = try DataDirectoryFixture()
        let storage = try fixture.open(fixture.data) { $0.retention = nil }
        var batch = MetricBatch()
        batch.beginSeries(["__name__": "times"])
        for start: Timestamp in [0, 1, 999, 1_099_511_627_776, 1_500_000_000_000, 1_795_348_800_000 - 5000] {
            for step in 0..<4000 { batch.append(timestamp: start + Timestamp(step), value: 1) }
        }
        _ = try storage.append(batch)
        try storage.close()
        try await take(export(fixture.data), into: fixture.restored, fixture)
        #expect(try fixture.read(fixture.restored) == fixture.read(fixture.data))
    }

    @Test func selectorAndTimesAreKept() async throws {
        let fixture = try DataDirectoryFixture()
        try fixture.fill()
        let noon = DataDirectoryFixture.noon
        let text = try export(
            fixture.data, match: ["load{host=\"h1\"}", "load{host=~\"h1|h2\"}"], range: TimeRange(start: noon - 86_400_000, end: noon))
        #expect(text.contains("load{host=\"h1\"}"))
        #expect(text.contains("load{host=\"h2\"}"))
        #expect(!text.contains("load{host=\"h3\"}"))
        let lines = text.split(separator: "\n")
        #expect(Set(lines).count == lines.count, "a series of two selectors comes once")
        #expect(throws: StorageCommandError.self) { try export(fixture.data, match: ["load{"]) }
    }

    @Test func theGoodPartOfABadFileCanBeKept() async throws {
        let fixture = try DataDirectoryFixture()
        let text = """
            good 1 1000
            good{a="b} 2 1000
            good{a="c"} 3 1000
            good 4
            good five 1000
            good 6 2000
            """
        let (refused, told) = try await take(text, into: fixture.data, fixture)
        #expect(refused.samples == 0 && refused.faults == 4)
        #expect(!FileManager.default.fileExists(atPath: fixture.data), "nothing was begun")
        let (summary, faults) = try await take(text, into: fixture.data, fixture, skippingFaults: true)
        #expect(told == faults)
        #expect(summary.samples == 3)
        #expect(summary.faults == 4)
        #expect(
            faults == [
                "input.om:2:8: the quote is never closed",
                "input.om:4:6: the sample has no timestamp",
                "input.om:5:6: the value is not a number",
                "input.om:6:1: the file does not end with # EOF",
            ])
    }

    @Test func manyFaultsAreCountedAndTheFirstOnesTold() async throws {
        let fixture = try DataDirectoryFixture()
        let text = "a 1 1\n" + String(repeating: "a x 1\n", count: 2500) + "a 2 2\n# EOF\n"
        let (summary, faults) = try await take(text, into: fixture.data, fixture, skippingFaults: true)
        #expect(summary.samples == 2)
        #expect(summary.faults == 2500)
        #expect(faults.count == 101)
        #expect(faults.last == "input.om: and 2400 more")
    }

    @Test func whatTheStorageRefusesIsTold() async throws {
        let fixture = try DataDirectoryFixture()
        let (summary, faults) = try await take("a 1 1\na 2 9999999999\n# EOF\n", into: fixture.data, fixture)
        #expect(summary.samples == 1)
        #expect(summary.rejected == 1)
        #expect(faults == ["input.om:2:1: the sample is too far in the future"])
    }

    @Test func aServersDirectoryIsNotTouched() async throws {
        let fixture = try DataDirectoryFixture()
        let storage = try fixture.open(fixture.data)
        let error = await #expect(throws: StorageCommandError.self) { try await take("a 1 1\n# EOF\n", into: fixture.data, fixture) }
        #expect(error?.message.contains("a server is running") == true)
        try storage.close()
    }
}
