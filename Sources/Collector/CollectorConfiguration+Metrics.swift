internal import Ingestion
internal import PromQL

extension CollectorConfiguration {
    /// What is taken of samples at most.
    var ingestionLimits: IngestionLimits {
        var ingestion = IngestionLimits()
        if let ahead = limits.timeAheadMaxMilliseconds { ingestion.futureMilliseconds = ahead }
        if let count = limits.labelsPerSeriesMax { ingestion.labelsPerSeriesMax = count }
        if let bytes = limits.labelNameBytesMax { ingestion.labelNameBytesMax = bytes }
        if let bytes = limits.labelValueBytesMax { ingestion.labelValueBytesMax = bytes }
        return ingestion
    }

    /// What becomes of the metrics of OpenTelemetry.
    func otlpMetricOptions(_ options: ServeOptions) -> OTLPMetricOptions {
        var metrics = otlp
        metrics.writesTypeAndUnit = options.features.contains(.typeAndUnitLabels)
        metrics.lookbackMilliseconds = options.queryLookbackMilliseconds
        return metrics
    }
}
