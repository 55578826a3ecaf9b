internal import ByteCoding
public import TelemetryModel

/// One series to be sent.
public struct RemoteWriteSeries: Sendable {
    public var labels: LabelSet
    public var samples: [Sample]
    public var histograms: [HistogramSample]
    public var exemplars: [Exemplar]
    /// Goes with the series in 2.0 only.
    public var metadata: MetricMetadata?
    /// When each of the samples began to be counted, 0 where that is not said; shorter than ``samples`` where the rest does not say. 2.0 only.
    public var starts: [Timestamp] = []
    /// The same of the histograms.
    public var histogramStarts: [Timestamp] = []

    public init(
        labels: LabelSet, samples: [Sample] = [], histograms: [HistogramSample] = [], exemplars: [Exemplar] = [],
        metadata: MetricMetadata? = nil
    ) {
        self.labels = labels
        self.samples = samples
        self.histograms = histograms
        self.exemplars = exemplars
        self.metadata = metadata
    }
}

/// Writes remote write messages (before compression).
public struct RemoteWriteEncoder: Sendable {
    private let version: RemoteWriteVersion
    private var writer = ProtobufWriter()
    private var symbols: [String] = [""]
    private var symbolNumbers: [String: UInt64] = ["": 0]

    public init(version: RemoteWriteVersion) { self.version = version }

    /// Adds a series.
    public mutating func append(_ series: RemoteWriteSeries) {
        switch version {
        case .v1: appendV1(series)
        case .v2: appendV2(series)
        }
    }

    /// Adds metadata of a family. 2.0 has no place for it: there it goes with the series.
    public mutating func append(_ metadata: MetricMetadata, ofFamily family: String) {
        guard version == .v1 else { return }
        writer.write(3) { message in
            message.write(1, uint64: metadata.type.remoteWriteNumber)
            message.write(2, string: family)
            message.write(4, string: metadata.help)
            message.write(5, string: metadata.unit)
        }
    }

    /// The finished message; the encoder starts anew.
    public mutating func finish() -> [UInt8] {
        defer { self = RemoteWriteEncoder(version: version) }
        guard version == .v2 else { return writer.bytes }
        var message = ProtobufWriter()
        for symbol in symbols { message.write(4, string: symbol) }
        return message.bytes + writer.bytes
    }

    private mutating func appendV1(_ series: RemoteWriteSeries) {
        writer.write(1) { message in
            for label in series.labels { RemoteWriteEncoder.write(label, to: &message) }
            for sample in series.samples { RemoteWriteEncoder.write(sample, to: &message) }
            for exemplar in series.exemplars {
                message.write(3) { body in
                    for label in exemplar.labels { RemoteWriteEncoder.write(label, to: &body) }
                    body.write(2, double: exemplar.value)
                    body.write(3, int64: exemplar.timestamp)
                }
            }
            for histogram in series.histograms { message.write(4) { HistogramMessage.write(histogram, to: &$0) } }
        }
    }

    private mutating func appendV2(_ series: RemoteWriteSeries) {
        let labels = references(series.labels)
        let exemplars = series.exemplars.map { ($0, references($0.labels)) }
        let metadata = series.metadata.map { ($0.type.remoteWriteNumber, number($0.help), number($0.unit)) }
        writer.write(5) { message in
            message.write(1, bytes: labels)
            for (index, sample) in series.samples.enumerated() {
                RemoteWriteEncoder.write(sample, start: index < series.starts.count ? series.starts[index] : 0, to: &message)
            }
            for (index, histogram) in series.histograms.enumerated() {
                let start = index < series.histogramStarts.count ? series.histogramStarts[index] : 0
                message.write(3) { HistogramMessage.write(histogram, start: start, to: &$0) }
            }
            for (exemplar, labels) in exemplars {
                message.write(4) { body in
                    body.write(1, bytes: labels)
                    body.write(2, double: exemplar.value)
                    body.write(3, int64: exemplar.timestamp)
                }
            }
            if let (type, help, unit) = metadata {
                message.write(5) { body in
                    body.write(1, uint64: type)
                    body.write(3, uint64: help)
                    body.write(4, uint64: unit)
                }
            }
        }
    }

    private static func write(_ label: Label, to message: inout ProtobufWriter) {
        message.write(1) { body in
            body.write(1, string: label.name)
            body.write(2, string: label.value)
        }
    }

    private static func write(_ sample: Sample, start: Timestamp = 0, to message: inout ProtobufWriter) {
        message.write(2) { body in
            body.write(1, double: sample.value)
            body.write(2, int64: sample.timestamp)
            if start != 0 { body.write(3, int64: start) }
        }
    }

    private mutating func references(_ labels: LabelSet) -> [UInt8] {
        var bytes: [UInt8] = []
        for label in labels {
            bytes.appendVarint(number(label.name))
            bytes.appendVarint(number(label.value))
        }
        return bytes
    }

    private mutating func number(_ symbol: String) -> UInt64 {
        if let number = symbolNumbers[symbol] { return number }
        let number = UInt64(symbols.count)
        symbols.append(symbol)
        symbolNumbers[symbol] = number
        return number
    }
}
