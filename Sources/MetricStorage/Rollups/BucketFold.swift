internal import TelemetryModel

/// Folds the samples of one series into buckets: a column for each ``RollupRole``.
///
/// Everything that PromQL can tell is as it would find it in the samples: which of two zeros is the least, which NaN, where a reset is.
struct BucketFold {
    let resolution: RollupResolution
    /// By role.
    private(set) var columns = [SampleColumns](repeating: SampleColumns(), count: RollupRole.allCases.count)

    init(_ resolution: RollupResolution) { self.resolution = resolution }

    var isEmpty: Bool { columns.allSatisfy(\.isEmpty) }

    subscript(role: RollupRole) -> SampleColumns { columns[role.rawValue] }

    /// Replaces the columns by those of a series.
    ///
    /// - Precondition: the samples rise in time, one per time.
    mutating func fold(_ samples: SampleColumns) {
        for role in columns.indices { columns[role].removeAll() }
        var float = 0
        var histogram = 0
        while float < samples.timestamps.count || histogram < samples.histograms.count {
            let floatTime = float < samples.timestamps.count ? samples.timestamps[float] : .max
            let histogramTime = histogram < samples.histograms.count ? samples.histograms[histogram].timestamp : .max
            let end = resolution.bucketEnd(Swift.min(floatTime, histogramTime))
            let firstFloat = float
            while float < samples.timestamps.count, samples.timestamps[float] <= end { float += 1 }
            let firstHistogram = histogram
            while histogram < samples.histograms.count, samples.histograms[histogram].timestamp <= end { histogram += 1 }
            foldBucket(samples, firstFloat..<float, firstHistogram..<histogram)
        }
    }

    private mutating func foldBucket(_ samples: SampleColumns, _ floats: Range<Int>, _ histograms: Range<Int>) {
        let present = floats.filter { !StaleMarker.matches(samples.values[$0]) }
        let presentHistograms = histograms.filter { !samples.histograms[$0].histogram.isStaleMarker }
        let lastFloat = present.last.map { samples.timestamps[$0] }
        let lastHistogram = presentHistograms.last.map { samples.histograms[$0].timestamp }
        let last = Swift.max(lastFloat ?? .min, lastHistogram ?? .min)
        if !present.isEmpty || !presentHistograms.isEmpty {
            append(.count, last, Double(present.count + presentHistograms.count))
        }
        foldFloats(samples, present)
        foldHistograms(samples.histograms, presentHistograms)
        if let index = floats.last, StaleMarker.matches(samples.values[index]), samples.timestamps[index] > last {
            append(.last, samples.timestamps[index], samples.values[index])
        }
        if let index = histograms.last, samples.histograms[index].histogram.isStaleMarker, samples.histograms[index].timestamp > last {
            append(.last, samples.histograms[index])
        }
    }

    private mutating func foldFloats(_ samples: SampleColumns, _ present: [Int]) {
        guard let first = present.first, let last = present.last else { return }
        let time = samples.timestamps[last]
        var sum = KahanSum(samples.values[first])
        var (least, greatest, resets) = (samples.values[first], samples.values[first], 0.0)
        var previous = samples.values[first]
        for index in present.dropFirst() {
            let value = samples.values[index]
            sum.add(value)
            if value < least || least.isNaN { least = value }
            if value > greatest || greatest.isNaN { greatest = value }
            if value < previous { resets += previous }
            previous = value
        }
        append(.sum, time, sum.total)
        append(.min, time, least)
        append(.max, time, greatest)
        if first != last { append(.first, samples.timestamps[first], samples.values[first]) }
        append(.last, time, samples.values[last])
        if resets != 0 { append(.resets, time, resets) }
    }

    private mutating func foldHistograms(_ samples: [HistogramSample], _ present: [Int]) {
        guard let first = present.first, let last = present.last else { return }
        let time = samples[last].timestamp
        var sum: HistogramSum? = HistogramSum(samples[first].histogram)
        var resets: HistogramSum?
        for (previous, index) in zip(present, present.dropFirst()) {
            let histogram = samples[index].histogram
            // What does not go together has no sum, here as in PromQL.
            do { _ = try sum?.add(histogram) } catch { sum = nil }
            if histogram.resetHint != .gauge, histogram.isReset(since: samples[previous].histogram) {
                do { if try resets?.add(samples[previous].histogram) == nil { resets = HistogramSum(samples[previous].histogram) } } catch {
                    resets = nil
                }
            }
        }
        if let sum { append(.sum, HistogramSample(timestamp: time, histogram: sum.total.gauge)) }
        if first != last { append(.first, samples[first].alone) }
        append(.last, samples[last].alone)
        if let resets { append(.resets, HistogramSample(timestamp: time, histogram: resets.total.gauge)) }
    }

    private mutating func append(_ role: RollupRole, _ time: Timestamp, _ value: Double) { columns[role.rawValue].append(time, value) }

    private mutating func append(_ role: RollupRole, _ sample: HistogramSample) { columns[role.rawValue].histograms.append(sample) }
}

extension HistogramSample {
    /// Without what its hint says of the sample before it, which is another one now.
    fileprivate var alone: HistogramSample {
        var sample = self
        if sample.histogram.resetHint != .gauge { sample.histogram.resetHint = .unknown }
        return sample
    }
}

extension NativeHistogram {
    fileprivate var gauge: NativeHistogram {
        var histogram = self
        histogram.resetHint = .gauge
        return histogram
    }
}
