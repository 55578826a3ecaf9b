internal import ExpositionFormat
internal import MetricStorage

/// The buffers that a scrape needs only while its page is read; few of them serve all targets.
struct ScrapeWorkspace: Sendable {
    var batch = MetricBatch()
    var decoder = SeriesTextDecoder()
    /// The packed labels of a new series.
    var packed: [UInt8] = []
    /// Which series of the cache each series of the batch is.
    var seriesNumbers: [Int] = []

    mutating func clear() {
        batch.removeAll()
        packed.removeAll(keepingCapacity: true)
        seriesNumbers.removeAll(keepingCapacity: true)
    }
}
