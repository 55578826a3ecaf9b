internal import Synchronization
internal import TelemetryModel

/// The series that a look-up found in the head, with copies of what they are found by, so that the head may go on.
struct HeadFindings {
    struct Series {
        var head: MetricSelection.HeadSeries
        var hash: UInt64
        var labels: Range<Int>
    }

    let generations: [HeadGeneration]
    private(set) var series: [Series] = []
    private(set) var counts: [MetricSelection.HeadCount] = []
    /// The packed labels of the series, one after the other.
    private(set) var labelBytes: [UInt8] = []

    init(generations: [HeadGeneration]) { self.generations = generations }

    /// Adds those of some series of a partition that have samples.
    mutating func add(_ numbers: [UInt32], _ partition: Int, of head: Head) {
        let first = counts.count
        counts.append(contentsOf: repeatElement(.init(floats: 0, histograms: 0), count: numbers.count * generations.count))
        for (offset, generation) in generations.enumerated() {
            generation.partitions[partition].columns.withLock { columns in
                for (index, number) in numbers.enumerated() {
                    let place = number >> UInt32(SeriesReference.partitionBits)
                    counts[first + index * generations.count + offset] = .init(
                        floats: UInt32(columns.count(place)), histograms: UInt32(columns.histograms[place]?.count ?? 0))
                }
            }
        }
        head.partitions[partition].table.withLock { table in
            for (index, number) in numbers.enumerated() {
                let start = first + index * generations.count
                guard counts[start..<start + generations.count].contains(where: { $0.floats > 0 || $0.histograms > 0 }) else { continue }
                let place = number >> UInt32(SeriesReference.partitionBits)
                guard Int(place) < table.entries.count, table.entries[Int(place)].isLive else { continue }
                let begin = labelBytes.count
                table.withLabels(place) { labelBytes.append(contentsOf: $0) }
                series.append(
                    Series(
                        head: .init(number: number, counts: start), hash: table.entries[Int(place)].hash,
                        labels: begin..<labelBytes.count))
            }
        }
    }
}
