internal import CoreMetrics
internal import Synchronization

/// What swift-metrics holds of one series. Several handlers may share a series; it goes when one of them is destroyed and the others are
/// destroyed or gone.
class SeriesHandler: @unchecked Sendable {
    // Unchecked only since classes that are inherited from cannot be checked: all stored properties, here and below, are immutable and Sendable.
    private let family: Family?
    private let labels: MetricLabels
    private let isReleased = Atomic<Bool>(false)

    init(_ family: Family?, _ labels: MetricLabels) {
        self.family = family
        self.labels = labels
    }

    deinit { release(isDestroyed: false) }

    final func destroy() { release(isDestroyed: true) }

    final func noteReset() { family?.noteReset(labels) }

    private func release(isDestroyed: Bool) {
        guard let family, !isReleased.exchange(true, ordering: .relaxed) else { return }
        family.release(labels, isDestroyed: isDestroyed)
    }
}

final class SwiftCounter: SeriesHandler, CounterHandler, FloatingPointCounterHandler, @unchecked Sendable {
    private let counter: Counter

    init(_ counter: Counter, _ family: Family?, _ labels: MetricLabels) {
        self.counter = counter
        super.init(family, labels)
    }

    func increment(by amount: Int64) { counter.increment(by: Int(amount)) }
    func increment(by amount: Double) { counter.add(amount) }

    func reset() {
        counter.reset()
        noteReset()
    }
}

final class SwiftGauge: SeriesHandler, MeterHandler, RecorderHandler, @unchecked Sendable {
    private let gauge: Gauge

    init(_ gauge: Gauge, _ family: Family?, _ labels: MetricLabels) {
        self.gauge = gauge
        super.init(family, labels)
    }

    func set(_ value: Int64) { gauge.set(Double(value)) }
    func set(_ value: Double) { gauge.set(value) }
    func increment(by amount: Double) { gauge.add(amount) }
    func decrement(by amount: Double) { gauge.add(-amount) }
    func record(_ value: Int64) { gauge.set(Double(value)) }
    func record(_ value: Double) { gauge.set(value) }
}

final class SwiftDistribution: SeriesHandler, RecorderHandler, TimerHandler, @unchecked Sendable {
    private let histogram: Histogram?
    private let summary: Summary?

    init(_ histogram: Histogram?, _ summary: Summary?, _ family: Family?, _ labels: MetricLabels) {
        self.histogram = histogram
        self.summary = summary
        super.init(family, labels)
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        if let histogram { histogram.record(value) } else { summary?.record(value) }
    }

    /// Prometheus counts time in seconds, whatever unit is preferred for display.
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
