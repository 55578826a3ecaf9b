public import Ingestion
public import Logging
public import NIOCore
public import NIOPosix
public import PerchMetrics
internal import Synchronization

/// What scrape loops need of the world around them.
public struct ScrapeEnvironment: Sendable {
    /// Where samples go.
    public var storage: any MetricAppending
    /// Where connections live.
    public var eventLoopGroup: any EventLoopGroup
    /// Where pages are read and appended, and files are read.
    public var threadPool: NIOThreadPool
    public var clock: ScrapeClock
    public var logger: Logger
    /// What targets are told that we are, such as `Perch/1.2`.
    public var userAgent: String
    /// Mixed into the offset of every target, so that two servers with the same targets scrape at different times.
    public var offsetSeed: UInt64
    /// Told of every scrape that failed of a job with a ``ScrapeJob/failureLogFile``.
    public var failureLog: @Sendable (ScrapeFailureRecord) -> Void = { _ in }
    /// Told of every scrape once it has ended.
    public var ended: (@Sendable (EndedScrape) -> Void)?
    let instruments: ScrapeInstruments
    let buffers = ScrapeBuffers()

    public init(
        storage: any MetricAppending, eventLoopGroup: any EventLoopGroup, threadPool: NIOThreadPool, logger: Logger,
        registry: MetricRegistry,
        userAgent: String, clock: ScrapeClock = .system, offsetSeed: UInt64 = 0
    ) {
        self.storage = storage
        self.eventLoopGroup = eventLoopGroup
        self.threadPool = threadPool
        self.clock = clock
        self.logger = logger
        self.userAgent = userAgent
        self.offsetSeed = offsetSeed
        instruments = ScrapeInstruments(registry: registry)
    }
}

/// A scrape that has ended.
public struct EndedScrape: Sendable, Hashable {
    public let job: String
    public let url: String
    public let seconds: Double
    public let samples: Int
    /// Why it failed; nil where it did not.
    public let failure: String?
}

/// A scrape that failed.
public struct ScrapeFailureRecord: Sendable, Hashable {
    /// The file that it is to be told of in.
    public let file: String
    /// `job_name`.
    public let job: String
    /// The address that was asked.
    public let url: String
    /// Why, in one line.
    public let reason: String
}

/// Buffers that are lent to one scrape at a time: a few serve all targets.
final class ScrapeBuffers: Sendable {
    private let pages = Mutex<[[UInt8]]>([])
    private let workspaces = Mutex<[ScrapeWorkspace]>([])

    private static let buffersMax = 32
    private static let pageBytesMax = 4 << 20

    func takePage() -> [UInt8] { pages.withLock { $0.popLast() } ?? [] }

    func give(_ page: consuming [UInt8]) {
        if page.capacity > ScrapeBuffers.pageBytesMax || page.capacity == 0 { return }
        page.removeAll(keepingCapacity: true)
        let page = page
        pages.withLock { if $0.count < ScrapeBuffers.buffersMax { $0.append(page) } }
    }

    func takeWorkspace() -> ScrapeWorkspace { workspaces.withLock { $0.popLast() } ?? ScrapeWorkspace() }

    func give(_ workspace: consuming ScrapeWorkspace) {
        workspace.clear()
        let workspace = workspace
        workspaces.withLock { if $0.count < ScrapeBuffers.buffersMax { $0.append(workspace) } }
    }
}

/// What Perch shows of its scraping.
struct ScrapeInstruments: Sendable {
    let succeeded: Counter
    let failed: [ScrapeFailure.Code: Counter]
    let samples: Counter
    let pageBytes: Counter
    let newSeries: Counter
    let samplesRejected: Counter
    let seriesRefused: Counter
    let missedTicks: Counter
    let lateness: Histogram
    let duration: Histogram

    init(registry: MetricRegistry) {
        succeeded = registry.counter("perch_scraping_scrapes_total", help: "Scrapes that succeeded.")
        let failures = registry.counters("perch_scraping_failures_total", help: "Scrapes that failed, by reason.", labelNames: "reason")
        failed = Dictionary(uniqueKeysWithValues: ScrapeFailure.Code.allCases.map { ($0, failures.with($0.rawValue)) })
        samples = registry.counter("perch_scraping_samples_total", help: "Samples on scraped pages.")
        pageBytes = registry.counter("perch_scraping_page_bytes_total", help: "Bytes of scraped pages, decompressed.", unit: "bytes")
        newSeries = registry.counter("perch_scraping_series_added_total", help: "Series that a target showed for the first time.")
        samplesRejected = registry.counter(
            "perch_scraping_samples_rejected_total", help: "Scraped samples that storage refused, such as for their age.")
        seriesRefused = registry.counter(
            "perch_scraping_series_refused_total", help: "New series that were left out because their target began too many (series_limit)."
        )
        missedTicks = registry.counter("perch_scraping_missed_ticks_total", help: "Scrapes left out since the one before took too long.")
        lateness = registry.histogram(
            "perch_scraping_lateness_seconds", help: "Delay between the time a scrape is due and its start.", unit: "seconds")
        duration = registry.histogram("perch_scraping_duration_seconds", help: "Time that scrapes take.", unit: "seconds")
    }
}
