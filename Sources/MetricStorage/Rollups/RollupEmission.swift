internal import TelemetryModel

/// Turns what a rollup has of a series into samples that a query makes the right thing of.
struct RollupEmission {
    let use: SampleUse
    let resolution: RollupResolution

    /// Appends the samples.
    ///
    /// - Parameter columns: the columns of the roles that the use needs.
    func emit(_ columns: [RollupRole: SampleColumns], within range: TimeRange, into result: inout SampleColumns) {
        switch use.purpose {
        case .last, .presence, .other: result.append(columns[.last])
        case .lookup: emitLookup(columns[.last] ?? SampleColumns(), range, into: &result)
        case .count: result.append(columns[.count])
        case .sum: result.append(columns[.sum])
        case .minimum: result.append(columns[.min])
        case .maximum: result.append(columns[.max])
        case .mean: emitMeans(columns, into: &result)
        case .increase:
            emitIncreases(columns, into: &result)
            emitHistogramIncreases(columns, into: &result)
        }
    }

    // MARK: Look-ups

    /// The last samples of the buckets; where buckets are longer than a look-up looks back, the value is held until the next one.
    private func emitLookup(_ last: SampleColumns, _ range: TimeRange, into result: inout SampleColumns) {
        result.append(last)
        guard use.window < resolution.milliseconds, !use.isExact(on: resolution) else { return }
        let reach = resolution.milliseconds + use.window
        var next = 0
        for window in 0..<use.count {
            let end = use.firstEnd + Int64(window) * use.step
            guard range.contains(end) else { continue }
            while next < last.timestamps.count, last.timestamps[next] <= end { next += 1 }
            guard next > 0, last.timestamps[next - 1] <= end - use.window, last.timestamps[next - 1] > end - reach,
                !StaleMarker.matches(last.values[next - 1])
            else { continue }
            result.append(end, last.values[next - 1])
        }
    }

    // MARK: Means

    private func emitMeans(_ columns: [RollupRole: SampleColumns], into result: inout SampleColumns) {
        guard let counts = columns[.count], let sums = columns[.sum] else { return }
        let byTime = Dictionary(zip(counts.timestamps, counts.values), uniquingKeysWith: { $1 })
        for (time, sum) in zip(sums.timestamps, sums.values) { result.append(time, sum / (byTime[time] ?? 1)) }
        for sample in sums.histograms {
            var mean = sample
            mean.histogram.divide(by: byTime[sample.timestamp] ?? 1)
            result.histograms.append(mean)
        }
    }

    // MARK: Increases

    /// The first and the last sample of each bucket, and between them, where the counter was reset, the value that it would have had to
    /// reach and zero, so that the increase over the bucket comes out as it was.
    private func emitIncreases(_ columns: [RollupRole: SampleColumns], into result: inout SampleColumns) {
        let last = columns[.last] ?? SampleColumns()
        let first = columns[.first] ?? SampleColumns()
        let resets = columns[.resets] ?? SampleColumns()
        var (nextFirst, nextReset) = (0, 0)
        for (time, value) in zip(last.timestamps, last.values) {
            let bucket = resolution.bucketEnd(time)
            var start: Sample?
            while nextFirst < first.timestamps.count, resolution.bucketEnd(first.timestamps[nextFirst]) <= bucket {
                start = Sample(timestamp: first.timestamps[nextFirst], value: first.values[nextFirst])
                result.append(first.timestamps[nextFirst], first.values[nextFirst])
                nextFirst += 1
            }
            while nextReset < resets.timestamps.count, resets.timestamps[nextReset] < time { nextReset += 1 }
            if let start, nextReset < resets.timestamps.count, resets.timestamps[nextReset] == time {
                emitReset(resets.values[nextReset], from: start, to: Sample(timestamp: time, value: value), into: &result)
            }
            result.append(time, value)
        }
    }

    private func emitReset(_ peak: Double, from first: Sample, to last: Sample, into result: inout SampleColumns) {
        if last.value < peak {
            // The fall from the peak to the last value is the reset.
            if peak != first.value && first.timestamp < last.timestamp - 1 { result.append(last.timestamp - 1, peak) }
        } else if first.timestamp < last.timestamp - 2 {
            if peak != first.value { result.append(last.timestamp - 2, peak) }
            result.append(last.timestamp - 1, 0)
        }
    }

    private func emitHistogramIncreases(_ columns: [RollupRole: SampleColumns], into result: inout SampleColumns) {
        let last = columns[.last]?.histograms ?? []
        let first = columns[.first]?.histograms ?? []
        let resets = columns[.resets]?.histograms ?? []
        var (nextFirst, nextReset) = (0, 0)
        for sample in last {
            let bucket = resolution.bucketEnd(sample.timestamp)
            var start: Timestamp?
            while nextFirst < first.count, resolution.bucketEnd(first[nextFirst].timestamp) <= bucket {
                start = first[nextFirst].timestamp
                result.histograms.append(first[nextFirst])
                nextFirst += 1
            }
            while nextReset < resets.count, resets[nextReset].timestamp < sample.timestamp { nextReset += 1 }
            if let start, start < sample.timestamp - 2, nextReset < resets.count, resets[nextReset].timestamp == sample.timestamp {
                var peak = resets[nextReset].histogram
                peak.resetHint = .notReset
                let zero = NativeHistogram(
                    resetHint: .reset, schema: sample.histogram.schema, zeroThreshold: sample.histogram.zeroThreshold,
                    customBounds: sample.histogram.customBounds)
                result.histograms.append(HistogramSample(timestamp: sample.timestamp - 2, histogram: peak))
                result.histograms.append(HistogramSample(timestamp: sample.timestamp - 1, histogram: zero))
            }
            result.histograms.append(sample)
        }
    }
}

extension SampleColumns {
    mutating func append(_ other: SampleColumns?) {
        guard let other else { return }
        timestamps += other.timestamps
        values += other.values
        histograms += other.histograms
    }

    /// Puts the number 1 in the place of every sample that is no stale marker.
    mutating func countOnes() {
        var ones = SampleColumns()
        for (time, value) in zip(timestamps, values) where !StaleMarker.matches(value) { ones.append(time, 1) }
        for sample in histograms where !sample.histogram.isStaleMarker { ones.append(sample.timestamp, 1) }
        self = ones
        normalize()
    }
}
