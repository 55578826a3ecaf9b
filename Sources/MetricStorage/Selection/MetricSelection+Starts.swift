internal import ShardStorage
internal import Synchronization
public import TelemetryModel

extension MetricSelection {
    /// When the samples of a series began to be counted, as runs of samples that began together; later written ones behind earlier ones.
    ///
    /// Costs nothing where no sender said so.
    ///
    /// - Throws: ``MetricStorageError`` where a shard cannot be read.
    public func startRuns(of index: Int) throws(MetricStorageError) -> [StartRun] {
        guard hasStarts else { return [] }
        let item = items[index]
        var runs: [StartRun] = []
        try item.forEachShard { (place: ShardSeries) throws(MetricStorageError) in
            let snapshot = snapshots[Int(place.shard)]
            guard snapshot.contents.hasStartRuns else { return }
            do {
                try snapshot.shard.read { reader in
                    try reader.forEachStartRun(of: place.series, from: range.start, through: range.end) { first, last, start in
                        runs.append(StartRun(samples: TimeRange(start: first, end: last), start: start))
                    }
                }
            } catch {
                throw MetricStorageError(ShardStorageError(error, path: snapshot.shard.path), path: snapshot.shard.path)
            }
        }
        if let head = item.head {
            let place = head.number >> UInt32(SeriesReference.partitionBits)
            let partition = Int(head.number) & (SeriesReference.partitionCount - 1)
            for generation in generations {
                runs += generation.partitions[partition].columns.withLock { $0.starts.runs(place) }
            }
        }
        return runs
    }
}
