internal import ColumnCoding
internal import Compression
internal import ShardStorage
internal import TelemetryModel

/// A page of a metric shard, opened.
enum MetricPage {
    case floats(ChunkPage)
    case histograms(HistogramPage)

    init(decoding bytes: [UInt8], _ decompressor: ZstdDecompressor) throws {
        if bytes.starts(with: HistogramPage.magic) {
            self = .histograms(try HistogramPage(decoding: bytes, decompressor))
        } else {
            self = .floats(try ChunkPage(decoding: bytes, decompressor))
        }
    }

    /// Bytes of memory, about, of a page that is stored in so many.
    func memoryBytes(stored: Int) -> Int {
        switch self {
        case .floats(let page): stored * 2 + page.chunks.count * MemoryLayout<PageChunkEntry>.stride
        case .histograms(let page): page.series.reduce(64) { $0 + 300 * $1.histograms.count }
        }
    }

    /// Appends the samples of a series that may lie within a range of times; some outside of it may come along.
    func read(_ series: UInt32, in range: TimeRange, into samples: inout SampleColumns) throws {
        switch self {
        case .floats(let page):
            for chunk in page.chunkRange(of: series) {
                let entry = page.chunks[chunk]
                guard entry.minTime <= range.end, entry.maxTime >= range.start else { continue }
                try page.decode(chunk: chunk, timestamps: &samples.timestamps, values: &samples.values)
            }
        case .histograms(let page):
            guard let found = page.series.first(where: { $0.number == series }) else { return }
            samples.histograms += found.histograms.filter { range.contains($0.timestamp) }
        }
    }
}

/// Writes pages of series in rising order of their numbers, cutting where a page is full or a group of series ends.
struct MetricPageWriter {
    /// The size before compression at which a page is finished.
    static let pageBytesTarget = 96 << 10
    static let samplesPerChunkMax = 1 << 14

    let seal: UInt64
    let level: Int
    let transaction: ShardTransaction
    private let compressor: ZstdCompressor
    private var floats = ChunkPageBuilder()
    private var histograms: [(number: UInt32, histograms: [HistogramSample])] = []
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
    /// - Precondition: numbers rise; the run is sorted and without doubles.
    mutating func append(_ series: UInt32, _ samples: SampleColumns) throws {
        let group = series / UInt32(Shard.seriesPerGroup)
        if group != self.group { try finish() }
        self.group = group
        var start = 0
        while start < samples.timestamps.count {
            let end = min(start + MetricPageWriter.samplesPerChunkMax, samples.timestamps.count)
            floats.append(
                series: series, timestamps: samples.timestamps.span.extracting(start..<end),
                values: samples.values.span.extracting(start..<end))
            start = end
            if floats.estimatedBytes >= MetricPageWriter.pageBytesTarget { try finishFloats() }
        }
        if !samples.histograms.isEmpty {
            histograms.append((series, samples.histograms))
            if histograms.reduce(0, { $0 + $1.histograms.count }) >= 2000 { try finishHistograms() }
        }
    }

    /// Writes what is not written yet.
    mutating func finish() throws {
        try finishFloats()
        try finishHistograms()
    }

    private mutating func finishFloats() throws {
        guard !floats.isEmpty else { return }
        let page = try floats.finish(compressor)
        try transaction.addPage(
            seal: seal, level: level, firstSeries: page.firstSeries, lastSeries: page.lastSeries, minTime: page.minTime,
            maxTime: page.maxTime, items: page.sampleCount, data: page.bytes)
        samplesWritten += page.sampleCount
    }

    private mutating func finishHistograms() throws {
        guard let first = histograms.first, let last = histograms.last else { return }
        let times = histograms.flatMap { $0.histograms.map(\.timestamp) }
        try transaction.addPage(
            seal: seal, level: level, firstSeries: first.number, lastSeries: last.number, minTime: times.min() ?? 0,
            maxTime: times.max() ?? 0, items: times.count, data: try HistogramPage.encode(histograms, compressor))
        samplesWritten += times.count
        histograms.removeAll()
    }
}
