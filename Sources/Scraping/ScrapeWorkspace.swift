internal import ExpositionFormat
internal import MetricStorage
internal import TelemetryModel

/// The buffers that a scrape needs only while its page is read; few of them serve all targets.
struct ScrapeWorkspace: Sendable {
    var batch = MetricBatch()
    var decoder = SeriesTextDecoder()
    /// The packed labels of a new series.
    var packed: [UInt8] = []
    /// What the page's last `# TYPE` says.
    var family: (name: String, type: MetricType) = ("", .unknown)
    /// The classic histogram that is being put together.
    var gathering = PageReading.Gathering()
    /// Which series of the cache each series of the batch is.
    var seriesNumbers: [Int] = []
    /// Whether the family's series may have a `_created` line.
    var familyTellsStarts = false

    /// Forgets what belongs to the page before.
    mutating func beginPage() {
        family = ("", .unknown)
        familyTellsStarts = false
        gathering = PageReading.Gathering()
    }

    mutating func clear() {
        batch.removeAll()
        packed.removeAll(keepingCapacity: true)
        seriesNumbers.removeAll(keepingCapacity: true)
    }
}
