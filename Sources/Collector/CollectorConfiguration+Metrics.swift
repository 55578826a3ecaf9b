internal import Ingestion
internal import PromQL

extension CollectorConfiguration {
    /// What is taken of samples at most.
    var ingestionLimits: IngestionLimits {
        var ingestion = IngestionLimits()
        if let ahead = limits.timeAheadMaxMilliseconds { ingestion.futureMilliseconds = ahead }
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
