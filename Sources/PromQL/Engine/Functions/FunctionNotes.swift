internal import QueryModel
internal import TelemetryModel

/// What functions and aggregations have to say about their input, in the words of Prometheus.
enum FunctionNote: Sendable, Hashable {
    /// An operation on two histograms.
    enum HistogramOperation: String, Sendable {
        case addition, subtraction, aggregation
    }

    case invalidQuantile(Double)
    case badBucketLabel(String, metric: String)
    case mixedFloatsAndHistograms(metric: String)
    case mixedFloatsAndHistogramsInAggregation
    case mixedClassicAndNative(metric: String)
    case mixedBucketSchemas(metric: String)
    case notACounter(metric: String)
    case notAGauge(metric: String)
    case overlappingStarts(metric: String)
    case collidingResets(HistogramOperation)
    case sortInRangeQuery
    case reconciledBounds(HistogramOperation)
    case ignoredHistogramsInRange(metric: String)
    case ignoredHistogram(aggregation: String)
    case quantileIsNaN(metric: String)
    case quantileIsSkewed(metric: String)
    case fractionWithoutNaN(metric: String)

    var severity: QueryAnnotation.Severity {
        switch self {
        case .invalidQuantile, .badBucketLabel, .mixedFloatsAndHistograms, .mixedFloatsAndHistogramsInAggregation, .mixedClassicAndNative,
            .mixedBucketSchemas, .notACounter, .notAGauge, .collidingResets, .sortInRangeQuery, .overlappingStarts:
            .warning
        case .reconciledBounds, .ignoredHistogramsInRange, .ignoredHistogram, .quantileIsNaN, .quantileIsSkewed, .fractionWithoutNaN: .info
        }
    }

    var message: String {
        switch self {
        case .invalidQuantile(let value):
            "PromQL warning: quantile value should be between 0 and 1, got \(FloatText.general(value))"
        case .badBucketLabel(let value, let metric):
            "PromQL warning: bucket label \"le\" is missing or has a malformed value of \(quoted(value))" + forMetric(metric)
        case .mixedFloatsAndHistograms(let metric):
            "PromQL warning: encountered a mix of histograms and floats for metric name \(quoted(metric))"
        case .mixedFloatsAndHistogramsInAggregation: "PromQL warning: encountered a mix of histograms and floats for aggregation"
        case .mixedClassicAndNative(let metric):
            "PromQL warning: vector contains a mix of classic and native histograms" + forMetric(metric)
        case .mixedBucketSchemas(let metric):
            "PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(quoted(metric))"
        case .notACounter(let metric): "PromQL warning: this native histogram metric is not a counter: \(quoted(metric))"
        case .notAGauge(let metric): "PromQL warning: this native histogram metric is not a gauge: \(quoted(metric))"
        case .overlappingStarts(let metric):
            "PromQL warning: sample has start time that overlaps with previous sample timestamp for metric \(quoted(metric))"
        case .collidingResets(let operation): "PromQL warning: conflicting counter resets during histogram \(operation.rawValue)"
        case .sortInRangeQuery:
            "PromQL warning: sort is ineffective for range queries since results are always ordered by labels"
        case .reconciledBounds(let operation): "PromQL info: mismatched custom buckets were reconciled during \(operation.rawValue)"
        case .ignoredHistogramsInRange(let metric):
            "PromQL info: ignored histograms in a range containing both floats and histograms for metric name \(quoted(metric))"
        case .ignoredHistogram(let aggregation): "PromQL info: ignored histogram in \(aggregation) aggregation"
        case .quantileIsNaN(let metric):
            "PromQL info: input to histogram_quantile has NaN observations, result is NaN" + forMetric(metric)
        case .quantileIsSkewed(let metric):
            "PromQL info: input to histogram_quantile has NaN observations, result is skewed higher" + forMetric(metric)
        case .fractionWithoutNaN(let metric):
            "PromQL info: input to histogram_fraction has NaN observations, which are excluded from all fractions" + forMetric(metric)
        }
    }

    private func forMetric(_ name: String) -> String { name.isEmpty ? "" : " for metric name \(quoted(name))" }
}

extension FunctionContext {
    mutating func note(_ note: FunctionNote, at range: SourceRange? = nil) { annotate(note.severity, note.message, at: range) }

    /// Where an argument of the call stands in the query.
    func position(ofArgument index: Int) -> SourceRange {
        guard let call, call.arguments.indices.contains(index) else { return position }
        return call.arguments[index].unparenthesized.position
    }
}
