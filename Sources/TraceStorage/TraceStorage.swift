internal import ColumnCoding
internal import Dispatch
internal import ShardStorage
internal import Synchronization
public import TelemetryModel

/// The traces of one Perch: takes spans, keeps them safe and small, and finds them again.
///
/// Every method may be called from any thread, and blocks until it is done: call them from a thread pool, not from an event loop.
/// An append is durable, and seen by every later query, when it returns.
public final class TraceStorage: Sendable {
    /// The folder with the journal and the shards.
    public let directory: String
    let options: TraceStorageOptions
    let clock: @Sendable () -> UnixNanoseconds
    let head: Head
    let journal: Journal
    let catalog: ShardCatalog
    /// Compressed and decompressed, what blocks say of their columns.
    let columnCache: SpanBlockCache
    /// What queries read.
    let tableCache: SpanBlockCache
    let splitTraces: SplitTraces
    let tableCuts = TableCuts()
    let keeping: SpanKeeping
    let resourceValues = BlockResourceValues()
    let counters = TraceCounters()
    let damage: DamageReports
    let compressors = JournalCompressors()
    /// Held by the one thread that seals, merges or deletes.
    let maintenance = Mutex(TraceMaintenanceState())
    /// Held by the one thread that scrubs; taken before ``maintenance``.
    let scrubState: Mutex<ShardScrub>
    /// Where columns are made of what was appended.
    let indexing = DispatchQueue(label: "perch.traces.columns", qos: .userInitiated)
    let isIndexingDue = Atomic<Bool>(false)
    private let lock: DirectoryLock
    private let background = BackgroundWork()
    private let isClosed = Atomic<Bool>(false)

    /// Opens the storage in a folder, creating it where it is missing, and reads the journal back.
    ///
    /// - Parameter clock: the present in nanoseconds since 1970.
    /// - Throws: ``TraceStorageError``: `directoryInUse`, `unsupportedVersion`, `inputOutput`.
    public init(
        directory: String, options: TraceStorageOptions = TraceStorageOptions(), clock: @escaping @Sendable () -> UnixNanoseconds
    ) throws(TraceStorageError) {
        self.directory = directory
        self.options = options
        self.clock = clock
        keeping = SpanKeeping(age: options.retention, rules: options.retentionRules)
        scrubState = Mutex(ShardScrub(position: ScrubPosition(directory: directory)))
        do {
            lock = try DirectoryLock(directory: directory)
            let report = options.report
            let damage = DamageReports(tell: { report(.damaged(file: $0, reason: $1)) })
            self.damage = damage
            catalog = try ShardCatalog(directory: directory, signal: TraceStorage.signal) { damage.report($0.path, $0.message) }
            journal = try Journal(
                directory: directory, syncsEveryAppend: options.journalSync == nil, leastNumber: max(clock() / 1_000_000, 1))
            for error in journal.setAside { damage.report(error.path, error.message) }
            head = Head(firstSegment: journal.currentSegment, now: Int64(clock() / 1_000_000)) { damage.report(directory, $0) }
        } catch {
            throw TraceStorageError(error, path: directory)
        }
        columnCache = SpanBlockCache(bytesMax: options.columnCacheBytesMax)
        tableCache = SpanBlockCache(bytesMax: options.tableCacheBytesMax)
        splitTraces = SplitTraces()
        try replay()
        if options.runsInBackground { startBackgroundWork() }
    }

    deinit { background.cancel() }

    /// What shards say that they hold.
    static let signal = "traces"

    /// Milliseconds since 1970.
    var now: Int64 { Int64(clamping: clock() / 1_000_000) }

    private func startBackgroundWork() {
        background.repeatWork("perch.traces.maintenance", qos: .utility, every: 200) { [weak self] in
            self?.reporting("maintenance") { (storage) throws(TraceStorageError) in try storage.maintain() }
        }
        background.repeatWork("perch.traces.scrub", qos: .background, every: 1000) { [weak self] in
            self?.reporting("scrub") { (storage) throws(TraceStorageError) in try storage.scrubForASecond() }
        }
        if let milliseconds = options.journalSync {
            background.repeatWork("perch.traces.sync", qos: .userInitiated, every: Int(milliseconds)) { [weak self] in
                self?.reporting("journal sync") { (storage) throws(TraceStorageError) in try storage.sync() }
            }
        }
    }

    private func reporting(_ work: String, _ body: (TraceStorage) throws(TraceStorageError) -> Void) {
        do { try body(self) } catch { options.report(.failed(work: work, reason: error.message)) }
    }

    func checkOpen() throws(TraceStorageError) {
        if isClosed.load(ordering: .acquiring) { throw TraceStorageError(.closed, "the storage is closed") }
    }

    /// Has columns made of what was appended, soon and on another thread.
    func scheduleColumns() {
        guard options.runsInBackground, !isIndexingDue.exchange(true, ordering: .acquiringAndReleasing) else { return }
        indexing.async { [self] in
            isIndexingDue.store(false, ordering: .releasing)
            for generation in head.all { generation.makeColumns() }
        }
    }

    /// Waits until everything that was acknowledged so far is on the disk, where the loss of power cannot take it.
    ///
    /// Where ``TraceStorageOptions/runsInBackground`` is set, this happens by itself, as often as ``TraceStorageOptions/journalSync`` says.
    public func sync() throws(TraceStorageError) {
        try checkOpen()
        do { try journal.sync() } catch { throw TraceStorageError(error, path: directory) }
    }

    /// Stops background work and closes all files. What is in the journal is read back at the next start.
    public func close() throws(TraceStorageError) {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        background.stop()
        indexing.sync {}
        // Where the position cannot be kept, the scrub only begins a file again.
        do { try scrubState.withLock { try $0.position.write(to: directory) } } catch {
            options.report(.failed(work: "scrub position", reason: "\(error)"))
        }
        do {
            try maintenance.withLock { _ in
                try journal.sync()
                try journal.close()
                try catalog.close()
            }
            lock.release()
        } catch {
            throw TraceStorageError(error, path: directory)
        }
    }

    /// The numbers of this moment.
    public var statistics: TraceStorageStatistics {
        var statistics = counters.statistics
        statistics.headSpans = head.spanCount
        statistics.headBytes = head.memoryBytes
        let journal = journal.statistics
        statistics.journalSegments = journal.segments
        statistics.journalBytes = journal.allocatedBytes
        statistics.journalRowsWritten = journal.rowsWritten
        statistics.journalBytesWritten = journal.bytesWritten
        statistics.journalSyncs = journal.syncs
        statistics.shards = catalog.days.count
        statistics.shardBytes = catalog.allocatedBytes
        for shard in catalog.openShards {
            for page in shard.contents.pages {
                statistics.blocks += 1
                statistics.blockSpans += page.items
                statistics.blockBytes += page.bytes
            }
        }
        statistics.damagedFiles = damage.fileCount
        (statistics.columnsRead, statistics.columnCacheHits) = columnCache.statistics
        return statistics
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
