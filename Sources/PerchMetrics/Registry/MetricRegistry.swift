internal import PerchWire
internal import Synchronization

/// The metrics of one program or component, and their exposition. There is no global registry: who makes one passes it on.
///
/// Asking for a metric that exists already, with the same name and labels, gives the same instrument, so that a component may be built
/// twice. Asking takes a lock: ask once and keep the instrument; using it takes none.
///
/// Names that are given here follow the conventions of Prometheus, and are held to them: counters end in `_total`, nothing else does; a unit
/// stands at the end of the name. Breaking them is a bug of the program and traps. Names that come through swift-metrics
/// (``PerchMetricsFactory``) are translated instead, and label values may hold anything.
public final class MetricRegistry: Sendable {
    /// What keeps the number of series bounded.
    public struct Limits: Sendable, Hashable {
        /// Series of one metric name; what would be more is counted in one series with the label `otel_metric_overflow="true"`.
        public var seriesPerFamilyMax = 2000
        /// Metric names that come through swift-metrics; instruments with further names are not exposed.
        public var familiesMax = 10_000
        /// Series with labels that were not changed for this long are left out of the exposition until they change again; nil keeps all.
        public var idleMax: Duration?
        /// Buckets of each sign that a native histogram exposes; beyond that neighbours are joined.
        public var nativeBucketsMax = 160
        /// Whether idle series that nobody holds are forgotten, and begin again at zero if they come back.
        var forgetsIdle = true

        public init() {}
    }

    private struct State {
        var families: [String: Family] = [:]
        /// Sample names, and the family that has each.
        var claimed: [String: String] = [:]
    }

    let limits: Limits
    let exemplars: ExemplarSource?
    /// Whether answers in OpenMetrics tell when counting began, by series `…_created`.
    public let exposesCreated: Bool
    let now: @Sendable () -> Int64
    private let state = Mutex(State())
    private let refused = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - exemplars: where counters and histograms find the current span.
    ///   - exposesCreated: whether answers in OpenMetrics tell when counting began, by series `…_created`.
    public convenience init(limits: Limits = Limits(), exemplars: ExemplarSource? = nil, exposesCreated: Bool = false) {
        self.init(limits: limits, exemplars: exemplars, exposesCreated: exposesCreated, now: { SystemTime.unixNanoseconds() })
    }

    init(limits: Limits, exemplars: ExemplarSource?, exposesCreated: Bool = false, now: @escaping @Sendable () -> Int64) {
        self.limits = limits
        self.exemplars = exemplars
        self.exposesCreated = exposesCreated
        self.now = now
    }

    /// A counter.
    ///
    /// - Parameters:
    ///   - name: ends in `_total`.
    ///   - help: one sentence on what is counted.
    ///   - unit: the base unit that the name ends with before `_total`, such as `seconds` or `bytes`.
    public func counter(_ name: String, help: String, unit: String = "", labels: KeyValuePairs<String, String> = [:]) -> Counter {
        family(FamilyHeader(name: name, kind: .counter, help: help, unit: unit)).counter(pairs(labels), exemplars)
    }

    /// A gauge.
    public func gauge(_ name: String, help: String, unit: String = "", labels: KeyValuePairs<String, String> = [:]) -> Gauge {
        family(FamilyHeader(name: name, kind: .gauge, help: help, unit: unit)).gauge(pairs(labels))
    }

    /// A histogram with classic buckets.
    ///
    /// - Precondition: all histograms of one family have the same bounds.
    public func histogram(
        _ name: String, help: String, unit: String = "", bounds: [Double] = Histogram.durationBounds,
        labels: KeyValuePairs<String, String> = [:]
    ) -> Histogram {
        histogram(name, help: help, unit: unit, buckets: .classic(bounds: bounds), labels: labels)
    }

    /// A histogram with classic buckets, native ones, or both.
    ///
    /// - Precondition: all histograms of one family have the same buckets.
    public func histogram(
        _ name: String, help: String, unit: String = "", buckets: HistogramBuckets, labels: KeyValuePairs<String, String> = [:]
    ) -> Histogram {
        let family = family(FamilyHeader(name: name, kind: .histogram, help: help, unit: unit))
        return family.histogram(pairs(labels), buckets.layout, exemplars)
    }

    /// A summary: quantiles over the last `maxAgeSeconds`, and the count and sum of all observations.
    ///
    /// - Parameter quantiles: shares between 0 and 1.
    public func summary(
        _ name: String, help: String, unit: String = "", quantiles: [Double] = [0.5, 0.9, 0.99], maxAgeSeconds: Int = 600,
        labels: KeyValuePairs<String, String> = [:]
    ) -> Summary {
        let family = family(FamilyHeader(name: name, kind: .summary, help: help, unit: unit))
        return family.summary(pairs(labels), SummaryLayout(quantiles: quantiles, maxAgeSeconds: Int64(maxAgeSeconds)))
    }

    /// A gauge whose value is asked for at each exposition. A second one with the same labels takes the place of the first.
    public func gaugeFunction(
        _ name: String, help: String, unit: String = "", labels: KeyValuePairs<String, String> = [:],
        _ value: @escaping @Sendable () -> Double
    ) {
        family(FamilyHeader(name: name, kind: .gauge, help: help, unit: unit)).setFunction(pairs(labels), value)
    }

    /// A counter whose value is kept elsewhere and asked for at each exposition.
    public func counterFunction(
        _ name: String, help: String, unit: String = "", labels: KeyValuePairs<String, String> = [:],
        _ value: @escaping @Sendable () -> Double
    ) {
        family(FamilyHeader(name: name, kind: .counter, help: help, unit: unit)).setFunction(pairs(labels), value)
    }

    /// A counter or gauge family all of whose samples, labels included, are asked for at each exposition.
    ///
    /// - Precondition: `kind` is `counter` or `gauge`.
    public func collected(
        _ name: String, kind: MetricKind, help: String, unit: String = "", _ collect: @escaping @Sendable (inout CollectedSamples) -> Void
    ) {
        precondition(kind == .counter || kind == .gauge, "BUG: collected families have plain samples")
        family(FamilyHeader(name: name, kind: kind, help: help, unit: unit)).setCollector(collect)
    }

    /// Counters of one name, told apart by labels of these names.
    public func counters(_ name: String, help: String, unit: String = "", labelNames: String...) -> LabelledFamily<Counter> {
        let family = family(FamilyHeader(name: name, kind: .counter, help: help, unit: unit))
        return LabelledFamily(labelNames: labelNames, family: family) { [exemplars] in family.counter($0, exemplars) }
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
        let layout = HistogramLayout(bounds: bounds, nativeSchema: nil)
        return LabelledFamily(labelNames: labelNames, family: family) { [exemplars] in family.histogram($0, layout, exemplars) }
    }

    /// All metrics as they are now: families sorted by name, series by labels.
    public func snapshot() -> [MetricFamilySnapshot] { sortedFamilies().compactMap { $0.series()?.snapshot() } }

    /// Appends all metrics in a format: families sorted by name, series by labels.
    public func render(_ format: MetricFormat, into output: inout [UInt8]) { format.render(sortedFamilies(), into: &output) }

    private func sortedFamilies() -> [Family] {
        state.withLock { Array($0.families.values) }.sorted { $0.header.name.utf8.lexicographicallyPrecedes($1.header.name.utf8) }
    }

    /// How often a series was asked for that would have been one too many for its family, or whose family would have been one too many.
    public var overflowCount: UInt64 {
        let families = state.withLock { Array($0.families.values) }
        return families.reduce(refused.load(ordering: .relaxed)) { $0 &+ $1.overflowCount }
    }

    /// The family with a header that the program itself wrote.
    func family(_ header: FamilyHeader) -> Family {
        let family = state.withLock { state in
            state.families[header.name].map { Optional($0) } ?? make(header, sourceName: header.name, in: &state)
        }
        guard let family, family.header == header else {
            preconditionFailure("BUG: \(header.name) is already registered with another type, help or unit")
        }
        return family
    }

    /// The family with a header that came from outside; nil where another family has that name with another meaning, or there are too many.
    func family(translated header: FamilyHeader, sourceName: String) -> Family? {
        state.withLock { state in
            if let known = state.families[header.name] { return known.header.kind == header.kind ? known : nil }
            if state.families.count >= limits.familiesMax {
                refused.add(1, ordering: .relaxed)
                return nil
            }
            return make(header, sourceName: sourceName, in: &state)
        }
    }

    private func make(_ header: FamilyHeader, sourceName: String, in state: inout sending State) -> Family? {
        let claims = header.claims + (exposesCreated && header.kind != .gauge ? [FamilyHeader.base(header.name) + "_created"] : [])
        if claims.contains(where: { state.claimed[$0] != nil }) { return nil }
        for name in claims { state.claimed[name] = header.name }
        let made = Family(header, sourceName: sourceName, limits: limits, now: now)
        state.families[header.name] = made
        return made
    }

    private func pairs(_ labels: KeyValuePairs<String, String>) -> MetricLabels {
        labels.isEmpty ? .none : MetricLabels(labels.map { ($0.key, $0.value) })
    }
}

/// The buckets of a histogram.
public struct HistogramBuckets: Sendable, Hashable {
    let layout: HistogramLayout

    /// Buckets with these upper bounds.
    ///
    /// - Precondition: the bounds are finite and rise.
    public static func classic(bounds: [Double]) -> HistogramBuckets {
        HistogramBuckets(layout: HistogramLayout(bounds: bounds, nativeSchema: nil))
    }

    /// Native buckets, each 2^(2^-schema) times as wide as the one below: 9 % at schema 3. Scrapers that do not take native
    /// histograms are shown the classic buckets.
    ///
    /// - Parameter schema: 0 to 8.
    public static func native(schema: Int = 3, classicBounds: [Double] = Histogram.durationBounds) -> HistogramBuckets {
        HistogramBuckets(layout: HistogramLayout(bounds: classicBounds, nativeSchema: min(max(schema, 0), 8)))
    }
}
