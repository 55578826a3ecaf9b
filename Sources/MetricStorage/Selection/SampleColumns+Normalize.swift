internal import TelemetryModel

/// Columns under construction gather samples of one series from several places, older writes before newer ones.
extension SampleColumns {
    /// Gets empty columns ready to share their times with others, as those of a page do: memory kept for times of their own would be lost.
    mutating func shareTimes() { timestamps = [] }

    /// Puts the samples in rising order of time; of several at one time the one written last stays, and a histogram before a float.
    ///
    /// - Parameter floatsRise: whether that is known of the floats.
    mutating func normalize(floatsRise: Bool = false) {
        if !floatsRise { normalizeFloats() }
        normalizeHistograms()
        guard !histograms.isEmpty, !timestamps.isEmpty else { return }
        let taken = Set(histograms.map(\.timestamp))
        guard timestamps.contains(where: taken.contains) else { return }
        var kept = 0
        for index in timestamps.indices where !taken.contains(timestamps[index]) {
            timestamps[kept] = timestamps[index]
            values[kept] = values[index]
            kept += 1
        }
        timestamps.removeSubrange(kept...)
        values.removeSubrange(kept...)
    }

    /// Removes what is outside of a range.
    ///
    /// - Precondition: the columns are in order of time.
    mutating func trim(to range: TimeRange) {
        if let last = timestamps.last, last > range.end {
            let end = timestamps.partitionIndex { $0 > range.end }
            timestamps.removeSubrange(end...)
            values.removeSubrange(end...)
        }
        if let first = timestamps.first, first < range.start {
            let start = timestamps.partitionIndex { $0 >= range.start }
            timestamps.removeSubrange(..<start)
            values.removeSubrange(..<start)
        }
        if !histograms.isEmpty { histograms.removeAll { !range.contains($0.timestamp) } }
    }

    private mutating func normalizeFloats() {
        guard !timestamps.isStrictlyRising else { return }
        // Ties keep the order of writing, so that the last of them is the newest.
        let order = timestamps.indices.sorted { (timestamps[$0], $0) < (timestamps[$1], $1) }
        var sortedTimestamps: [Timestamp] = []
        var sortedValues: [Double] = []
        sortedTimestamps.reserveCapacity(order.count)
        sortedValues.reserveCapacity(order.count)
        for index in order {
            if sortedTimestamps.last == timestamps[index] {
                sortedValues[sortedValues.count - 1] = values[index]
            } else {
                sortedTimestamps.append(timestamps[index])
                sortedValues.append(values[index])
            }
        }
        timestamps = sortedTimestamps
        values = sortedValues
    }

    private mutating func normalizeHistograms() {
        guard histograms.count > 1, !histograms.map(\.timestamp).isStrictlyRising else { return }
        let order = histograms.indices.sorted { (histograms[$0].timestamp, $0) < (histograms[$1].timestamp, $1) }
        var sorted: [HistogramSample] = []
        for index in order {
            if sorted.last?.timestamp == histograms[index].timestamp {
                sorted[sorted.count - 1] = histograms[index]
            } else {
                sorted.append(histograms[index])
            }
        }
        histograms = sorted
    }
}

extension [Timestamp] {
    /// Whether each time is greater than the one before.
    fileprivate var isStrictlyRising: Bool {
        withUnsafeBufferPointer { times in
            var index = 1
            while index < times.count {
                if times[index] <= times[index - 1] { return false }
                index += 1
            }
            return true
        }
    }

    /// The first index from which on all elements pass; the elements that pass must be at the end.
    fileprivate func partitionIndex(where passes: (Timestamp) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if passes(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
