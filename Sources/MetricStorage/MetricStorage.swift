internal import Compression
internal import Dispatch
internal import ShardStorage
internal import Synchronization
public import TelemetryModel

/// The metrics of one Perch: takes samples, keeps them safe and small, and finds them again.
///
/// Every method may be called from any thread, and blocks until it is done: call them from a thread pool, not from an event loop.
/// An append is durable, and seen by every later select, when it returns.
public final class MetricStorage: Sendable {
    /// The folder with the journal and the shards.
    public let directory: String
    let options: MetricStorageOptions
    let keeping: SeriesKeeping
    let clock: @Sendable () -> Timestamp
    let head: Head
    let journal: Journal
    let backlog: JournalBacklog
    let catalog: ShardCatalog
    let rollups: Rollups
    let metadataTable: MetadataTable
    let pageCache: PageCache
    let indexCache: IndexCache
    let counters = StorageCounters()
    let damage: DamageReports
    let changes = ChangeNotes()
    /// Held by the one thread that seals, merges or deletes.
    let maintenance = Mutex(MaintenanceState())
    /// Held by the one thread that scrubs; taken before ``maintenance``.
    let scrubState: Mutex<ShardScrub>
    /// What answers that touch a day have to say of it.
    let damageNotes: Mutex<[Int: [String]]>
    private let lock: DirectoryLock
    private let background: BackgroundWork
    private let isClosed = Atomic<Bool>(false)
    private let isStarted = Atomic<Bool>(false)
    /// Empty while nothing is being prepared for the first queries.
    private let preparation = DispatchGroup()
    let isStartInterrupted = Atomic<Bool>(false)
    /// Held by the one thread that reads the journal back.
    private let starting = Mutex<Void>(())

    /// Opens the storage in a folder, creating it where it is missing, and reads the journal back.
    ///
    /// - Parameter clock: the present in milliseconds since 1970.
    /// - Throws: ``MetricStorageError``: `directoryInUse`, `unsupportedVersion`, `inputOutput`.
    public init(
        directory: String, options: MetricStorageOptions = MetricStorageOptions(), clock: @escaping @Sendable () -> Timestamp
    ) throws(MetricStorageError) {
        self.directory = directory
        self.options = options
        keeping = SeriesKeeping(age: options.retention, rules: options.retentionRules)
        self.clock = clock
        let position = ScrubPosition(directory: directory)
        scrubState = Mutex(ShardScrub(position: position))
        damageNotes = Mutex(position.notes)
        do {
            lock = try DirectoryLock(directory: directory)
            let (changes, report) = (changes, options.report)
            let damage = DamageReports {
                changes.note(file: $0)
            } tell: {
                report(.damaged(file: $0, reason: $1))
            }
            self.damage = damage
            catalog = try ShardCatalog(directory: directory, signal: "metrics") { damage.report($0.path, $0.message) }
            rollups = try Rollups(directory: directory, keeping: options.rollups, damage: damage)
            journal = try Journal(
                directory: directory, syncsEveryAppend: options.journalSync == nil, leastNumber: UInt64(max(clock(), 1)))
            for error in journal.setAside { damage.report(error.path, error.message) }
            backlog = try JournalBacklog(
                journal: journal, directory: directory + "/.unsent", count: MetricStorage.sampleCount(ofPayload:)
            ) { damage.report($0.path, $0.message) }
            metadataTable = try MetricStorage.openMetadata(directory, options, damage)
        } catch {
            throw MetricStorageError(error, path: directory)
        }
        pageCache = PageCache(bytesMax: options.pageCacheBytesMax)
        indexCache = IndexCache(bytesMax: options.indexCacheBytesMax)
        head = Head(firstSegment: journal.currentSegment, now: clock())
        background = BackgroundWork()
        findLostDays()
        if options.preparesQueries { prepareInBackground() }
        if options.startsAtOnce { try start() }
    }

    private func prepareInBackground() {
        preparation.enter()
        background.run("perch.metrics.prepare", qos: .userInitiated) { [preparation, weak self] in
            self?.prepare { self?.isClosed.load(ordering: .relaxed) ?? true }
            preparation.leave()
        }
    }

    /// Waits until what the first queries will want is in memory, where opening began to read it.
    ///
    /// - Parameter milliseconds: how long to wait at most.
    public func waitUntilPrepared(milliseconds: Int) { _ = preparation.wait(timeout: .now() + .milliseconds(milliseconds)) }

    /// Reads the journal back, where opening did not, and begins to work. ``replayProgress`` says meanwhile how far it is.
    ///
    /// - Throws: ``MetricStorageError``: `closed` where the storage is closed, or the start interrupted, meanwhile.
    public func start() throws(MetricStorageError) {
        try starting.withLock { _ throws(MetricStorageError) in
            if isStarted.load(ordering: .acquiring) { return }
            if isClosed.load(ordering: .acquiring) { throw MetricStorageError(.closed, "the storage is closed") }
            try replay()
            isStarted.store(true, ordering: .releasing)
            if options.runsInBackground { startBackgroundWork() }
        }
    }

    deinit { background.cancel() }

    /// A damaged file is set aside: senders tell what is known of families again and again.
    private static func openMetadata(_ directory: String, _ options: MetricStorageOptions, _ damage: DamageReports) throws -> MetadataTable
    {
        let path = directory + "/metadata.sqlite"
        let damaged: (String) -> Void = { damage.report(path, $0) }
        do { return try MetadataTable(path: path, familiesMax: options.metadataFamiliesMax, damaged: damaged) } catch {
            let told = try DatabaseFile.setAside(path, becauseOf: error)
            damage.report(told.path, told.message)
            return try MetadataTable(path: path, familiesMax: options.metadataFamiliesMax, damaged: damaged)
        }
    }

    private func startBackgroundWork() {
        background.repeatWork("perch.metrics.maintenance", qos: .utility, every: 200) { [weak self] in self?.maintainReporting() }
        background.repeatWork("perch.metrics.rollups", qos: .utility, every: 1000) { [weak self] in self?.rollUpReporting() }
        background.repeatWork("perch.metrics.scrub", qos: .background, every: 1000) { [weak self] in self?.scrubReporting() }
        if let milliseconds = options.journalSync {
            background.repeatWork("perch.metrics.sync", qos: .userInitiated, every: Int(milliseconds)) { [weak self] in
                self?.syncReporting()
            }
        }
    }

    private func scrubReporting() {
        let bytes = scrubBytesPerSecond
        guard bytes > 0 else { return }
        do { try scrub(bytes: bytes) } catch { options.report(.failed(work: "scrub", reason: error.message)) }
    }

    private func maintainReporting() {
        do { try maintainHeadAndShards() } catch { options.report(.failed(work: "maintenance", reason: error.message)) }
    }

    private func rollUpReporting() {
        do { try rollUp(untilAtRest: false) } catch { options.report(.failed(work: "rollups", reason: "\(error)")) }
    }

    private func syncReporting() {
        do { try journal.sync() } catch { options.report(.failed(work: "journal sync", reason: error.message)) }
    }

    func checkOpen() throws(MetricStorageError) {
        if isClosed.load(ordering: .acquiring) { throw MetricStorageError(.closed, "the storage is closed") }
        if !isStarted.load(ordering: .acquiring) { throw MetricStorageError(.starting, "the journal is being read back") }
    }

    /// Makes a ``start()`` that is under way or to come end at the next entry of the journal. The storage can only be closed then.
    public func interruptStart() { isStartInterrupted.store(true, ordering: .relaxed) }

    /// How far the reading back of the journal is.
    public var replayProgress: JournalReplayProgress {
        JournalReplayProgress(
            state: isStarted.load(ordering: .acquiring) ? .done : counters.isReplaying.load(ordering: .relaxed) ? .inProgress : .waiting,
            entries: counters.entriesToReplay.load(ordering: .relaxed), entriesRead: counters.entriesReplayed.load(ordering: .relaxed))
    }

    /// Stops background work and closes all files. What is in the journal is read back at the next start.
    public func close() throws(MetricStorageError) {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        rollups.isStopped.store(true, ordering: .relaxed)
        interruptStart()
        starting.withLock { _ in }
        background.stop()
        // Where the position cannot be kept, the scrub only begins a file again.
        do { try scrubState.withLock { try $0.position.write(to: directory) } } catch {
            options.report(.failed(work: "scrub position", reason: "\(error)"))
        }
        do {
            try maintenance.withLock { _ in
                try backlog.close()
                try journal.sync()
                try journal.close()
                try metadataTable.close()
                try catalog.close()
                try rollups.work.withLock { _ in try rollups.close() }
            }
            lock.release()
        } catch {
            throw MetricStorageError(error, path: directory)
        }
    }

    /// The numbers of this moment.
    public var statistics: MetricStorageStatistics {
        var statistics = counters.statistics
        statistics.activeSeries = head.activeSeriesCount
        statistics.activeLabelBytes = head.activeLabelBytes
        statistics.seriesCreated = head.seriesCreated.load(ordering: .relaxed)
        statistics.seriesRemoved = head.seriesRemoved.load(ordering: .relaxed)
        let generations = head.allGenerations
        statistics.headBytes = generations.reduce(0) { $0 + $1.memoryBytes.load(ordering: .relaxed) }
        statistics.headSamples = generations.reduce(0) { $0 + $1.samples.load(ordering: .relaxed) }
        statistics.headIndexBytes = head.indexBytes
        let journal = journal.statistics
        statistics.journalSegments = journal.segments
        statistics.journalBytes = journal.allocatedBytes
        statistics.journalRowsWritten = journal.rowsWritten
        statistics.journalBytesWritten = journal.bytesWritten
        statistics.journalSyncs = journal.syncs
        statistics.shards = catalog.days.count
        statistics.shardBytes = catalog.allocatedBytes
        for shard in catalog.openShards {
            let contents = shard.contents
            statistics.pages += contents.pages.count
            for page in contents.pages {
                statistics.pageSamples += page.items
                statistics.pageBytes += page.bytes
            }
        }
        for catalog in rollups.allCatalogs {
            statistics.rollupShards += catalog.days.count
            statistics.rollupBytes += catalog.allocatedBytes
        }
        statistics.damagedFiles = damage.fileCount
        (statistics.pagesRead, statistics.pageCacheHits) = pageCache.statistics
        statistics.pageCacheBytes = pageCache.memoryBytes
        statistics.indexCacheBytes = indexCache.memoryBytes
        return statistics
    }
}
