internal import ColumnCoding
internal import ShardStorage
internal import TelemetryModel

/// Goes through the samples of shards, series by series and each in order of time. Of several samples of a series at one time, the one
/// written last counts.
///
/// Pages are read when their first series comes up, and only those that overlap the range of times.
struct SampleScan {
    private let sources: [ShardSource]
    private let bounds: SampleScanBounds
    private var sourceIndex = -1
    private var series: [UInt32] = []
    private var seriesIndex = 0
    /// Pages of the present group of series.
    private var pages: [Int64: ChunkPageCursor] = [:]
    private var group: UInt32?
    private var columns = SampleColumns()
    /// When samples and histograms began to be counted, 0 where that is not known; empty where it is known of none.
    private var starts: [Timestamp] = []
    private var histogramStarts: [Timestamp] = []
    private var floatIndex = 0
    private var histogramIndex = 0

    /// Where the scan stands.
    private(set) var current: Place?

    struct Place {
        var source: ShardSource
        var series: UInt32
        var labels: LabelSet
        var timestamp: Timestamp = 0
        var value: Double?
        var histogram: NativeHistogram?
        /// When it began to be counted; 0 where that is not known.
        var start: Timestamp = 0
    }

    init(_ sources: [ShardSource], _ bounds: SampleScanBounds) {
        self.sources = bounds.isEmpty ? [] : sources.filter { bounds.shard == nil || $0.name == bounds.shard }
        self.bounds = bounds
    }

    /// Goes to the next sample; false behind the last.
    mutating func next() throws -> Bool {
        while true {
            if takeSample() { return true }
            guard try nextSeries() else {
                current = nil
                return false
            }
        }
    }

    private mutating func takeSample() -> Bool {
        let float = floatIndex < columns.timestamps.count ? columns.timestamps[floatIndex] : nil
        let histogram = histogramIndex < columns.histograms.count ? columns.histograms[histogramIndex] : nil
        if let float, histogram.map({ float <= $0.timestamp }) ?? true {
            current?.timestamp = float
            current?.value = columns.values[floatIndex]
            current?.histogram = nil
            current?.start = floatIndex < starts.count ? starts[floatIndex] : 0
            floatIndex += 1
            return true
        }
        guard let histogram else { return false }
        current?.timestamp = histogram.timestamp
        current?.value = nil
        current?.histogram = histogram.histogram
        current?.start = histogramIndex < histogramStarts.count ? histogramStarts[histogramIndex] : 0
        histogramIndex += 1
        return true
    }

    /// Reads the samples of the next series that has labels.
    private mutating func nextSeries() throws -> Bool {
        columns.removeAll()
        (floatIndex, histogramIndex) = (0, 0)
        while seriesIndex >= series.count {
            sourceIndex += 1
            guard sourceIndex < sources.count else { return false }
            pages = [:]
            group = nil
            seriesIndex = 0
            series = try sources[sourceIndex].series(matching: bounds.matchers, in: bounds.range)
            if let only = bounds.series { series = series.filter { Int64($0) == only } }
        }
        let number = series[seriesIndex]
        seriesIndex += 1
        let source = sources[sourceIndex]
        let ownGroup = number / UInt32(Shard.seriesPerGroup)
        if ownGroup != group {
            pages = [:]
            group = ownGroup
        }
        // Without labels nobody knows whose samples these are.
        guard let labels = source.labels(of: number) else { return true }
        current = Place(source: source, series: number, labels: labels)
        for page in source.contents.pages(of: number, from: bounds.range.start, through: bounds.range.end) { read(page, number, source) }
        columns.normalize()
        columns.trim(to: bounds.range)
        let runs = source.startRuns(of: number, in: bounds.range)
        starts = runs.isEmpty ? [] : runs.starts(of: columns.timestamps)
        histogramStarts = runs.isEmpty ? [] : runs.starts(of: columns.histograms.map(\.timestamp))
        return true
    }

    private mutating func read(_ page: ShardPage, _ number: UInt32, _ source: ShardSource) {
        guard var cursor = pages.removeValue(forKey: page.id) ?? source.page(page) else { return }
        let (floats, histograms) = (columns.timestamps.count, columns.histograms.count)
        do {
            try cursor.read(number, in: bounds.range, into: &columns)
        } catch {
            columns.timestamps.removeSubrange(floats...)
            columns.values.removeSubrange(min(floats, columns.values.count)...)
            columns.histograms.removeSubrange(histograms...)
            source.tell("page \(page.id)", error)
        }
        pages[page.id] = cursor
    }
}
