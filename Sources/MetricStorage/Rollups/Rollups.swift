internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// The rollup shards of a storage and what is to be done to them.
final class Rollups: Sendable {
    /// Rollups of one day.
    struct Task: Sendable, Hashable {
        var resolution: RollupResolution
        var day: Int
    }

    struct State: Sendable {
        /// When a state of a day's samples was first seen.
        var seen: [Int: (mark: RollupMark, since: Timestamp)] = [:]
        /// Months with pages that wait for a merge or for readers to let go of them.
        var monthsToMerge: Set<Task> = []
    }

    let keeping: [RollupKeeping]
    private let catalogs: [RollupResolution: ShardCatalog]
    /// Held by the one thread that writes rollups.
    let work = Mutex(State())
    /// What could not be made, with the state of the samples that it could not be made of.
    private let failures = Mutex<[Task: RollupMark]>([:])
    let isStopped = Atomic<Bool>(false)
    /// The last day whose samples went while rollups stayed; `Int.min` for none. Samples of it and of days before are refused, as
    /// a part of a day must not take the place of its rollups.
    let lostDay = Atomic<Int>(.min)

    init(directory: String, keeping: [RollupKeeping], damage: DamageReports) throws(ShardStorageError) {
        self.keeping = keeping.sorted { $0.resolution.rawValue < $1.resolution.rawValue }
        var catalogs: [RollupResolution: ShardCatalog] = [:]
        for resolution in keeping.map(\.resolution) {
            catalogs[resolution] = try ShardCatalog(
                directory: directory, signal: resolution.signal, prefix: resolution.filePrefix
            ) { damage.report($0.path, $0.message) }
        }
        self.catalogs = catalogs
    }

    /// The resolutions that rollups are made of, the finest first.
    var resolutions: [RollupResolution] { keeping.map(\.resolution) }

    func catalog(_ resolution: RollupResolution) -> ShardCatalog? { catalogs[resolution] }

    var allCatalogs: [ShardCatalog] { resolutions.compactMap { catalogs[$0] } }

    /// The shard that a day's rollups are in; nil where there is none.
    func shard(_ resolution: RollupResolution, day: Int) throws(ShardStorageError) -> Shard? {
        try catalogs[resolution]?.shard(day: ShardCatalog.month(ofDay: day).lowerBound)
    }

    /// The state of the samples that a day's rollups were made of; nil where they are missing or not whole.
    func mark(_ resolution: RollupResolution, day: Int) -> RollupMark? {
        // A shard that cannot be opened has no rollups to give.
        guard let shard = try? shard(resolution, day: day) else { return nil }
        return shard.contents.marks[day]
    }

    func noteFailure(_ task: Task, _ mark: RollupMark) { failures.withLock { $0[task] = mark } }

    func hasFailed(_ task: Task, _ mark: RollupMark) -> Bool { failures.withLock { $0[task] == mark } }

    func close() throws(ShardStorageError) { for catalog in allCatalogs { try catalog.close() } }
}
