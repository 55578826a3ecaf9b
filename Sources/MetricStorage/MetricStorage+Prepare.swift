internal import ShardStorage
public import TelemetryModel

extension MetricStorage {
    /// How many of the newest shards are prepared: dashboards ask for today and yesterday.
    private static let preparedShards = 2
    /// Bytes of the newest files that the system is asked to read ahead.
    private static let preparedFileBytes = 64 << 20

    /// Reads what the first queries after a start will want, as far as the caches have room: index, label sets and newest pages of the newest
    /// shards, the most wanted first.
    ///
    /// Nothing depends on it, so that what cannot be read is left to the query that needs it.
    ///
    /// - Parameter isEnough: asked between small steps; preparing ends once it is true.
    public func prepare(until isEnough: () -> Bool) {
        let days = Array(catalog.days.suffix(MetricStorage.preparedShards).reversed())
        var bytesLeft = MetricStorage.preparedFileBytes
        for day in days { bytesLeft -= FileOperations.readAhead(catalog.path(day: day), bytesMax: bytesLeft) }
        var snapshots: [ShardSnapshot] = []
        for day in days where !isEnough() {
            guard let shard = try? catalog.shard(day: day) else { continue }
            // Two connections, for that is how many a query on two threads uses.
            _ = try? shard.read { _ in try shard.read { _ in } }
            snapshots.append(shard.snapshot())
            prepareIndex(of: snapshots[snapshots.count - 1], until: isEnough)
        }
        for (place, snapshot) in snapshots.enumerated() {
            prepareLabels(of: snapshot, until: isEnough)
            if place == 0 { preparePages(of: snapshot, until: isEnough) }
        }
    }

    /// A metric of few series in the newest shard, and a time at which the shard has samples; nil where there is none.
    public func smallMetric() -> (name: String, time: Timestamp)? {
        guard let day = catalog.days.last, let snapshot = try? catalog.shard(day: day)?.snapshot(),
            let time = snapshot.contents.pages.map(\.maxTime).max(),
            let names = try? index(of: snapshot, .full).values(of: LabelName.metricName),
            let small = (0..<names.count).first(where: { names.series($0).count <= LookupEffort.briefSeriesMax })
        else { return nil }
        return (names.withValue(small) { String(decoding: $0, as: UTF8.self) }, time)
    }

    private func prepareIndex(of snapshot: ShardSnapshot, until isEnough: () -> Bool) {
        let index = index(of: snapshot, .full)
        guard let names = try? index.names() else { return }
        for name in names where !isEnough() && indexCache.memoryBytes < options.indexCacheBytesMax / 4 {
            _ = try? index.values(of: String(decoding: name, as: UTF8.self))
        }
    }

    private func prepareLabels(of snapshot: ShardSnapshot, until isEnough: () -> Bool) {
        for first in stride(from: 0, to: snapshot.contents.seriesCount, by: Shard.seriesPerGroup) {
            if isEnough() || indexCache.memoryBytes > options.indexCacheBytesMax / 8 * 7 { return }
            _ = try? labels(ofGroup: UInt32(first), snapshot, .full)
        }
    }

    private func preparePages(of snapshot: ShardSnapshot, until isEnough: () -> Bool) {
        for page in snapshot.contents.pages.sorted(by: { $0.maxTime > $1.maxTime }) {
            if isEnough() || pageCache.memoryBytes > options.pageCacheBytesMax / 4 * 3 { return }
            _ = try? pageCache.page(page, of: snapshot, .full)
        }
    }
}
