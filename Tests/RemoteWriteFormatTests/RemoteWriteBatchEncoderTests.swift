internal import RemoteWriteFormat
internal import TelemetryModel
internal import TestSupport
internal import Testing

@Suite struct RemoteWriteBatchEncoderTests {
    @Test(arguments: [RemoteWriteVersion.v1, .v2])
    func `batches say the same as series do`(version: RemoteWriteVersion) throws {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<50 {
            var byText = RemoteWriteEncoder(version: version)
            var byBytes = RemoteWriteBatchEncoder(version: version)
            for number in 0..<Int.random(in: 0...6, using: &generator) {
                let labels: LabelSet = ["__name__": "metric_\(number)", "job": "jöb", "n": "\(Int.random(in: 0...3, using: &generator))"]
                let metadata = Bool.random(using: &generator) ? MetricMetadata(type: .counter, help: "Help.", unit: "s") : nil
                var series = RemoteWriteSeries(labels: labels, metadata: metadata)
                var elements: [RemoteWriteElement] = []
                for time in 0..<Int64.random(in: 0...4, using: &generator) {
                    let start = Int64.random(in: 0...1, using: &generator) * 77
                    series.samples.append(Sample(timestamp: time, value: Double(time) / 3))
                    series.starts.append(start)
                    elements.append(RemoteWriteElement(time: time, start: start, .sample(Double(time) / 3)))
                }
                if Bool.random(using: &generator) {
                    series.histograms.append(HistogramSample(timestamp: 9, histogram: integerHistogram))
                    series.histogramStarts.append(5)
                    elements.append(RemoteWriteElement(time: 9, start: 5, .histogram(integerHistogram)))
                }
                if Bool.random(using: &generator) {
                    let exemplar = Exemplar(labels: ["trace_id": "abc\(number)"], value: 0.5, timestamp: 3)
                    series.exemplars.append(exemplar)
                    elements.append(RemoteWriteElement(time: 3, .exemplar(exemplar)))
                }
                byText.append(series)
                byBytes.append(packed: labels.packed, elements, metadata: metadata)
            }
            byText.append(MetricMetadata(type: .gauge, help: "a", unit: ""), ofFamily: "f")
            byBytes.append(MetricMetadata(type: .gauge, help: "a", unit: ""), ofFamily: "f")
            let (text, bytes) = (try ReadMessage(byText.finish(), version), try ReadMessage(byBytes.finish(), version))
            #expect(text.series == bytes.series)
            #expect(text.metadata == bytes.metadata)
        }
    }
}
