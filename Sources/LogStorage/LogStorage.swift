internal import ColumnCoding
internal import Dispatch
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

/// The logs of one Perch: takes entries, keeps them safe and small, and finds them again.
///
/// Every method may be called from any thread, and blocks until it is done: call them from a thread pool, not from an event loop.
/// An append is durable, and seen by every later query, when it returns. Times are nanoseconds since 1970.
public final class LogStorage: Sendable {
    /// The folder with the journal and the shards.
    public let directory: String
    let options: LogStorageOptions
    let clock: @Sendable () -> Int64
    let keeping: StreamKeeping
    let head: Head
    let journal: Journal
    let catalog: ShardCatalog
    /// Decompressed parts of blocks, and columns made of them.
    let cache: LogBlockCache
    let duplicates: DuplicateRows
    let dayStreams = DayStreams()
    let counters = LogCounters()
    let damage: DamageReports
    let compressors = LentCompressors(level: 1)
    let tails = TailSubscriptions()
    /// Held by the one thread that seals, merges or deletes.
    let maintenance = Mutex(LogMaintenanceState())
    /// Held by the one thread that scrubs; taken before ``maintenance``.
    let scrubState: Mutex<ShardScrub>
    private let lock: DirectoryLock
    private let background = BackgroundWork()
    private let isClosed = Atomic<Bool>(false)

    /// Opens the storage in a folder, creating it where it is missing, and reads the journal back.
    ///
    /// - Parameter clock: the present in nanoseconds since 1970.
    /// - Throws: ``LogStorageError``: `directoryInUse`, `unsupportedVersion`, `inputOutput`.
    public init(
        directory: String, options: LogStorageOptions = LogStorageOptions(), clock: @escaping @Sendable () -> Int64
    ) throws(LogStorageError) {
        self.directory = directory
        self.options = options
        self.clock = clock
        keeping = StreamKeeping(age: options.retention, rules: options.retentionRules)
        scrubState = Mutex(ShardScrub(position: ScrubPosition(directory: directory)))
        do {
            lock = try DirectoryLock(directory: directory)
            let report = options.report
            let damage = DamageReports(tell: { report(.damaged(file: $0, reason: $1)) })
            self.damage = damage
            catalog = try ShardCatalog(directory: directory, signal: LogStorage.signal) { damage.report($0.path, $0.message) }
            let milliseconds = clock() / 1_000_000
            journal = try Journal(
                directory: directory, syncsEveryAppend: options.journalSync == nil, leastNumber: UInt64(max(milliseconds, 1)))
            for error in journal.setAside { damage.report(error.path, error.message) }
            head = Head(firstSegment: journal.currentSegment, now: milliseconds) { damage.report(directory, $0) }
        } catch {
            throw LogStorageError(error, path: directory)
        }
        cache = LogBlockCache(bytesMax: options.columnCacheBytesMax)
        duplicates = DuplicateRows()
        try replay()
        if options.runsInBackground { startBackgroundWork() }
    }

    deinit { background.cancel() }

    /// What shards say that they hold.
    static let signal = "logs"

    /// Milliseconds since 1970.
    var now: Int64 { clock() / 1_000_000 }

    private func startBackgroundWork() {
        background.repeatWork("perch.logs.maintenance", qos: .utility, every: 50) { [weak self] in
            self?.reporting("maintenance") { (storage) throws(LogStorageError) in try storage.maintain() }
        }
        background.repeatWork("perch.logs.scrub", qos: .background, every: 1000) { [weak self] in
            self?.reporting("scrub") { (storage) throws(LogStorageError) in try storage.scrubForASecond() }
        }
        if let milliseconds = options.journalSync {
            background.repeatWork("perch.logs.sync", qos: .userInitiated, every: Int(milliseconds)) { [weak self] in
                self?.reporting("journal sync") { (storage) throws(LogStorageError) in try storage.sync() }
            }
        }
    }

    private func reporting(_ work: String, _ body: (LogStorage) throws(LogStorageError) -> Void) {
        do { try body(self) } catch { options.report(.failed(work: work, reason: error.message)) }
    }

    func checkOpen() throws(LogStorageError) {
        if isClosed.load(ordering: .acquiring) { throw LogStorageError(.closed, "the storage is closed") }
    }

    /// Waits until everything that was acknowledged so far is on the disk, where the loss of power cannot take it.
    ///
    /// Where ``LogStorageOptions/runsInBackground`` is set, this happens by itself, as often as ``LogStorageOptions/journalSync`` says.
    public func sync() throws(LogStorageError) {
        try checkOpen()
        do { try journal.sync() } catch { throw LogStorageError(error, path: directory) }
    }

    /// Stops background work and closes all files. What is in the journal is read back at the next start.
    public func close() throws(LogStorageError) {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        background.stop()
        tails.endAll()
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
            throw LogStorageError(error, path: directory)
        }
    }

    /// The numbers of this moment.
    public var statistics: LogStorageStatistics {
        var statistics = counters.statistics
        let generations = head.all
        statistics.headEntries = head.entryCount
        statistics.headBytes = head.memoryBytes
        statistics.headStreams = generations.reduce(0) { $0 + $1.streamCount }
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
                statistics.blockEntries += page.items
                statistics.blockBytes += page.bytes
            }
        }
        statistics.damagedFiles = damage.fileCount
        (statistics.columnsRead, statistics.columnCacheHits) = cache.statistics
        (statistics.tails, statistics.tailEntriesLost) = tails.statistics
        return statistics
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
