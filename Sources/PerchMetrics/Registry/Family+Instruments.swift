/// The instruments of a family. A family has one kind, which its header names, so the other cases cannot occur.
extension Family {
    func counter(_ labels: MetricLabels, _ exemplars: ExemplarSource?) -> Counter {
        let source = source(labels) { .counter(Counter(exemplars: exemplars)) }.source
        guard case .counter(let counter) = source else { preconditionFailure("BUG: \(header.name) is computed, not counted") }
        return counter
    }

    func gauge(_ labels: MetricLabels) -> Gauge {
        let source = source(labels) { .gauge(Gauge()) }.source
        guard case .gauge(let gauge) = source else { preconditionFailure("BUG: \(header.name) is computed, not set") }
        return gauge
    }

    func histogram(_ labels: MetricLabels, _ layout: HistogramLayout, _ exemplars: ExemplarSource?) -> Histogram {
        let source = source(labels) { .histogram(Histogram(layout, exemplars: exemplars)) }.source
        guard case .histogram(let histogram) = source else { preconditionFailure("BUG: \(header.name) is no histogram") }
        precondition(histogram.bounds == layout.bounds, "BUG: \(header.name) is already registered with other bounds")
        return histogram
    }

    func summary(_ labels: MetricLabels, _ layout: SummaryLayout) -> Summary {
        let source = source(labels) { .summary(Summary(layout, now: now())) }.source
        guard case .summary(let summary) = source else { preconditionFailure("BUG: \(header.name) is no summary") }
        return summary
    }
}
