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

extension RemoteWriteEncoder {
    /// Adds a series.
    public mutating func append(_ series: RemoteWriteSeries) {
        var elements: [RemoteWriteElement] = []
        elements.reserveCapacity(series.samples.count + series.histograms.count + series.exemplars.count)
        for (index, sample) in series.samples.enumerated() {
            let start = index < series.starts.count ? series.starts[index] : 0
            elements.append(RemoteWriteElement(time: sample.timestamp, start: start, .sample(sample.value)))
        }
        for (index, sample) in series.histograms.enumerated() {
            let start = index < series.histogramStarts.count ? series.histogramStarts[index] : 0
            elements.append(RemoteWriteElement(time: sample.timestamp, start: start, .histogram(sample.histogram)))
        }
        for exemplar in series.exemplars { elements.append(RemoteWriteElement(time: exemplar.timestamp, .exemplar(exemplar))) }
        append(packed: series.labels.packed, elements, metadata: series.metadata)
    }
}
