internal import LabelMatching
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension MetricStorage {
    /// What names, values and series are looked up with in rollups: never where there are samples.
    static func useOfLabels(in range: TimeRange) -> SampleUse {
        // Windows that end beside all buckets make nothing of rollups where samples are there.
        SampleUse(.presence, window: .max, firstEnd: 1, step: 0, count: 1)
    }

    /// Lends the index of each rollup shard that speaks for times of a range whose samples are gone, with the series of it that have something
    /// there. A series stands for each of those that were rolled up.
    func forEachRollupIndex(
        _ range: TimeRange, _ effort: LookupEffort, _ notes: LookupNotes?, _ body: (ShardIndex, _ present: [UInt32]) throws -> Void
    ) throws(MetricStorageError) {
        guard mayBeGone(range), let rollups = try rollupShards(for: MetricStorage.useOfLabels(in: range), in: range, besides: [], effort)
        else { return }
        let gone = goneRanges(of: rollups.plan)
        for (resolution, snapshot) in rollups.shards {
            let ranges = gone.filter { $0.resolution == resolution }.map(\.range)
            guard !ranges.isEmpty else { continue }
            do {
                let index = index(of: snapshot, effort)
                let all = try index.series(name: RollupRole.label, value: RollupRole.last.name)
                let present = SeriesList.normalized(
                    ranges.flatMap { snapshot.contents.series(all, withPagesFrom: $0.start, through: $0.end) })
                if !present.isEmpty { try body(index, present) }
                for range in ranges { notes?.noteRollups(resolution, range) }
            } catch {
                let problem = try problem(with: snapshot.shard, error)
                notes?.warn(problem)
            }
        }
    }

    /// Whether samples of a range may be gone that rollups stand for.
    func mayBeGone(_ range: TimeRange) -> Bool {
        if !keeping.rules.isEmpty { return true }
        return lostDay.map { range.start <= RollupResolution.times(ofDay: $0).end } ?? false
    }

    /// The times that rollups speak for, whatever series they are of.
    private func goneRanges(of plan: RollupPlan) -> [(resolution: RollupResolution, range: TimeRange)] {
        Set(segments(of: plan).values.flatMap { $0 }).compactMap { segment in segment.resolution.map { ($0, segment.range) } }
            .sorted { ($0.1.start, $0.1.end) < ($1.1.start, $1.1.end) }
    }
}
