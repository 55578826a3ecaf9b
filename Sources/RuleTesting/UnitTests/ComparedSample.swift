internal import QueryModel
public import TelemetryModel

/// An element of a vector, as it is compared with another.
public struct ComparedSample: Sendable {
    public var labels: LabelSet
    /// Of a histogram that is expected what was written beside it, mostly 0.
    public var number: Double
    public var histogram: NativeHistogram?

    public init(labels: LabelSet, number: Double, histogram: NativeHistogram?) {
        self.labels = labels
        self.number = number
        self.histogram = histogram?.compacted(emptyBucketsMax: .max)
    }

    init(_ sample: VectorSample) {
        switch sample.value {
        case .float(let number): self.init(labels: sample.labels, number: number, histogram: nil)
        case .histogram(let histogram): self.init(labels: sample.labels, number: 0, histogram: histogram)
        }
    }

    /// Whether both are the same, as promtool compares: numbers exactly, where NaN is not even itself; histograms as they are written, with their hints.
    func isSame(as other: ComparedSample, fuzzily: Bool) -> Bool {
        guard labels == other.labels else { return false }
        let isSameNumber =
            number == other.number || (fuzzily && (number.nextUp == other.number || number.nextDown == other.number))
        guard isSameNumber else { return false }
        switch (histogram, other.histogram) {
        case (nil, nil): return true
        case (let mine?, let theirs?): return ComparedSample.text(mine) == ComparedSample.text(theirs)
        default: return false
        }
    }

    /// The value as it is written in tests.
    public var valueText: String { histogram.map(ComparedSample.text) ?? FloatText.general(number) }

    /// In the notation of series: `{{schema:1 count:3 sum:2.5 buckets:[1 2]}}`.
    private static func text(_ histogram: NativeHistogram) -> String {
        var parts: [String] = []
        func add(_ name: String, _ value: Double) { if value != 0 { parts.append(name + ":" + FloatText.general(value)) } }
        if histogram.schema != 0 { parts.append("schema:\(histogram.schema)") }
        add("count", histogram.count)
        add("sum", histogram.sum)
        add("z_bucket", histogram.zeroCount)
        add("z_bucket_w", histogram.zeroThreshold)
        if histogram.usesCustomBuckets { parts.append("custom_values:" + list(histogram.customBounds)) }
        switch histogram.resetHint {
        case .unknown: break
        case .reset: parts.append("counter_reset_hint:reset")
        case .notReset: parts.append("counter_reset_hint:not_reset")
        case .gauge: parts.append("counter_reset_hint:gauge")
        }
        for (spans, counts, prefix) in [
            (histogram.positiveSpans, histogram.positiveBuckets, ""), (histogram.negativeSpans, histogram.negativeBuckets, "n_"),
        ] where !counts.isEmpty {
            // The notation has one run of buckets; where there are more, each is told.
            for span in spans where span.offset != 0 { parts.append("\(prefix)offset:\(span.offset)") }
            parts.append("\(prefix)buckets:" + list(counts))
        }
        return "{{" + parts.joined(separator: " ") + "}}"
    }

    private static func list(_ numbers: [Double]) -> String { "[" + numbers.map { FloatText.general($0) }.joined(separator: " ") + "]" }
}
