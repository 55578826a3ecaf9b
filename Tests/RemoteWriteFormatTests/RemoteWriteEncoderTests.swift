internal import RemoteWriteFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite struct RemoteWriteEncoderTests {
    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `random series come back as they were, whole or in parts`(version: RemoteWriteVersion) throws {
        let seed: UInt64 = 11
        var generator = SeededGenerator(seed: seed)
        for round in 0..<50 {
            let all = (0..<Int.random(in: 0...6, using: &generator)).map { randomSeries($0, &generator) }
            var whole = RemoteWriteEncoder(version: version)
            var inParts = RemoteWriteEncoder(version: version)
            for series in all {
                whole.append(series)
                inParts.append(packed: series.labels.packed, elements(of: series).shuffled(using: &generator), metadata: series.metadata)
            }
            for message in [whole.finish(), inParts.finish()] { try check(message, version, all, "round \(round), seed \(seed)") }
        }
    }

    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `an encoder starts anew once its message is finished`(version: RemoteWriteVersion) throws {
        let series = RemoteWriteSeries(labels: ["__name__": "a", "b": "c"], samples: [Sample(timestamp: 1, value: 2)])
        var encoder = RemoteWriteEncoder(version: version)
        encoder.append(series)
        let first = encoder.finish()
        encoder.append(series)
        #expect(encoder.finish() == first)
        #expect(try ReadMessage(encoder.finish(), version).series.isEmpty)
    }

    private func randomSeries(_ number: Int, _ generator: inout SeededGenerator) -> RemoteWriteSeries {
        let labels: LabelSet = ["__name__": "metric_\(number)", "job": "jöb", "n": "\(Int.random(in: 0...3, using: &generator))"]
        var series = RemoteWriteSeries(labels: labels)
        if Bool.random(using: &generator) { series.metadata = MetricMetadata(type: .counter, help: "Help.", unit: "s") }
        for time in 0..<Int64.random(in: 0...4, using: &generator) {
            series.samples.append(Sample(timestamp: time, value: Double(time) / 3))
            series.starts.append(Int64.random(in: 0...1, using: &generator) * 77)
        }
        if Bool.random(using: &generator) {
            series.histograms.append(HistogramSample(timestamp: 9, histogram: integerHistogram))
            series.histogramStarts.append(5)
        }
        if Bool.random(using: &generator) {
            series.exemplars.append(Exemplar(labels: ["trace_id": "abc\(number)"], value: 0.5, timestamp: 3))
        }
        return series
    }

    private func elements(of series: RemoteWriteSeries) -> [RemoteWriteElement] {
        zip(series.samples, series.starts).map { RemoteWriteElement(time: $0.timestamp, start: $1, .sample($0.value)) }
            + zip(series.histograms, series.histogramStarts).map {
                RemoteWriteElement(time: $0.timestamp, start: $1, .histogram($0.histogram))
            } + series.exemplars.map { RemoteWriteElement(time: $0.timestamp, .exemplar($0)) }
    }

    private func check(_ message: [UInt8], _ version: RemoteWriteVersion, _ all: [RemoteWriteSeries], _ comment: Comment) throws {
        let read = try ReadMessage(message, version)
        #expect(read.series.count == all.count, comment)
        for (found, series) in zip(read.series, all) {
            #expect(found.fault == nil, comment)
            #expect(found.labels == series.labels.map { "\($0.name)=\($0.value)" }, comment)
            let samples = zip(found.timestamps, found.valueBits).sorted { $0.0 < $1.0 }
            #expect(samples.map(\.0) == series.samples.map(\.timestamp), comment)
            #expect(samples.map(\.1) == series.samples.map(\.value.bitPattern), comment)
            #expect(found.histograms == series.histograms, comment)
            #expect(found.exemplars == series.exemplars, comment)
            #expect(found.metadata == (version == .v2 ? series.metadata : nil), comment)
        }
    }
}
