internal import Synchronization
internal import TelemetryModel

/// What one journal segment holds, in memory: the samples that came between two rotations of the head.
final class HeadGeneration: Sendable {
    /// One partition's samples behind their lock.
    final class Partition: Sendable {
        let columns = Mutex(HeadColumns())
    }

    /// The number of its journal segment.
    let number: UInt64
    /// Counts the generations of this process from 1.
    let ordinal: UInt32
    /// The clock when it began.
    let started: Timestamp
    let partitions: [Partition]
    /// Appends that entered and have not left.
    let inFlight = Atomic<Int>(0)
    let memoryBytes = Atomic<Int>(0)
    let samples = Atomic<Int>(0)

    init(number: UInt64, ordinal: UInt32, started: Timestamp) {
        self.number = number
        self.ordinal = ordinal
        self.started = started
        partitions = (0..<SeriesReference.partitionCount).map { _ in Partition() }
    }

    /// Appends the samples of a batch.
    ///
    /// - Parameters:
    ///   - references: the place of each series.
    ///   - order: the series grouped by partition, in the order of the batch within each group.
    ///   - bounds: where each partition's group begins in `order`, and the end.
    func append(_ batch: MetricBatch, references: [SeriesReference], order: [Int32], bounds: [Int], exemplarsMax: Int) {
        var addedBytes = 0
        var addedSamples = 0
        let hasMore = batch.histogramCount + batch.exemplarCount > 0
        for partition in 0..<partitions.count where bounds[partition] < bounds[partition + 1] {
            partitions[partition].columns.withLock { columns in
                let bytes = columns.memoryBytes
                let samples = columns.samples
                for index in bounds[partition]..<bounds[partition + 1] {
                    let series = Int(order[index])
                    let place = references[series].place
                    columns.append(place, batch.timestamps, batch.values, batch.sampleRange(series))
                    if hasMore {
                        for index in batch.histogramRange(series) { columns.append(place, batch.histograms[index]) }
                        for index in batch.exemplarRange(series) {
                            columns.append(place, batch.exemplars[index], countMax: exemplarsMax)
                        }
                    }
                }
                addedBytes += columns.memoryBytes - bytes
                addedSamples += columns.samples - samples
            }
        }
        for run in batch.startRuns {
            let reference = references[run.series]
            partitions[reference.partition].columns.withLock { columns in
                let bytes = columns.memoryBytes
                columns.append(reference.place, run.run, count: run.count)
                addedBytes += columns.memoryBytes - bytes
            }
        }
        memoryBytes.add(addedBytes, ordering: .relaxed)
        samples.add(addedSamples, ordering: .relaxed)
    }

    /// Whether any sample says when it began to be counted.
    var hasStarts: Bool { partitions.contains { $0.columns.withLock { !$0.starts.isEmpty } } }

    /// The range of times of all samples; nil where there are none.
    var timeRange: TimeRange? {
        var range = TimeRange(start: .max, end: .min)
        for partition in partitions {
            partition.columns.withLock { columns in
                range.start = min(range.start, columns.minTime)
                range.end = max(range.end, columns.maxTime)
            }
        }
        return range.start <= range.end ? range : nil
    }
}
