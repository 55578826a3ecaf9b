internal import TelemetryModel

/// Which series a group of equal labels has.
struct SeriesSchema: Sendable {
    struct Counter: Sendable {
        let name: String
        let help: String
        var unit = ""
    }

    struct Histogram: Sendable {
        let name: String
        let help: String
    }

    /// Names of metrics as packed labels, made once.
    struct HistogramLabels: Sendable {
        let count: [UInt8]
        let sum: [UInt8]
        let bucket: [UInt8]
        let native: [UInt8]
    }

    let counters: [Counter]
    let histograms: [Histogram]
    /// Whether the counters are gauges: then they have neither a start nor a first zero.
    let isGauge: Bool
    let buckets: LatencyBuckets
    /// Whether counts may be fractions, because spans stand for others that were sampled out.
    let isFloat: Bool
    /// The name of the label that exemplars carry the trace id in.
    let traceIDLabel: String

    let counterLabels: [[UInt8]]
    let histogramLabels: [HistogramLabels]
    /// The packed label `le` of each classic bucket.
    let boundLabels: [[UInt8]]

    init(
        counters: [Counter], histograms: [Histogram] = [], isGauge: Bool = false, buckets: LatencyBuckets? = nil, isFloat: Bool = false,
        traceIDLabel: String = ""
    ) {
        self.counters = counters
        self.histograms = histograms
        self.isGauge = isGauge
        let buckets = buckets ?? LatencyBuckets(bounds: [], nativeSchema: nil)
        self.buckets = buckets
        self.isFloat = isFloat
        self.traceIDLabel = traceIDLabel
        let name = { (metric: String) in LabelTemplate.packedLabel(LabelName.metricName, metric) }
        counterLabels = counters.map { name($0.name) }
        histogramLabels = histograms.map {
            HistogramLabels(
                count: name($0.name + "_count"), sum: name($0.name + "_sum"), bucket: name($0.name + "_bucket"), native: name($0.name))
        }
        boundLabels = (buckets.bounds + [.infinity]).map { LabelTemplate.packedLabel(LabelName.bucketBound, FloatText.fixed($0)) }
    }

    /// The number of series of one histogram.
    var seriesPerHistogram: Int { (buckets.bounds.isEmpty ? 0 : buckets.classicCount + 2) + (buckets.nativeSchema == nil ? 0 : 1) }
    /// The number of series that a group has at most.
    var seriesPerGroup: Int { counters.count + histograms.count * seriesPerHistogram }
    /// The number of parts of a group that begin on their own.
    var partsPerGroup: Int { counters.count + histograms.count }

    /// What is to be said of the metric families.
    var metadata: [String: MetricMetadata] {
        var metadata: [String: MetricMetadata] = [:]
        for counter in counters {
            metadata[counter.name] = MetricMetadata(type: isGauge ? .gauge : .counter, help: counter.help, unit: counter.unit)
        }
        for histogram in histograms {
            metadata[histogram.name] = MetricMetadata(type: .histogram, help: histogram.help, unit: "seconds")
        }
        return metadata
    }
}
