internal import Synchronization

/// The metrics of one program or component, and their exposition. There is no global registry: who makes one passes it on.
///
/// Asking for a metric that exists already, with the same name and labels, gives the same instrument, so that a component may be built
/// twice. Asking takes a lock: ask once and keep the instrument; using it takes none.
///
/// Names follow the conventions of Prometheus, and are held to them: counters end in `_total`, nothing else does; a unit stands at the
/// end of the name. Breaking them is a bug of the program and traps.
public final class MetricRegistry: Sendable {
    private let families = Mutex<[String: Family]>([:])

    public init() {}

    /// A counter.
    ///
    /// - Parameters:
    ///   - name: ends in `_total`.
    ///   - help: one sentence on what is counted.
    ///   - unit: the base unit that the name ends with before `_total`, such as `seconds` or `bytes`.
    public func counter(_ name: String, help: String, unit: String = "", labels: KeyValuePairs<String, String> = [:]) -> Counter {
        let family = family(FamilyHeader(name: name, kind: .counter, help: help, unit: unit))
        return family.counter(RenderedLabels(pairs(labels)))
    }

    /// A gauge.
    public func gauge(_ name: String, help: String, unit: String = "", labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        let family = family(FamilyHeader(name: name, kind: .gauge, help: help, unit: unit))
        return family.gauge(RenderedLabels(pairs(labels)))
    }

    /// A histogram with classic buckets.
    ///
    /// - Precondition: all histograms of one family have the same bounds.
    public func histogram(
        _ name: String, help: String, unit: String = "", bounds: [Double] = Histogram.durationBounds,
        labels: KeyValuePairs<String, String> = [:]
    ) -> Histogram {
        let family = family(FamilyHeader(name: name, kind: .histogram, help: help, unit: unit))
        return family.histogram(RenderedLabels(pairs(labels)), bounds: bounds)
    }

    /// A gauge whose value is asked for at each exposition. A second one with the same labels takes the place of the first.
    public func gaugeFunction(
        _ name: String, help: String, unit: String = "", labels: KeyValuePairs<String, String> = [:],
        _ value: @escaping @Sendable () -> Double
    ) {
        family(FamilyHeader(name: name, kind: .gauge, help: help, unit: unit)).setFunction(RenderedLabels(pairs(labels)), value)
    }

    /// A counter whose value is kept elsewhere and asked for at each exposition.
    public func counterFunction(
        _ name: String, help: String, unit: String = "", labels: KeyValuePairs<String, String> = [:],
        _ value: @escaping @Sendable () -> Double
    ) {
        family(FamilyHeader(name: name, kind: .counter, help: help, unit: unit)).setFunction(RenderedLabels(pairs(labels)), value)
    }

    /// A counter or gauge family all of whose samples, labels included, are asked for at each exposition.
    ///
    /// - Precondition: `kind` is not `histogram`.
    public func collected(
        _ name: String, kind: MetricKind, help: String, unit: String = "", _ collect: @escaping @Sendable (inout CollectedSamples) -> Void
    ) {
        precondition(kind != .histogram, "BUG: collected families have plain samples")
        family(FamilyHeader(name: name, kind: kind, help: help, unit: unit)).setCollector(collect)
    }

    /// Counters of one name, told apart by labels of these names.
    public func counters(_ name: String, help: String, unit: String = "", labelNames: String...) -> LabelledFamily<Counter> {
        let family = family(FamilyHeader(name: name, kind: .counter, help: help, unit: unit))
        return LabelledFamily(labelNames: labelNames, family: family) { family.counter($0) }
    }

    /// Gauges of one name, told apart by labels of these names.
    public func gauges(_ name: String, help: String, unit: String = "", labelNames: String...) -> LabelledFamily<Gauge> {
        let family = family(FamilyHeader(name: name, kind: .gauge, help: help, unit: unit))
        return LabelledFamily(labelNames: labelNames, family: family) { family.gauge($0) }
    }

    /// Histograms of one name, told apart by labels of these names.
    public func histograms(
        _ name: String, help: String, unit: String = "", bounds: [Double] = Histogram.durationBounds, labelNames: String...
    ) -> LabelledFamily<Histogram> {
        let family = family(FamilyHeader(name: name, kind: .histogram, help: help, unit: unit))
        return LabelledFamily(labelNames: labelNames, family: family) { family.histogram($0, bounds: bounds) }
    }

    /// Appends all metrics in a text format: families sorted by name, samples by labels.
    public func render(_ format: TextFormat, into output: inout [UInt8]) {
        let sorted = families.withLock { Array($0.values) }.sorted { $0.header.name.utf8.lexicographicallyPrecedes($1.header.name.utf8) }
        let exposition = TextExposition(format: format)
        for family in sorted { family.render(exposition, into: &output) }
        exposition.appendEnd(to: &output)
    }

    private func family(_ header: FamilyHeader) -> Family {
        families.withLock { families in
            if let known = families[header.name] {
                precondition(known.header == header, "BUG: \(header.name) is already registered with another type, help or unit")
                return known
            }
            let made = Family(header)
            families[header.name] = made
            return made
        }
    }

    private func pairs(_ labels: KeyValuePairs<String, String>) -> [(String, String)] { labels.map { ($0.key, $0.value) } }
}

/// Metrics of one name and kind that differ in their labels' values.
public struct LabelledFamily<Instrument: Sendable>: Sendable {
    private let labelNames: [String]
    private let family: Family
    private let make: @Sendable (RenderedLabels) -> Instrument

    init(labelNames: [String], family: Family, make: @escaping @Sendable (RenderedLabels) -> Instrument) {
        self.labelNames = labelNames
        self.family = family
        self.make = make
    }

    /// The instrument with these label values, in the order of the names. Takes a lock and renders the labels: keep the instrument.
    ///
    /// - Precondition: there is one value for each name.
    public func with(_ values: String...) -> Instrument {
        precondition(values.count == labelNames.count, "BUG: \(values.count) values for the labels \(labelNames)")
        return make(RenderedLabels(zip(labelNames, values)))
    }

    /// Takes the instrument with these label values out of the exposition.
    public func remove(_ values: String...) {
        precondition(values.count == labelNames.count, "BUG: \(values.count) values for the labels \(labelNames)")
        family.remove(RenderedLabels(zip(labelNames, values)))
    }
}
