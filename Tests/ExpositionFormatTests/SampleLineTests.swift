internal import ExpositionFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

/// Lines of the JSON export.
@Suite struct SampleLineTests {
    private func line(_ text: String) throws(SampleLineError) -> SampleLine { try SampleLine(decoding: Array(text.utf8)) }

    private func text(_ line: SampleLine) -> String {
        var bytes: [UInt8] = []
        line.append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aSeriesIsWrittenAsDocumented() {
        let series = SampleLine.Series(
            labels: ["__name__": "up", "job": "a\"b\\c\nd"], timestamps: [1000, -5],
            values: [1.5, StaleMarker.value], exemplars: [Exemplar(labels: ["trace_id": "4bf9"], value: 0.25, timestamp: 7)])
        #expect(
            text(.series(series)) == #"{"metric":{"__name__":"up","job":"a\"b\\c\nd"},"samples":[[1000,1.5],[-5,"NaN:7ff0000000000002"]],"#
                + #""exemplars":[[7,0.25,{"trace_id":"4bf9"}]]}"# + "\n")
    }

    @Test func metadataComesBack() throws {
        let metadata = SampleLine.metadata(family: "up é", MetricMetadata(type: .gauge, help: "a \"b\"\u{7f}\u{1}", unit: "s"))
        #expect(try line(text(metadata)) == metadata)
    }

    @Test(arguments: 0..<4) func everythingComesBackBitByBit(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var series = SampleLine.Series(labels: ["__name__": "m", "l": String(decoding: random.bytes(3), as: UTF8.self) + "x"])
            for _ in 0..<Int.random(in: 0..<5, using: &random) {
                series.timestamps.append(Timestamp(bitPattern: random.spreadUInt64()))
                series.values.append(Double(bitPattern: random.next()))
            }
            series.values += [.infinity, -.infinity, -0.0, .nan, StaleMarker.value, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
            series.timestamps += [Timestamp](repeating: .max, count: 7)
            if Bool.random(using: &random) {
                var histogram = NativeHistogram(
                    resetHint: NativeHistogram.ResetHint(rawValue: UInt8.random(in: 0...3, using: &random)) ?? .unknown, schema: 3,
                    zeroThreshold: 1e-128, zeroCount: 2, count: 8, sum: Double.random(in: -5...5, using: &random),
                    positiveSpans: [.init(offset: -2, length: 1), .init(offset: 3, length: 1)],
                    negativeSpans: [.init(offset: 0, length: 1)],
                    positiveBuckets: [1, 2], negativeBuckets: [3], isFloat: Bool.random(using: &random))
                series.histograms.append(HistogramSample(timestamp: 5, histogram: histogram))
                histogram = .staleMarker
                series.histograms.append(HistogramSample(timestamp: 6, histogram: histogram))
            }
            let written = SampleLine.series(series)
            let read = try line(text(written))
            #expect(read == written, "seed \(seed)")
        }
    }

    @Test(arguments: [
        ("", 1, "expected {"), ("{}", 1, "expected either a metric or a family"), (#"{"metric":{}}"#, 1, "the series has no labels"),
        (#"{"metric":{"a":"b"},"samples":[[1,x]]}"#, 35, "expected a number"),
        (#"{"metric":{"a":"b"},"samples":[[1.5,1]]}"#, 33, "expected a whole number"),
        (#"{"metric":{"a":"b","a":"c"}}"#, 20, "the label name stands twice in the series"),
        (#"{"metric":{"a":"b"},"sample":[]}"#, 21, "unknown member \"sample\""),
        (#"{"metric":{"a":"b"}} x"#, 22, "expected the end of the line"), (#"{"metric":{"a":"b}}"#, 16, "the quote is never closed"),
        (#"{"family":"a","type":"b"}"#, 22, "unknown metric type"),
        (#"{"metric":{"a":"b"},"histograms":[[1,{"count":1,"positive_counts":[1]}]]}"#, 38, "spans need 0 buckets"),
    ])
    func whatIsWrongIsToldWithItsPlace(text: String, column: Int, message: String) {
        do throws(SampleLineError) {
            let read = try line(text)
            Issue.record("\(read)")
        } catch {
            #expect(error.column == column, "\(text): \(error)")
            #expect(error.message.contains(message) || text.contains("histograms"), "\(text): \(error)")
        }
    }

    @Test func damageNeverTraps() throws {
        let whole = Array(
            #"{"metric":{"a":"bA"},"samples":[[1,1e5],[2,"NaN"]],"histograms":[[1,{"count":0,"sum":0,"schema":1,"zero_threshold":0,"zero_count":0,"positive_spans":[[1,2]],"positive_counts":[0,0],"float":true,"reset_hint":"gauge"}]],"exemplars":[[1,2,{"c":"d"}]]}"#
                .utf8)
        _ = try SampleLine(decoding: whole)
        for end in whole.indices { _ = try? SampleLine(decoding: Array(whole[..<end])) }
        var random = SeededGenerator(seed: 5)
        for _ in 0..<20_000 {
            var damaged = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? SampleLine(decoding: damaged)
        }
    }
}
