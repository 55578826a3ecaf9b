internal import Synchronization

/// All series of one metric name.
final class Family: Sendable {
    enum Source {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(Histogram)
        case summary(Summary)
        case function(@Sendable () -> Double)
    }

    /// One series, and what is known of its use.
    struct Child {
        let labels: MetricLabels
        let source: Source
        var created: Int64
        /// What it held when it was last looked at, and since when it holds that.
        var seen: UInt64
        var seenSince: Int64
        /// Handlers of swift-metrics that can still change it.
        var handlers = 0
    }

    private struct State {
        var children: [MetricLabels: Child] = [:]
        /// The children in the order of their labels; nil after a change. What is noted of their use is true only in `children`.
        var order: [Child]?
        var overflow: Child?
        var hasFunctions = false
        var collector: (@Sendable (inout CollectedSamples) -> Void)?
    }

    let header: FamilyHeader
    /// The name by which OTLP knows the family.
    let sourceName: String
    private let limits: MetricRegistry.Limits
    let now: @Sendable () -> Int64
    private let overflowed = Atomic<UInt64>(0)
    private let state = Mutex(State())

    init(_ header: FamilyHeader, sourceName: String, limits: MetricRegistry.Limits, now: @escaping @Sendable () -> Int64) {
        self.header = header
        self.sourceName = sourceName
        self.limits = limits
        self.now = now
    }

    /// How often a series was asked for that would have been one too many.
    var overflowCount: UInt64 { overflowed.load(ordering: .relaxed) }

    /// The series with these labels, made if it is not there; or the overflow series where there are too many already.
    ///
    /// - Parameter isHandler: the caller will say when it needs the series no more.
    func source(_ labels: MetricLabels, isHandler: Bool = false, _ make: () -> Source) -> (source: Source, labels: MetricLabels) {
        state.withLock { state in
            if let found = state.children[labels] {
                if isHandler { state.children[labels]?.handlers += 1 }
                return (found.source, labels)
            }
            // Tens of thousands of series of one name are nearly always a mistake, and a series without labels never is.
            if state.children.count >= limits.seriesPerFamilyMax && !labels.pairs.isEmpty {
                overflowed.add(1, ordering: .relaxed)
                if let overflow = state.overflow { return (overflow.source, overflow.labels) }
                let child = child(MetricLabels([("otel_metric_overflow", "true")]), make())
                state.overflow = child
                return (child.source, child.labels)
            }
            var child = child(labels, make())
            child.handlers = isHandler ? 1 : 0
            state.children[labels] = child
            state.order = nil
            return (child.source, labels)
        }
    }

    private func child(_ labels: MetricLabels, _ source: Source) -> Child {
        let now = now()
        return Child(labels: labels, source: source, created: now, seen: Family.mark(source), seenSince: now)
    }

    func setFunction(_ labels: MetricLabels, _ value: @escaping @Sendable () -> Double) {
        state.withLock { state in
            state.children[labels] = child(labels, .function(value))
            state.hasFunctions = true
            state.order = nil
        }
    }

    func setCollector(_ collect: @escaping @Sendable (inout CollectedSamples) -> Void) { state.withLock { $0.collector = collect } }

    func remove(_ labels: MetricLabels) {
        state.withLock { state in
            if state.children.removeValue(forKey: labels) != nil { state.order = nil }
        }
    }

    /// Says that a handler is of no more use to its owner.
    ///
    /// - Parameter isDestroyed: the owner wants the series gone, not only the handler.
    func release(_ labels: MetricLabels, isDestroyed: Bool) {
        state.withLock { state in
            guard var child = state.children[labels] else { return }
            child.handlers -= 1
            if isDestroyed && child.handlers <= 0 {
                state.children[labels] = nil
                state.order = nil
            } else {
                state.children[labels] = child
            }
        }
    }

    /// Says that counting began anew.
    func noteReset(_ labels: MetricLabels) {
        state.withLock { state in
            state.children[labels]?.created = now()
            state.order = nil
        }
    }

    /// The series that there are now; nil where there is none.
    func series() -> FamilySeries? {
        // Functions may take locks of their own, so they run outside of ours.
        let (children, collector, isComputed) = state.withLock { state in
            (visible(&state), state.collector, state.collector != nil || state.hasFunctions)
        }
        var collected = CollectedSamples()
        collector?(&collected)
        if children.isEmpty && collected.samples.isEmpty { return nil }
        return FamilySeries(
            header: header, sourceName: sourceName, children: children, collected: collected.sorted(), isComputed: isComputed, now: now(),
            nativeBucketsMax: limits.nativeBucketsMax)
    }

    /// The children in order, without those that have been idle for too long. One that nobody can change any more is forgotten then; the
    /// others come back with their next change.
    private func visible(_ state: inout State) -> [Child] {
        let order =
            state.order ?? state.children.values.sorted { $0.labels.text.lexicographicallyPrecedes($1.labels.text) }
        state.order = order
        var children = limits.idleMax.map { withoutIdle(order, $0, &state) } ?? order
        if let overflow = state.overflow { children.append(overflow) }
        return children
    }

    private func withoutIdle(_ order: [Child], _ idleMax: Duration, _ state: inout State) -> [Child] {
        var children: [Child] = []
        children.reserveCapacity(order.count + 1)
        let now = now()
        for labels in order.lazy.map(\.labels) {
            guard var child = state.children[labels] else { continue }
            if !labels.pairs.isEmpty {
                let isIdle = isIdle(&child, now: now, idleMax: idleMax)
                let isForgotten = isIdle && child.handlers <= 0 && limits.forgetsIdle
                state.children[labels] = isForgotten ? nil : child
                if isForgotten { state.order = nil }
                if isIdle { continue }
            }
            children.append(child)
        }
        return children
    }

    private func isIdle(_ child: inout Child, now: Int64, idleMax: Duration) -> Bool {
        switch child.source {
        case .function: return false
        case .gauge(let gauge):
            if gauge.takeChange() { child.seenSince = now }
        case .counter, .histogram, .summary:
            let mark = Family.mark(child.source)
            if mark != child.seen { (child.seen, child.seenSince) = (mark, now) }
        }
        return .nanoseconds(now - child.seenSince) > idleMax
    }

    /// A number that changes with every change of a series that only grows.
    private static func mark(_ source: Source) -> UInt64 {
        switch source {
        case .counter(let counter): counter.value.bitPattern
        case .histogram(let histogram): histogram.count
        case .summary(let summary): summary.observationCount
        case .gauge, .function: 0
        }
    }
}

/// Where a collecting function puts its samples.
public struct CollectedSamples {
    private(set) var samples: [(labels: MetricLabels, value: Double)] = []

    /// Gives one sample. Of several with the same labels, the first counts.
    public mutating func add(_ labels: KeyValuePairs<String, String> = [:], _ value: Double) {
        samples.append((MetricLabels(labels.map { ($0.key, $0.value) }), value))
    }

    func sorted() -> [(labels: MetricLabels, value: Double)] {
        var seen: Set<MetricLabels> = []
        return samples.filter { seen.insert($0.labels).inserted }
            .sorted { $0.labels.text.lexicographicallyPrecedes($1.labels.text) }
    }
}
