import TestSupport

/// Columns of values of every kind that monitoring knows, and of kinds that it should not.
enum ColumnSamples {
    static let special: [Double] = [
        0, -0.0, 1, -1, .infinity, -.infinity, .nan, -.nan, Double(bitPattern: 0x7ff0_0000_0000_0002),
        Double(bitPattern: 0x7ff8_0000_dead_beef),
        .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude, .leastNormalMagnitude, .pi, 0.1, 1e15, 1e16, 1e300,
        1e-300,
        9_007_199_254_740_991, 9_007_199_254_740_992, 9_007_199_254_740_994, -9_007_199_254_740_992,
    ]

    /// Named columns of `count` values.
    static func all(count: Int, _ generator: inout SeededGenerator) -> [(name: String, values: [Double])] {
        var result: [(String, [Double])] = []
        func add(_ name: String, _ make: (Int) -> Double) { result.append((name, (0..<count).map(make))) }
        add("constant") { _ in 42.5 }
        add("stale markers") { _ in Double(bitPattern: 0x7ff0_0000_0000_0002) }
        var counter = Double(Int.random(in: 0...1_000_000, using: &generator))
        add("counter") { _ in
            counter += Double(Int.random(in: 40...200, using: &generator))
            return counter
        }
        var resetting = 0.0
        add("counter with resets and a stale marker") { index in
            resetting = index % 37 == 36 ? 0 : resetting + Double(Int.random(in: 0...9, using: &generator))
            return index == count - 1 ? Double(bitPattern: 0x7ff0_0000_0000_0002) : resetting
        }
        var hundredths = 1_234_567
        add("seconds in hundredths") { _ in
            hundredths += Int.random(in: 0...1500, using: &generator)
            return Double(hundredths) / 100
        }
        add("gauge of four decimals") { _ in Double(Int.random(in: -20_000...20_000, using: &generator)) / 10_000 }
        add("bytes in pages") { _ in Double(Int.random(in: 1000...2000, using: &generator) * 4096) }
        var sum = 0.0
        add("float sum") { _ in
            sum += Double.random(in: 0.01...3, using: &generator)
            return sum
        }
        var ticks = Int.random(in: 0...10_000_000, using: &generator)
        add("ticks times a thousandth") { _ in
            ticks += Int.random(in: 0...2000, using: &generator)
            return Double(ticks) * 0.001
        }
        var durations = 0.0
        add("sum of nanoseconds") { _ in
            for _ in 0..<3 { durations += Double(Int.random(in: 1000...90_000_000, using: &generator)) / 1e9 }
            return durations
        }
        add("random bits") { _ in Double(bitPattern: generator.next()) }
        add("special values") { _ in special.randomElement(using: &generator)! }
        add("whole numbers with special values") { index in
            index % 20 == 7 ? special.randomElement(using: &generator)! : Double(index * 3)
        }
        add("extremes") { index in index % 2 == 0 ? Double.greatestFiniteMagnitude : -Double.greatestFiniteMagnitude }
        return result
    }

    /// Named columns of `count` timestamps, rising.
    static func timestamps(count: Int, _ generator: inout SeededGenerator) -> [(name: String, values: [Int64])] {
        var result: [(String, [Int64])] = []
        let start: Int64 = 1_790_000_000_123
        result.append(("steady", (0..<count).map { start + Int64($0) * 15_000 }))
        result.append(
            (
                "jittery",
                (0..<count).map { start + Int64($0) * 15_000 + Int64.random(in: -2...2, using: &generator) }
            ))
        var time = start
        result.append(
            (
                "with gaps",
                (0..<count).map { _ in
                    time += Int.random(in: 0...50, using: &generator) == 0 ? 3_600_000 : 15_000
                    return time
                }
            ))
        var irregular = start
        result.append(
            (
                "irregular",
                (0..<count).map { _ in
                    irregular += Int64.random(in: 1...100_000, using: &generator)
                    return irregular
                }
            ))
        return result
    }
}

extension ColumnSamples {
    /// Series of one target as a histogram and its neighbours make them: some foretell others.
    static func histogramFamily(count: Int, _ generator: inout SeededGenerator) -> [[Double]] {
        let shares = [0.05, 0.2, 0.45, 0.7, 0.9, 0.97, 0.99, 1, 1]
        var buckets = [Double](repeating: 0, count: shares.count)
        var columns = [[Double]](repeating: [], count: shares.count + 2)
        var sum = 0.0
        for _ in 0..<count {
            let requests = Double.random(in: 0...300, using: &generator)
            for (index, share) in shares.enumerated() {
                buckets[index] += (requests * share + Double.random(in: 0...1, using: &generator)).rounded(.down)
                columns[index].append(buckets[index])
            }
            columns[shares.count].append(buckets[shares.count - 1])
            sum += requests * 0.08
            columns[shares.count + 1].append(sum)
        }
        return columns
    }
}
