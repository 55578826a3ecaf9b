internal import Collector
internal import ExpositionFormat
internal import Foundation
internal import MetricStorage
internal import Synchronization
internal import TelemetryModel
internal import Testing

/// What goes out by export comes in by import as it was.
@Suite struct ExportFidelityTests {
    private static let noon = DataDirectoryFixture.noon

    /// Floats of all kinds, staleness markers, histograms and exemplars, in shards and in the journal.
    private func fill(_ fixture: DataDirectoryFixture) throws {
        let storage = try fixture.open(fixture.data)
        let odd: [UInt64] = [
            0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_0001, 0xfff8_dead_beef_0001, 0x8000_0000_0000_0000, 1, 0x7ff0_0000_0000_0000,
        ]
        for round in 0..<2 {
            var batch = MetricBatch()
            for series in 0..<30 {
                batch.beginSeries(["__name__": "f\(series % 3)_total", "l": "a\\\"\n\(series)é"])
                for step in 0..<700 {
                    let bits = step % 50 == 0 ? odd[(step / 50 + series) % odd.count] : (Double(step * series) / 7).bitPattern
                    let time = Self.noon - 2_000_000 + Timestamp(round * 700 + step) * 1001
                    batch.append(timestamp: time, value: Double(bitPattern: bits))
                    if series < 5 { batch.noteStart(Self.noon - 3_000_000 + Timestamp(step / 300), at: time) }
                }
                for step in 0..<3 {
                    let time = Self.noon - 1_999_000 + Timestamp(round * 700 + step * 50) * 1001
                    batch.append(
                        Exemplar(labels: step == 2 ? [:] : ["trace_id": "\(series)-\(step)"], value: Double(step) / 3, timestamp: time))
                }
            }
            batch.beginSeries(["no_name": "x"])
            batch.append(timestamp: Self.noon + Timestamp(round), value: 1)
            batch.beginSeries(["__name__": "h", "kind": "native"])
            for step in 0..<40 {
                let count = Double(step + round * 40)
                let histogram = NativeHistogram(
                    resetHint: round == 1 ? .gauge : .unknown, schema: 2, zeroThreshold: 1e-128, zeroCount: count, count: count * 4,
                    sum: count / 3, positiveSpans: [.init(offset: -3, length: 2)], negativeSpans: [.init(offset: 1, length: 1)],
                    positiveBuckets: [count, count], negativeBuckets: [count], isFloat: step % 2 == 0)
                let time = Self.noon - 900_000 + Timestamp(round * 40 + step) * 5000
                batch.append(HistogramSample(timestamp: time, histogram: histogram))
                if step % 3 != 0 { batch.noteStart(Self.noon - 4_000_000, at: time) }
            }
            _ = try storage.append(batch)
            if round == 0 { try storage.flush() }
        }
        try storage.setMetadata(family: "h", MetricMetadata(type: .histogram, help: "It \"is\"\na histogram.", unit: ""))
        try storage.close()
    }

    private func export(
        _ directory: String, _ format: SampleFileFormat, match: [String] = []
    ) throws -> (text: [UInt8], StorageExport.Summary) {
        var bytes: [UInt8] = []
        let export = try StorageExport(dataDirectory: directory, match: match, range: .all, format: format, clock: { Self.noon })
        let summary = try export.run { bytes += $0 }
        return (bytes, summary)
    }

    private func take(
        _ bytes: [UInt8], to destination: StorageImport.Destination, _ fixture: DataDirectoryFixture
    ) async throws -> (StorageImport.Summary, [String]) {
        let path = fixture.root + "/input"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let lines = OutputLines()
        let summary = try await StorageImport(to: destination, clock: { Self.noon }, remark: { lines.appendLine($0) }).run(files: [path])
        return (summary, lines.all)
    }

    @Test func jsonHasStartTimes() throws {
        let fixture = try DataDirectoryFixture()
        try fill(fixture)
        let text = String(decoding: try export(fixture.data, .json).text, as: UTF8.self)
        let line = try #require(text.split(separator: "\n").first { $0.contains("\"kind\":\"native\"") && $0.contains("histograms") })
        #expect(line.contains("},\(Self.noon - 4_000_000)]") && line.contains("}]"))
        #expect(text.contains(",\(Self.noon - 3_000_000)]") && text.contains(",\(Self.noon - 3_000_000 + 2)]"))
    }

    @Test func jsonGivesEverythingBack() async throws {
        let fixture = try DataDirectoryFixture()
        try fill(fixture)
        let (text, summary) = try export(fixture.data, .json)
        #expect(summary.series == 32)
        #expect(summary.samples == 30 * 1400 + 2 + 80)
        #expect(summary.exemplars > 0)
        let (taken, faults) = try await take(text, to: .directory(fixture.restored), fixture)
        #expect(faults == [])
        #expect(taken.samples == summary.samples)
        #expect(taken.exemplars == summary.exemplars)
        #expect(try fixture.read(fixture.restored) == fixture.read(fixture.data))
        // The same text again: histograms, exemplars and metadata are the same as well.
        #expect(try export(fixture.restored, .json).text == text)
    }

    @Test func textGivesFloatsAndExemplarsBack() async throws {
        let fixture = try DataDirectoryFixture()
        try fill(fixture)
        let (text, summary) = try export(fixture.data, .openmetrics)
        #expect(summary.histogramsLeftOut == 80)
        #expect(summary.staleMarkersLeftOut > 0)
        #expect(summary.seriesLeftOut == 1)
        #expect(summary.exemplars > 0 && summary.exemplarsLeftOut == 0)
        #expect(String(decoding: text, as: UTF8.self).contains(" # {trace_id=\"0-0\"} 0 "))
        let (taken, faults) = try await take(text, to: .directory(fixture.restored), fixture)
        #expect(faults == [])
        #expect(taken.samples == summary.samples && taken.exemplars == summary.exemplars)
        let normal: (UInt64) -> UInt64 = { Double(bitPattern: $0).isNaN ? 0x7ff8_0000_0000_0001 : $0 }
        let expected = try fixture.read(fixture.data).filter { $0.key.metricName != nil && $0.key.metricName != "h" }
            .mapValues { $0.filter { !StaleMarker.matches(Double(bitPattern: $0.value)) }.mapValues(normal) }
        #expect(try fixture.read(fixture.restored) == expected)
        #expect(try export(fixture.restored, .openmetrics).text == text)
    }

    @Test func aFaultInJSONRefusesTheFileWithItsPlace() async throws {
        let fixture = try DataDirectoryFixture()
        let text = #"{"metric":{"a":"b"},"samples":[[1,1]]}"# + "\n" + #"{"metric":{"a":"b"},"samples":[[1,oops]]}"# + "\n"
        let (summary, faults) = try await take(Array(text.utf8), to: .directory(fixture.data), fixture)
        #expect(summary.samples == 0 && summary.faults == 1)
        #expect(faults == [fixture.root + "/input:2:35: expected a number"])
    }

    /// A server that takes everything at the third attempt is asked again; one that refuses a part has that told.
    @Test func aBusyServerIsAskedAgain() async throws {
        let fixture = try DataDirectoryFixture()
        let calls = Mutex<[Bool]>([])
        let text = Array("# TYPE a gauge\na 1 1\na 2 2\n# EOF\n".utf8)
        let (summary, faults) = try await take(
            text,
            to: .server(send: { body, isV2 in
                let count = calls.withLock { calls in
                    calls.append(isV2)
                    return calls.count
                }
                #expect(!body.isEmpty)
                if count == 1 { return RemoteWriteReply(status: 503, body: "", written: nil, retryAfterSeconds: 0) }
                if count == 2 { return RemoteWriteReply(status: 400, body: "too old", written: 1, retryAfterSeconds: nil) }
                return RemoteWriteReply(status: 204, body: "", written: 1, retryAfterSeconds: nil)
            }), fixture)
        #expect(calls.withLock { $0 } == [true, true, false])
        #expect(summary.samples == 1 && summary.rejected == 1)
        #expect(faults == [fixture.root + "/input:2:1: too old"])
    }
}
