import RemoteWriteFormat
import TelemetryModel
import TestSupport

/// Twenty minutes of random series: counters with resets, gauges, classic and native histograms; with gaps, staleness markers, NaN and infinities.
///
/// The sample times are odd milliseconds. Queries are asked at whole seconds and a quarter, and all ranges are multiples of half a
/// second, so no sample is ever on the boundary of a range: Prometheus 3 changed on which side that is.
struct RandomSeries {
    static let span: Int64 = 20 * 60_000
    let base: Int64
    private var random: SeededGenerator
    private(set) var all: [RemoteWriteSeries] = []

    init(seed: UInt64, base: Int64) {
        self.base = base
        random = SeededGenerator(seed: seed)
        for job in ["a", "b"] {
            for instance in ["1", "2", "3"] {
                let labels = [("job", job), ("instance", instance)]
                append("requests_total", labels) { $0.counter(startingAt: 2000) }
                append("young_total", labels) { $0.counter(startingAt: 3) }
                append("level", labels) { $0.gauge() }
                append("wild", labels) { $0.wildGauge() }
            }
            append("limit", [("job", job)]) { $0.gauge() }
            appendHistogram(job: job)
            for name in ["size", "span"] {
                for instance in ["1", "2"] { appendNativeHistogram(name, [("job", job), ("instance", instance)]) }
            }
        }
    }

    private func oneIn(_ count: Int, _ random: inout SeededGenerator) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

    /// The next value of a series, from the one before.
    private struct Walk {
        var next: (inout SeededGenerator) -> Double
    }

    private struct Shape {
        func counter(startingAt first: Double) -> Walk {
            var value = first
            return Walk { random in
                value += Double(Int.random(in: 0..<20, using: &random))
                // After a reset a counter that started high is far from zero still.
                if Int.random(in: 0..<15, using: &random) == 0 { value = (min(value, 4 * first) * 0.5).rounded(.down) }
                return value
            }
        }

        /// Eighths, so that sums are exact in any order.
        func gauge() -> Walk { Walk { Double(Int.random(in: -800...800, using: &$0)) / 8 } }

        func wildGauge() -> Walk {
            Walk { random in
                switch Int.random(in: 0..<16, using: &random) {
                case 0: .nan
                case 1: .infinity
                case 2: -.infinity
                case 3: 1e300
                case 4: -1e-300
                case 5: 0
                default: Double.random(in: -100...100, using: &random)
                }
            }
        }
    }

    private mutating func append(_ name: String, _ labels: [(String, String)], _ shape: (Shape) -> Walk) {
        let walk = shape(Shape())
        append(name, labels, values: (0..<Int(Self.span / 15_000)).map { _ in walk.next(&random) })
    }

    /// Buckets that are cumulative; scrapes that miss a single bucket are left to ``append(_:_:values:)``.
    private mutating func appendHistogram(job: String) {
        let bounds = ["0.1", "0.5", "1", "5", "+Inf"]
        var counts = bounds.map { _ in 0.0 }
        var columns: [[Double]] = bounds.map { _ in [] }
        for _ in 0..<Int(Self.span / 15_000) {
            if oneIn(30, &random) { counts = bounds.map { _ in 0 } }
            for index in counts.indices { counts[index] += Double(Int.random(in: 0..<10, using: &random)) }
            var sum = 0.0
            for index in counts.indices {
                sum += counts[index]
                columns[index].append(sum)
            }
        }
        for (bound, column) in zip(bounds, columns) { append("latency_bucket", [("job", job), ("le", bound)], values: column) }
    }

    private mutating func append(_ name: String, _ labels: [(String, String)], values: [Double]) {
        let samples = scraped(values, stale: StaleMarker.value).map { Sample(timestamp: $0.time, value: $0.value) }
        all.append(RemoteWriteSeries(labels: LabelSet([("__name__", name)] + labels), samples: samples))
    }

    /// Histograms of whole numbers with one resolution. A reset leaves them far from zero still, for 2.42 extrapolates histograms below it.
    private mutating func appendNativeHistogram(_ name: String, _ labels: [(String, String)]) {
        let schema = Int32.random(in: 0...2, using: &random)
        var positive = (0..<12).map { _ in Double(Int.random(in: 400..<500, using: &random)) }
        var negative = (0..<5).map { _ in Double(Int.random(in: 200..<300, using: &random)) }
        var zero = 500.0
        var sum = 4000.0
        var histograms: [NativeHistogram] = []
        for _ in 0..<Int(Self.span / 15_000) {
            if oneIn(25, &random) {
                positive = positive.map { (min($0, 450) * 2 / 3).rounded(.down) }
                negative = negative.map { (min($0, 250) * 2 / 3).rounded(.down) }
                zero = (min(zero, 500) / 2).rounded(.down)
                sum = 2000
            }
            for _ in 0..<Int.random(in: 0..<6, using: &random) {
                let place = Int.random(in: positive.indices, using: &random)
                positive[place] += Double(Int.random(in: 1..<5, using: &random))
                sum += Double(place)
            }
            negative[Int.random(in: negative.indices, using: &random)] += 1
            zero += Double(Int.random(in: 0..<3, using: &random))
            histograms.append(
                NativeHistogram(
                    schema: schema, zeroThreshold: 0.001, zeroCount: zero, count: (positive + negative).reduce(zero, +), sum: sum,
                    positiveSpans: [.init(offset: 1, length: 12)], negativeSpans: [.init(offset: 1, length: 5)],
                    positiveBuckets: positive, negativeBuckets: negative, isFloat: false))
        }
        let stale = NativeHistogram(sum: StaleMarker.value, isFloat: false)
        let samples = scraped(histograms, stale: stale).map { HistogramSample(timestamp: $0.time, histogram: $0.value) }
        all.append(RemoteWriteSeries(labels: LabelSet([("__name__", name)] + labels), histograms: samples))
    }

    /// Values at the times of scrapes, some of which fail; now and then the series is gone for a while.
    private mutating func scraped<Value>(_ values: [Value], stale: Value) -> [(time: Int64, value: Value)] {
        var samples: [(time: Int64, value: Value)] = []
        var isGone = false
        for (index, value) in values.enumerated() {
            let time = base + Int64(index) * 15_000 + 2 * Int64.random(in: 50..<400, using: &random) + 1
            let wasGone = isGone
            if oneIn(40, &random) { isGone.toggle() }
            if isGone {
                if !wasGone { samples.append((time, stale)) }
            } else if !oneIn(12, &random) {
                samples.append((time, value))
            }
        }
        return samples
    }
}
