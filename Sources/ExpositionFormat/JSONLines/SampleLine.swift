public import TelemetryModel

/// A line of the JSON export: samples of one series, or what is known of a metric family.
///
///     {"metric":{"__name__":"up","job":"node"},"samples":[[1795348800000,1],[1795348815000,"NaN"]],
///      "histograms":[[1795348800000,{"count":3,"sum":1.5,…}]],"exemplars":[[1795348800000,0.5,{"trace_id":"4bf9"}]]}
///     {"family":"up","type":"gauge","help":"Whether the scrape succeeded.","unit":""}
///
/// Times are in milliseconds. A third element of a sample or histogram is the time at which it began to be counted, where that is known. A value is a number with the shortest digits that read back as the same double, or one of the texts
/// `"+Inf"`, `"-Inf"`, `"NaN"` and `"NaN:7ff0000000000002"`: a NaN with its bits, this one being the staleness marker. So everything
/// that is stored comes back bit by bit.
public enum SampleLine: Sendable, Hashable {
    case series(Series)
    case metadata(family: String, MetricMetadata)

    /// Samples of one series, in any order of time.
    public struct Series: Sendable, Hashable {
        public var labels: LabelSet
        public var timestamps: [Timestamp]
        /// As many as there are timestamps.
        public var values: [Double]
        /// When each of the values began to be counted, 0 where that is not known; shorter than these where it is not known of the rest.
        public var starts: [Timestamp]
        public var histograms: [HistogramSample]
        /// The same of the histograms.
        public var histogramStarts: [Timestamp]
        public var exemplars: [Exemplar]

        public init(
            labels: LabelSet = LabelSet(), timestamps: [Timestamp] = [], values: [Double] = [], starts: [Timestamp] = [],
            histograms: [HistogramSample] = [], histogramStarts: [Timestamp] = [], exemplars: [Exemplar] = []
        ) {
            self.labels = labels
            self.timestamps = timestamps
            self.values = values
            self.starts = starts
            self.histograms = histograms
            self.histogramStarts = histogramStarts
            self.exemplars = exemplars
        }

        /// Bit by bit: a NaN is equal to itself, and the zeros differ.
        public static func == (left: Series, right: Series) -> Bool { left.encoded == right.encoded }
        public func hash(into hasher: inout Hasher) { hasher.combine(encoded) }

        private var encoded: [UInt8] {
            var bytes: [UInt8] = []
            SampleLine.series(self).append(to: &bytes)
            return bytes
        }
    }
}

extension NativeHistogram.ResetHint {
    /// How the JSON export spells it.
    var word: String {
        switch self {
        case .unknown: "unknown"
        case .reset: "reset"
        case .notReset: "not_reset"
        case .gauge: "gauge"
        }
    }

    init?(word: String) {
        guard let hint = [Self.unknown, .reset, .notReset, .gauge].first(where: { $0.word == word }) else { return nil }
        self = hint
    }
}
