import RemoteWriteFormat
import TelemetryModel
import TestSupport

/// Twenty minutes of random series: counters with resets, gauges, classic histograms; with gaps, staleness markers, NaN and infinities.
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
        var samples: [Sample] = []
        var isGone = false
        for (index, value) in values.enumerated() {
            let time = base + Int64(index) * 15_000 + 2 * Int64.random(in: 50..<400, using: &random) + 1
            let wasGone = isGone
            if oneIn(40, &random) { isGone.toggle() }
            if isGone {
                if !wasGone { samples.append(Sample(timestamp: time, value: StaleMarker.value)) }
            } else if !oneIn(12, &random) {
                samples.append(Sample(timestamp: time, value: value))
            }
        }
        all.append(RemoteWriteSeries(labels: LabelSet([("__name__", name)] + labels), samples: samples))
    }
}
