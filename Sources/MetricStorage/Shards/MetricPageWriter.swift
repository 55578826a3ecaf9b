internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// Writes pages of series in rising order of their numbers, cutting where a page is full or a group of series ends.
struct MetricPageWriter {
    /// The size before compression at which a page is finished.
    static let pageBytesTarget = 96 << 10
    static let samplesPerChunkMax = 1 << 14
    static let histogramsPerChunkMax = 1 << 10

    let seal: UInt64
    let level: Int
    let transaction: ShardTransaction
    private let compressor: ZstdCompressor
    private var builder = ChunkPageBuilder()
    private var group: UInt32 = 0
    private(set) var samplesWritten = 0

    init(seal: UInt64, level: Int, transaction: ShardTransaction, compressor: ZstdCompressor) {
        self.seal = seal
        self.level = level
        self.transaction = transaction
        self.compressor = compressor
    }

    /// Adds all samples of a series.
    ///
    /// - Precondition: numbers rise; the samples are in order of time, one per time.
    mutating func append(_ series: UInt32, _ samples: SampleColumns) throws {
        let group = series / UInt32(Shard.seriesPerGroup)
        if group != self.group { try finish() }
        self.group = group
        var start = 0
        while start < samples.timestamps.count {
            let end = min(start + MetricPageWriter.samplesPerChunkMax, samples.timestamps.count)
            builder.append(
                series: series, timestamps: samples.timestamps.span.extracting(start..<end),
                values: samples.values.span.extracting(start..<end)
            )
            start = end
            if builder.estimatedBytes >= MetricPageWriter.pageBytesTarget { try finish() }
        }
        start = 0
        while start < samples.histograms.count {
            let end = min(start + MetricPageWriter.histogramsPerChunkMax, samples.histograms.count)
            builder.append(series: series, histograms: samples.histograms[start..<end])
            start = end
            if builder.estimatedBytes >= MetricPageWriter.pageBytesTarget { try finish() }
        }
    }

    /// Writes what is not written yet.
    mutating func finish() throws {
        guard !builder.isEmpty else { return }
        let page = try builder.finish(compressor)
        try transaction.addPage(
            seal: seal, level: level, firstSeries: page.firstSeries, lastSeries: page.lastSeries, minTime: page.minTime,
            maxTime: page.maxTime, items: page.sampleCount, data: page.bytes)
        samplesWritten += page.sampleCount
    }
}
