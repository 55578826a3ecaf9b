internal import RemoteWriteFormat
internal import TelemetryModel

/// A message read to its end.
struct ReadMessage {
    struct Series: Equatable {
        var labels: [String] = []
        var timestamps: [Timestamp] = []
        var valueBits: [UInt64] = []
        var histograms: [HistogramSample] = []
        var exemplars: [Exemplar] = []
        var metadata: MetricMetadata?
        var fault: RemoteWriteSeriesFault?
    }

    var series: [Series] = []
    var metadata: [String: MetricMetadata] = [:]

    init(_ bytes: [UInt8], _ version: RemoteWriteVersion) throws {
        var decoder = RemoteWriteDecoder()
        try decoder.start(bytes, version: version)
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        while let item = try decoder.next() {
            switch item {
            case .series:
                var read = Series()
                read.labels = decoder.labels.map { "\(text($0.name))=\(text($0.value))" }
                read.timestamps = decoder.timestamps
                read.valueBits = decoder.values.map(\.bitPattern)
                read.histograms = decoder.histograms
                read.exemplars = decoder.exemplars.map { exemplar in
                    let labels = decoder.exemplarLabels[exemplar.labels].map { (text($0.name), text($0.value)) }
                    return Exemplar(labels: LabelSet(labels), value: exemplar.value, timestamp: exemplar.timestamp)
                }
                read.metadata = decoder.metadata.map { MetricMetadata(type: $0.type, help: text($0.help), unit: text($0.unit)) }
                read.fault = decoder.fault
                series.append(read)
            case .metadata(let found):
                metadata[text(found.family)] = MetricMetadata(type: found.type, help: text(found.help), unit: text(found.unit))
            }
        }
    }
}

/// A message with everything in it.
func sampleMessage(_ version: RemoteWriteVersion) -> [UInt8] {
    var encoder = RemoteWriteEncoder(version: version)
    encoder.append(
        RemoteWriteSeries(
            labels: ["__name__": "up", "job": "näme", "long": String(repeating: "x", count: 300)],
            samples: [Sample(timestamp: 1000, value: 1), Sample(timestamp: -5, value: StaleMarker.value)],
            exemplars: [Exemplar(labels: ["trace_id": "abc"], value: 0.5, timestamp: 999)],
            metadata: MetricMetadata(type: .gauge, help: "Whether up.", unit: "ratio")))
    encoder.append(
        RemoteWriteSeries(
            labels: ["__name__": "h"],
            histograms: [
                HistogramSample(timestamp: 7, histogram: integerHistogram), HistogramSample(timestamp: 8, histogram: floatHistogram),
            ]))
    encoder.append(MetricMetadata(type: .counter, help: "Help.", unit: "bytes"), ofFamily: "requests")
    return encoder.finish()
}

let integerHistogram = NativeHistogram(
    resetHint: .notReset, schema: -2, zeroThreshold: 0.001, zeroCount: 2, count: 14, sum: 18.5,
    positiveSpans: [.init(offset: -1, length: 2), .init(offset: 3, length: 1)], negativeSpans: [.init(offset: 0, length: 1)],
    positiveBuckets: [3, 1, 7], negativeBuckets: [1], isFloat: false)

let floatHistogram = NativeHistogram(
    resetHint: .gauge, schema: NativeHistogram.customBucketsSchema, count: 4, sum: 9, positiveSpans: [.init(offset: 0, length: 3)],
    positiveBuckets: [1.5, 0.5, 2], customBounds: [1, 2.5])
