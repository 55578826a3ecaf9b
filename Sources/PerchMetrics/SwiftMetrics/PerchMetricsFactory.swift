public import CoreMetrics
internal import Synchronization

/// Makes the instruments of swift-metrics in a registry.
///
///     let registry = MetricRegistry()
///     MetricsSystem.bootstrap(PerchMetricsFactory(registry))
///
/// Timers and recorders become histograms or summaries, recorders that do not aggregate and meters become gauges. Instruments that are made
/// with equal labels and dimensions are the same series. Nothing traps, whatever the labels and dimensions hold: an instrument that cannot
/// be exposed, since its name stands for something else already, is exposed under its name and kind (`requests_gauge`), or not at all if that
/// is taken, too.
public struct PerchMetricsFactory: MetricsFactory {
    private let registry: MetricRegistry
    private let configuration: MetricsConfiguration

    public init(_ registry: MetricRegistry, configuration: MetricsConfiguration = MetricsConfiguration()) {
        self.registry = registry
        self.configuration = configuration
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { counter(label, dimensions) }

    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        counter(label, dimensions)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { gauge(label, dimensions) }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? distribution(label, dimensions, configuration.recorders, unit: "") : gauge(label, dimensions)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        distribution(label, dimensions, configuration.timers, unit: "seconds")
    }

    public func destroyCounter(_ handler: any CounterHandler) { (handler as? SeriesHandler)?.destroy() }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { (handler as? SeriesHandler)?.destroy() }
    public func destroyMeter(_ handler: any MeterHandler) { (handler as? SeriesHandler)?.destroy() }
    public func destroyRecorder(_ handler: any RecorderHandler) { (handler as? SeriesHandler)?.destroy() }
    public func destroyTimer(_ handler: any TimerHandler) { (handler as? SeriesHandler)?.destroy() }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> SwiftCounter {
        let description = configuration.descriptions[label]
        if let family = family(label, .counter, description, unit: description?.unit ?? "") {
            let made = family.source(labels(dimensions), isHandler: true) { .counter(Counter(exemplars: registry.exemplars)) }
            if case .counter(let counter) = made.source { return SwiftCounter(counter, family, made.labels) }
        }
        return SwiftCounter(Counter(), nil, .none)
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> SwiftGauge {
        let description = configuration.descriptions[label]
        if let family = family(label, .gauge, description, unit: description?.unit ?? "") {
            let made = family.source(labels(dimensions), isHandler: true) { .gauge(Gauge()) }
            if case .gauge(let gauge) = made.source { return SwiftGauge(gauge, family, made.labels) }
        }
        return SwiftGauge(Gauge(), nil, .none)
    }

    private func distribution(
        _ label: String, _ dimensions: [(String, String)], _ fallback: MetricsConfiguration.Distribution, unit: String
    ) -> SwiftDistribution {
        let description = configuration.descriptions[label]
        let distribution = description?.distribution ?? fallback
        let unit = unit.isEmpty ? description?.unit ?? "" : unit
        switch distribution {
        case .histogram(let buckets):
            let layout = buckets.layout
            if let family = family(label, .histogram, description, unit: unit) {
                let made = family.source(labels(dimensions, reserved: "le"), isHandler: true) {
                    .histogram(Histogram(layout, exemplars: registry.exemplars))
                }
                if case .histogram(let histogram) = made.source { return SwiftDistribution(histogram, nil, family, made.labels) }
            }
            return SwiftDistribution(Histogram(layout, exemplars: nil), nil, nil, .none)
        case .summary(let quantiles, let maxAgeSeconds):
            let layout = SummaryLayout(quantiles: quantiles, maxAgeSeconds: Int64(maxAgeSeconds))
            if let family = family(label, .summary, description, unit: unit) {
                let made = family.source(labels(dimensions, reserved: "quantile"), isHandler: true) {
                    .summary(Summary(layout, now: registry.now()))
                }
                if case .summary(let summary) = made.source { return SwiftDistribution(nil, summary, family, made.labels) }
            }
            return SwiftDistribution(nil, Summary(layout, now: 0), nil, .none)
        }
    }

    private func family(
        _ label: String, _ kind: MetricKind, _ description: MetricsConfiguration.Description?, unit: String
    ) -> Family? {
        // HELP needs some text: tools criticise its absence.
        let help = description?.help ?? "The \(kind.rawValue) \(label)."
        let name = configuration.naming.name(label, kind: kind, unit: unit)
        if let family = registry.family(
            translated: FamilyHeader(unchecked: name, kind: kind, help: help, unit: unitInName(name, kind, unit)), sourceName: label)
        {
            return family
        }
        let base = FamilyHeader.base(name) + "_" + kind.rawValue
        return registry.family(
            translated: FamilyHeader(unchecked: kind == .counter ? base + "_total" : base, kind: kind, help: help, unit: ""),
            sourceName: label)
    }

    /// OpenMetrics wants the unit at the end of the name; a unit that is not there is not told.
    private func unitInName(_ name: String, _ kind: MetricKind, _ unit: String) -> String {
        FamilyHeader.base(name).hasSuffix("_" + unit) ? unit : ""
    }

    private func labels(_ dimensions: [(String, String)], reserved: String = "__name__") -> MetricLabels {
        if dimensions.isEmpty && configuration.commonLabels.isEmpty { return .none }
        var labels: [(String, String)] = []
        for (name, value) in dimensions {
            var name = configuration.naming.labelName(name)
            // A label that the format itself uses, and names that are kept for Prometheus' own use, step aside.
            if name == reserved || name.hasPrefix("__") { name = "exported_" + name }
            if configuration.naming == .underscores, let index = labels.firstIndex(where: { $0.0 == name }) {
                // Two names may become the same, and no value may be lost by that. The same dimension given twice is not such a case.
                if labels[index].1 != value { labels[index].1 += ";" + value }
            } else {
                labels.append((name, value))
            }
        }
        for (name, value) in configuration.commonLabels where !labels.contains(where: { $0.0 == name }) { labels.append((name, value)) }
        return MetricLabels(labels)
    }
}
