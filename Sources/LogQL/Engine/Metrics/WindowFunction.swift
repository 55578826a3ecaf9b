/// What is made of the samples in a window. Where they are added up, a sample may stand for several.
struct WindowFunction {
    private let operation: RangeAggregation.Operation
    private let parameter: Double
    private let windows: Windows
    private let seconds: Double
    private let addsWholeNumbers: Bool
    /// What a sum of whole numbers is divided by.
    private let divisor: Double

    init(_ plan: RangePlan, _ windows: Windows) {
        operation = plan.aggregation.operation
        parameter = plan.aggregation.parameter ?? 0
        self.windows = windows
        let (whole, rest) = plan.range.intervalNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        seconds = Double(whole) + Double(rest) / 1e9
        addsWholeNumbers = plan.unwrap == nil && plan.aggregation.operation.isAdditive
        divisor = operation == .rate || operation == .bytesRate ? seconds : 1
    }

    /// The value of each window.
    ///
    /// - Parameter times: in rising order.
    func values(_ times: [Int64], _ values: [Double]) -> [Double] {
        var results = [Double](repeating: StepSeries.absent, count: windows.count)
        var (first, end) = (0, 0)
        // Whole numbers are added up without loss, so that the sum of a window is the difference of two sums.
        var total = 0.0
        let sums =
            addsWholeNumbers
            ? [0]
                + values.map { (value: Double) -> Double in
                    total += value; return total
                } : []
        for index in 0..<windows.count {
            let windowEnd = windows.end(index)
            while end < times.count, times[end] <= windowEnd { end += 1 }
            while first < end, times[first] <= windowEnd - windows.length { first += 1 }
            if first >= end { continue }
            if addsWholeNumbers {
                results[index] = (sums[end] - sums[first]) / divisor
            } else {
                results[index] = result(times[first..<end], values[first..<end], windowEnd)
            }
        }
        return results
    }

    private func result(_ times: ArraySlice<Int64>, _ values: ArraySlice<Double>, _ end: Int64) -> Double {
        switch operation {
        case .count, .bytes, .sum: return WindowFunction.sum(values)
        case .rate, .bytesRate: return WindowFunction.sum(values) / seconds
        case .rateCounter: return counterRate(times, values, end)
        case .average: return WindowFunction.average(values)
        case .maximum: return values.dropFirst().reduce(values[values.startIndex]) { $1 > $0 || $0.isNaN ? $1 : $0 }
        case .minimum: return values.dropFirst().reduce(values[values.startIndex]) { $1 < $0 || $0.isNaN ? $1 : $0 }
        case .variance: return WindowFunction.variance(values)
        case .deviation: return WindowFunction.variance(values).squareRoot()
        case .quantile: return WindowFunction.quantile(parameter, values)
        case .first: return values[values.startIndex]
        case .last: return values[values.endIndex - 1]
        case .absent: return 1
        }
    }

    private static func sum(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) }

    private static func average(_ values: ArraySlice<Double>) -> Double {
        var (mean, count) = (0.0, 0.0)
        for value in values {
            count += 1
            if mean.isInfinite {
                // An infinite mean stays what it is, unless an infinity of the other sign or what is no number comes in.
                if value.isInfinite && (mean > 0) == (value > 0) { continue }
                if value.isFinite { continue }
            }
            mean += value / count - mean / count
        }
        return mean
    }

    /// By Welford's method.
    private static func variance(_ values: ArraySlice<Double>) -> Double {
        var (sum, count, mean) = (0.0, 0.0, 0.0)
        for value in values {
            count += 1
            let delta = value - mean
            mean += delta / count
            sum += delta * (value - mean)
        }
        return sum / count
    }

    /// Between two values where the quantile lies between them.
    private static func quantile(_ quantile: Double, _ values: ArraySlice<Double>) -> Double {
        if quantile < 0 { return -.infinity }
        if quantile > 1 { return .infinity }
        // What is no number comes first.
        let sorted = values.sorted { $0.isNaN ? !$1.isNaN : $0 < $1 }
        let rank = quantile * Double(sorted.count - 1)
        let lower = Swift.max(0, rank.rounded(.down))
        let upper = Swift.min(Double(sorted.count - 1), lower + 1)
        let weight = rank - rank.rounded(.down)
        return sorted[Int(lower)] * (1 - weight) + sorted[Int(upper)] * weight
    }

    /// The increase of a counter per second, reckoned on to the ends of the window where samples come close to them.
    private func counterRate(_ times: ArraySlice<Int64>, _ values: ArraySlice<Double>, _ end: Int64) -> Double {
        guard values.count > 1 else { return 0 }
        let (firstValue, lastTime) = (values[values.startIndex], times[times.endIndex - 1])
        var increase = values[values.endIndex - 1] - firstValue
        var last = 0.0
        for value in values {
            if value < last { increase += last }
            last = value
        }
        let sampled = Double(lastTime - times[times.startIndex]) / 1e9
        let average = sampled / Double(values.count - 1)
        let threshold = average * 1.1
        var toStart = Double(times[times.startIndex] - (end - windows.length)) / 1e9
        var toEnd = Double(end - lastTime) / 1e9
        if toStart >= threshold { toStart = average / 2 }
        if increase > 0 && firstValue >= 0 { toStart = Swift.min(toStart, sampled * (firstValue / increase)) }
        if toEnd >= threshold { toEnd = average / 2 }
        return increase * ((sampled + toStart + toEnd) / sampled) / seconds
    }
}
