internal import TelemetryModel

/// Values such as monitoring sees, one kind of series each.
struct SeriesKind: Sendable {
    let name: String
    /// Values of neighbouring series of this kind: what of one instance lies side by side in storage.
    let make: @Sendable (_ series: Int, _ count: Int, _ generator: inout SeededGenerator) -> [[Double]]

    /// A kind whose series do not know of each other.
    private static func each(
        _ name: String, _ make: @escaping @Sendable (_ count: Int, _ generator: inout SeededGenerator) -> [Double]
    ) -> SeriesKind {
        SeriesKind(name: name) { series, count, generator in
            var all: [[Double]] = []
            for _ in 0..<series { all.append(make(count, &generator)) }
            return all
        }
    }

    static let all: [SeriesKind] = [
        each("constant") { count, generator in
            Array(repeating: Double(Int.random(in: 0...1 << 34, using: &generator)), count: count)
        },
        each("integer counter, bursts", burstingCounter),
        each("CPU seconds, hundredths", processorSeconds),
        SeriesKind(name: "histogram buckets", make: buckets),
        each("float sum") { count, generator in
            var sum = 0.0
            return (0..<count).map { _ in
                for _ in 0..<Int.random(in: 0...3, using: &generator) { sum += Double.random(in: 0.001...2, using: &generator) }
                return sum
            }
        },
        each("gauge, 4 decimals") { count, generator in
            var tenThousandths = Int.random(in: 0...1_000_000, using: &generator)
            return (0..<count).map { _ in
                tenThousandths += Int.random(in: -500...500, using: &generator)
                return Double(tenThousandths) / 10_000
            }
        },
        each("random walk, full precision") { count, generator in
            var position = Double.random(in: 0...100, using: &generator)
            return (0..<count).map { _ in
                position += Double.random(in: -1...1, using: &generator)
                return position
            }
        },
        each("gauge with NaN and stale") { count, generator in
            (0..<count).map { _ in
                if generator.happens(onceIn: 20) { return StaleMarker.value }
                if generator.happens(onceIn: 10) { return Double(bitPattern: StaleMarker.normalNaNBits) }
                return Double(Int.random(in: 0...200, using: &generator))
            }
        },
    ]

    /// Requests: a steady rate with noise, nothing at times, and a burst now and then.
    private static func burstingCounter(_ count: Int, _ generator: inout SeededGenerator) -> [Double] {
        let rate = Int.random(in: 5...300, using: &generator)
        var total = Int.random(in: 0...10_000_000, using: &generator)
        return (0..<count).map { _ in
            switch Int.random(in: 0..<50, using: &generator) {
            case 0: total += Int.random(in: 5 * rate...40 * rate, using: &generator)
            case 1...5: break
            default: total += Int.random(in: rate * 4 / 5...rate * 6 / 5, using: &generator)
            }
            return Double(total)
        }
    }

    /// Ticks of a hundredth of a second, of a mode that is more or less busy for a while.
    private static func processorSeconds(_ count: Int, _ generator: inout SeededGenerator) -> [Double] {
        var ticks = Int.random(in: 0...100_000_000, using: &generator)
        var share = Int.random(in: 1...1400, using: &generator)
        return (0..<count).map { _ in
            if generator.happens(onceIn: 40) { share = Int.random(in: 1...1400, using: &generator) }
            ticks += max(0, share + Int.random(in: -20...20, using: &generator))
            return Double(ticks) / 100
        }
    }

    /// Cumulative buckets of histograms, eight each: most observations fall into the middle ones.
    private static func buckets(_ series: Int, _ count: Int, _ generator: inout SeededGenerator) -> [[Double]] {
        let weights = [2, 10, 40, 30, 10, 5, 2, 1]
        var all: [[Double]] = []
        while all.count < series {
            let rate = Int.random(in: 1...60, using: &generator)
            var totals = [Int](repeating: 0, count: weights.count)
            var columns = [[Double]](repeating: [], count: weights.count)
            for _ in 0..<count {
                for _ in 0..<Int.random(in: rate / 2...rate * 3 / 2, using: &generator) {
                    var place = Int.random(in: 0..<100, using: &generator)
                    let bucket = weights.firstIndex { weight in
                        place -= weight
                        return place < 0
                    }
                    totals[bucket ?? 0] += 1
                }
                var cumulative = 0
                for bucket in weights.indices {
                    cumulative += totals[bucket]
                    columns[bucket].append(Double(cumulative))
                }
            }
            all += columns
        }
        return Array(all.prefix(series))
    }
}
