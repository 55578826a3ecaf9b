internal import Synchronization

/// Takes the declarations of a ``TelemetryContract`` and makes the instruments.
public final class MetricDeclarations: Sendable {
    struct Declared: Sendable {
        var metrics: [DeclaredMetric] = []
        var spans: [DeclaredSpan] = []
        var logs: [DeclaredLog] = []
    }

    private let registry: MetricRegistry
    private let declared = Mutex(Declared())

    init(_ registry: MetricRegistry) { self.registry = registry }

    /// What was declared so far.
    var all: Declared { declared.withLock { $0 } }

    /// A counter for each combination of label values.
    ///
    /// - Precondition: the name ends in `_total`, and there are no more combinations than a metric may have series.
    public func counter<each Value: MetricLabelValue>(
        _ name: String, help: String, unit: String = "", labels: repeat Label<each Value>
    ) -> CounterFamily<repeat each Value> {
        let header = FamilyHeader(name: name, kind: .counter, help: help, unit: unit)
        let (family, exemplars) = (registry.family(header), registry.exemplars)
        let labels = declare(header, labels: repeat each labels)
        return CounterFamily(ContractSeries(labels) { family.counter($0, exemplars) })
    }

    /// A gauge for each combination of label values.
    public func gauge<each Value: MetricLabelValue>(
        _ name: String, help: String, unit: String = "", labels: repeat Label<each Value>
    ) -> GaugeFamily<repeat each Value> {
        let header = FamilyHeader(name: name, kind: .gauge, help: help, unit: unit)
        let family = registry.family(header)
        let labels = declare(header, labels: repeat each labels)
        return GaugeFamily(ContractSeries(labels) { family.gauge($0) })
    }

    /// A histogram for each combination of label values.
    public func histogram<each Value: MetricLabelValue>(
        _ name: String, help: String, unit: String = "", buckets: HistogramBuckets = .classic(bounds: Histogram.durationBounds),
        labels: repeat Label<each Value>
    ) -> HistogramFamily<repeat each Value> {
        let header = FamilyHeader(name: name, kind: .histogram, help: help, unit: unit)
        let (family, exemplars) = (registry.family(header), registry.exemplars)
        let labels = declare(header, buckets.layout, labels: repeat each labels)
        return HistogramFamily(ContractSeries(labels) { family.histogram($0, buckets.layout, exemplars) })
    }

    /// Spans of one name, all of which have these attributes.
    ///
    /// - Parameter name: the whole name; names with values in them would be different spans for every value.
    public func span<each Value: ContractFieldValue>(
        _ name: String, kind: DeclaredSpanKind = .internal, attributes: repeat ContractField<each Value>
    ) -> SpanDeclaration<repeat each Value> {
        let all = list(repeat each attributes)
        declared.withLock { $0.spans.append(DeclaredSpan(name: name, kind: kind, attributes: all)) }
        return SpanDeclaration(name: name, kind: kind, attributeNames: all.map(\.name))
    }

    /// Log lines of one message, all of which have this metadata.
    ///
    /// - Parameter message: the whole message; what differs from line to line belongs into metadata.
    public func log<each Value: ContractFieldValue>(
        _ message: String, level: DeclaredLogLevel = .info, metadata: repeat ContractField<each Value>
    ) -> LogDeclaration<repeat each Value> {
        let all = list(repeat each metadata)
        declared.withLock { $0.logs.append(DeclaredLog(message: message, level: level, metadata: all)) }
        return LogDeclaration(message: message, level: level, attributeNames: all.map(\.name))
    }

    private func list<each Value: ContractFieldValue>(_ attributes: repeat ContractField<each Value>) -> [DeclaredField] {
        var all: [DeclaredField] = []
        for attribute in repeat each attributes { all.append(attribute.declared) }
        return all
    }

    /// Notes a metric, and gives its labels.
    private func declare<each Value: MetricLabelValue>(
        _ header: FamilyHeader, _ layout: HistogramLayout? = nil, labels: repeat Label<each Value>
    ) -> [DeclaredLabel] {
        var all: [DeclaredLabel] = []
        for label in repeat each labels { all.append(label.declared) }
        let metric = DeclaredMetric(header: header, layout: layout, labels: all)
        precondition(
            metric.seriesMax <= registry.limits.seriesPerFamilyMax,
            "BUG: \(header.name) is declared with \(metric.seriesMax) series, more than the \(registry.limits.seriesPerFamilyMax) that a metric may have"
        )
        declared.withLock { $0.metrics.append(metric) }
        return all
    }
}

/// A metric as it was declared.
struct DeclaredMetric: Sendable {
    let header: FamilyHeader
    /// The buckets of a histogram.
    let layout: HistogramLayout?
    let labels: [DeclaredLabel]

    /// How many series there may be.
    var seriesMax: Int {
        labels.reduce(1) { product, label in
            let (next, isTooLarge) = product.multipliedReportingOverflow(by: label.count)
            return isTooLarge ? .max : next
        }
    }
}

/// A span as it was declared.
struct DeclaredSpan: Sendable {
    let name: String
    let kind: DeclaredSpanKind
    let attributes: [DeclaredField]
}

/// A log line as it was declared.
struct DeclaredLog: Sendable {
    let message: String
    let level: DeclaredLogLevel
    let metadata: [DeclaredField]
}
