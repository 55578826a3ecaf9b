internal import Synchronization

/// Takes the declarations of a ``TelemetryContract`` and makes the instruments.
public final class MetricDeclarations: Sendable {
    private let registry: MetricRegistry
    private let declared = Mutex<[DeclaredMetric]>([])

    init(_ registry: MetricRegistry) { self.registry = registry }

    /// A counter for each combination of label values.
    ///
    /// - Precondition: the name ends in `_total`, and there are no more combinations than a metric may have series.
    public func counter<each Value: LabelValue>(
        _ name: String, help: String, unit: String = "", labels: repeat Label<each Value>
    ) -> CounterFamily<repeat each Value> {
        let family = registry.family(FamilyHeader(name: name, kind: .counter, help: help, unit: unit))
        let combinations = declare(name, .counter, help, unit, declared: repeat each labels)
        return CounterFamily(instruments: combinations.map { family.counter($0) }, orders: (repeat ValueOrder<each Value>()))
    }

    /// A gauge for each combination of label values.
    public func gauge<each Value: LabelValue>(
        _ name: String, help: String, unit: String = "", labels: repeat Label<each Value>
    ) -> GaugeFamily<repeat each Value> {
        let family = registry.family(FamilyHeader(name: name, kind: .gauge, help: help, unit: unit))
        let combinations = declare(name, .gauge, help, unit, declared: repeat each labels)
        return GaugeFamily(instruments: combinations.map { family.gauge($0) }, orders: (repeat ValueOrder<each Value>()))
    }

    /// A histogram for each combination of label values.
    public func histogram<each Value: LabelValue>(
        _ name: String, help: String, unit: String = "", buckets: HistogramBuckets = .classic(bounds: Histogram.durationBounds),
        labels: repeat Label<each Value>
    ) -> HistogramFamily<repeat each Value> {
        let family = registry.family(FamilyHeader(name: name, kind: .histogram, help: help, unit: unit))
        let combinations = declare(name, .histogram, help, unit, declared: repeat each labels)
        let exemplars = registry.exemplars
        return HistogramFamily(
            instruments: combinations.map { family.histogram($0, buckets.layout, exemplars) }, orders: (repeat ValueOrder<each Value>()))
    }

    /// Notes a declaration, and gives the labels of all its series: those of the last label next to each other.
    private func declare<each Value: LabelValue>(
        _ name: String, _ kind: MetricKind, _ help: String, _ unit: String, declared labels: repeat Label<each Value>
    ) -> [MetricLabels] {
        var all: [DeclaredLabel] = []
        for label in repeat each labels { all.append(label.declared) }
        let series = all.reduce(1) { product, label in
            let (next, isTooLarge) = product.multipliedReportingOverflow(by: label.values.count)
            return isTooLarge ? .max : next
        }
        precondition(
            series <= registry.limits.seriesPerFamilyMax,
            "BUG: \(name) is declared with \(series) series, more than the \(registry.limits.seriesPerFamilyMax) that a metric may have")
        let metric = DeclaredMetric(name: name, kind: kind, help: help, unit: unit, labels: all)
        declared.withLock { $0.append(metric) }
        var combinations: [[(String, String)]] = [[]]
        for label in all {
            combinations = combinations.flatMap { combination in label.values.map { combination + [(label.name, $0)] } }
        }
        return combinations.map { MetricLabels($0) }
    }

    /// What was declared, as JSON:
    ///
    ///     {"contract":"shop","version":1,"metrics":[{"name":"shop_orders_total","type":"counter","unit":"","help":"…","series":4,
    ///      "labels":[{"name":"outcome","values":["accepted","declined"]},…]},…]}
    public func schema(service: String) -> String {
        let metrics = declared.withLock { $0 }.sorted { $0.name < $1.name }
        let entries = metrics.map { metric in
            let labels = metric.labels.map { label in
                "{\"name\":\(Self.quoted(label.name)),\"values\":[\(label.values.map(Self.quoted).joined(separator: ","))]}"
            }
            let series = metric.labels.reduce(1) { $0 * $1.values.count }
            return "{\"name\":\(Self.quoted(metric.name)),\"type\":\"\(metric.kind.rawValue)\",\"unit\":\(Self.quoted(metric.unit)),"
                + "\"help\":\(Self.quoted(metric.help)),\"series\":\(series),\"labels\":[\(labels.joined(separator: ","))]}"
        }
        return "{\"contract\":\(Self.quoted(service)),\"version\":1,\"metrics\":[\(entries.joined(separator: ","))]}"
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..<" ": quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

/// Counters that differ in their labels' values. Keep the counter where it is used often.
public struct CounterFamily<each Value: LabelValue>: Sendable {
    let instruments: [Counter]
    let orders: (repeat ValueOrder<each Value>)

    /// The counter with these label values, in the order of the labels.
    public subscript(_ values: repeat each Value) -> Counter {
        var place = 0
        for (order, value) in repeat (each orders, each values) { place = order.place(of: value, behind: place) }
        return instruments[place]
    }
}

/// Gauges that differ in their labels' values. Keep the gauge where it is used often.
public struct GaugeFamily<each Value: LabelValue>: Sendable {
    let instruments: [Gauge]
    let orders: (repeat ValueOrder<each Value>)

    /// The gauge with these label values, in the order of the labels.
    public subscript(_ values: repeat each Value) -> Gauge {
        var place = 0
        for (order, value) in repeat (each orders, each values) { place = order.place(of: value, behind: place) }
        return instruments[place]
    }
}

/// Histograms that differ in their labels' values. Keep the histogram where it is used often.
public struct HistogramFamily<each Value: LabelValue>: Sendable {
    let instruments: [Histogram]
    let orders: (repeat ValueOrder<each Value>)

    /// The histogram with these label values, in the order of the labels.
    public subscript(_ values: repeat each Value) -> Histogram {
        var place = 0
        for (order, value) in repeat (each orders, each values) { place = order.place(of: value, behind: place) }
        return instruments[place]
    }
}
