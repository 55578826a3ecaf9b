internal import Ingestion
internal import MetricStorage
internal import TelemetryModel

/// What is remembered of a target's pages: which series each series text stands for, and which series had a sample last time.
///
/// A text that was seen before is found by its bytes, most often without hashing, since pages keep their order. Several texts may stand
/// for one series (labels in another order, relabelling), so whether a series is alive is kept with the series.
struct ScrapeCache: Sendable {
    /// One series, after relabelling.
    struct Series: Sendable {
        var reference = SeriesReference.unknown
        /// The scrape that last gave it a sample, counted from 1.
        var lastScrape: UInt32 = 0
        /// Time of the last sample taken in that scrape.
        var lastTime: Timestamp = .min
        /// Time of the last sample of the scrape before.
        var timeBefore: Timestamp = .min
        /// When its samples began to be counted, as last told; 0 where that was not told.
        var start: Timestamp = 0
        /// What is the same for the series of one metric, its `_created` line among them; 0 where it cannot have one.
        var metricHash: UInt64 = 0
        /// Whether its disappearance has to be marked.
        var isLive = false
        /// The same for the present scrape, as long as that is not certain to be kept.
        var willLive = false
    }

    /// What a text stands for.
    enum Meaning: Sendable, Hashable {
        /// The number of a series.
        case series(Int)
        /// Nothing: a rule drops it.
        case dropped
    }

    /// What a sample is of a classic histogram that becomes a native one.
    struct Part: Sendable, Hashable {
        enum Role: Sendable, Hashable {
            case bucket(Double)
            case count, sum
        }

        /// The number of the native histogram's series; -1 where a rule drops it.
        var series: Int32
        var role: Role
    }

    private var texts = ByteRunTable()
    /// The parts that texts are; empty where none is.
    private var parts: [Int: Part] = [:]
    /// What ``Series/metricHash`` is of the series that `_created` lines are about, by the texts of these.
    private var createdHashes: [Int: UInt64] = [:]
    private var meanings: [Int32] = []
    private var textScrapes: [UInt32] = []
    private var labels = ByteRunTable()
    private var series: [Series] = []
    /// The number of the scrape under way or last done.
    private var scrape: UInt32 = 0
    /// The text that probably comes next.
    private var expected = 0
    private var textsThisScrape = 0
    private var seriesThisScrape = 0
    /// What the target began within the hour.
    private(set) var begun = SeriesBegun()
    /// What the page said of its metric families last time.
    var metadata = MetadataCache()

    /// The number of series texts remembered.
    var textCount: Int { texts.count }
    var seriesCount: Int { series.count }

    /// Texts beyond twice those of a page, and this many more, are thrown out.
    static let spareTexts = 1000

    mutating func beginScrape(at time: Timestamp) {
        // What was left out may come in the new hour: its texts are looked at again.
        if begun.turn(to: time) { forgetTexts() }
        scrape &+= 1
        expected = 0
        textsThisScrape = 0
        seriesThisScrape = 0
    }

    // MARK: - Texts

    /// What a series text stands for; nil where it is new.
    mutating func meaning(of page: [UInt8], _ range: Range<Int>) -> Meaning? {
        let number: Int
        if texts.isRun(expected, page, range) {
            number = expected
        } else {
            guard let found = texts.number(of: page, range) else { return nil }
            number = found
        }
        expected = number + 1
        if textScrapes[number] != scrape {
            textScrapes[number] = scrape
            textsThisScrape += 1
        }
        return meanings[number] < 0 ? .dropped : .series(Int(meanings[number]))
    }

    /// Remembers what a new text stands for.
    mutating func remember(_ page: [UInt8], _ range: Range<Int>, _ meaning: Meaning, part: Part? = nil) {
        guard texts.add(page, range) != nil else { return }
        if let part { parts[texts.count - 1] = part }
        switch meaning {
        case .series(let number): meanings.append(Int32(number))
        case .dropped: meanings.append(-1)
        }
        textScrapes.append(scrape)
        textsThisScrape += 1
        expected = texts.count
    }

    /// Which part of a classic histogram the text is that was looked up or remembered last.
    var currentPart: Part? { parts.isEmpty ? nil : parts[expected - 1] }

    /// Of a `_created` line that was looked up or remembered last, what ``Series/metricHash`` of its series is; nil where that is not known.
    var currentMetricHash: UInt64? { createdHashes[expected - 1] }

    mutating func setCurrentMetricHash(_ hash: UInt64) { createdHashes[expected - 1] = hash }

    // MARK: - Series

    /// Whether a series may have samples: it is known, or the target may begin another one.
    mutating func mayHave(packed: [UInt8], seriesMax: Int) -> Bool {
        labels.number(of: packed, 0..<packed.count) != nil || begun.begin(max: seriesMax)
    }

    /// Keeps in words what of the target was left out, for scrapes in which nothing more is.
    mutating func noteRefusal(_ words: String) { begun.refusal = words }

    /// The number of the series with these packed labels; nil where there are too many series.
    mutating func seriesNumber(packed: [UInt8]) -> (number: Int, isNew: Bool)? {
        if let number = labels.number(of: packed, 0..<packed.count) { return (number, false) }
        guard let number = labels.add(packed, 0..<packed.count) else { return nil }
        series.append(Series())
        return (number, true)
    }

    /// The series that the present scrape gave samples.
    var growth: SeriesGrowth {
        var growth = SeriesGrowth()
        for number in series.indices where series[number].lastScrape == scrape {
            growth.add(LabelSet(canonical: Array(labels.bytes[labels.range(of: number)])))
        }
        return growth
    }

    /// All packed labels; a series' own are at ``labelRange(of:)``.
    var labelBytes: [UInt8] { labels.bytes }

    func labelRange(of number: Int) -> Range<Int> { labels.range(of: number) }

    func reference(of number: Int) -> SeriesReference { series[number].reference }

    mutating func setReference(_ reference: SeriesReference, of number: Int) { series[number].reference = reference }

    /// Notes a sample of a series. False where this scrape gave it one for the same time already.
    mutating func note(_ number: Int, time: Timestamp, tracksDisappearance: Bool) -> Bool {
        if series[number].lastScrape == scrape {
            if series[number].lastTime == time { return false }
        } else {
            series[number].timeBefore = series[number].lastTime
            series[number].lastScrape = scrape
            series[number].willLive = false
            seriesThisScrape += 1
        }
        series[number].lastTime = time
        if tracksDisappearance { series[number].willLive = true }
        return true
    }

    /// The series that were alive and have no sample in this scrape.
    func disappeared() -> [Int] { series.indices.filter { series[$0].isLive && series[$0].lastScrape != scrape } }

    /// All series that are alive.
    func live() -> [Int] { series.indices.filter { series[$0].isLive } }

    // MARK: - Starts

    /// What ``Series/metricHash`` of a series is.
    func metricHash(of number: Int) -> UInt64 { series[number].metricHash }

    mutating func setMetricHash(_ hash: UInt64, of number: Int) { series[number].metricHash = hash }

    /// Times of the last sample of a series, and of the one of the scrape before; `.min` where there was none.
    func times(of number: Int) -> (last: Timestamp, before: Timestamp) { (series[number].lastTime, series[number].timeBefore) }

    /// Takes note of when a series' samples began to be counted; true where that is news.
    mutating func noteStart(_ start: Timestamp, of number: Int) -> Bool {
        defer { series[number].start = start }
        return series[number].start != start
    }

    // MARK: - Ends

    /// The present scrape's samples are kept.
    mutating func commit() {
        for number in series.indices { series[number].isLive = series[number].lastScrape == scrape && series[number].willLive }
        shrinkIfWorthwhile()
    }

    /// The present scrape failed and its series' ends were kept: none is alive.
    mutating func commitFailure() {
        for number in series.indices { series[number].isLive = false }
        shrinkIfWorthwhile()
    }

    /// The present scrape changed nothing, since storage kept nothing of it.
    mutating func rollBack() { shrinkIfWorthwhile() }

    /// Forgets what texts stand for, as other relabelling rules ask for. Series that are alive stay, so that the end of those
    /// that are never seen again is marked.
    mutating func forgetTexts() { self = copied { _ in false } }

    /// Throws out what the last page did not show, once that is the larger part. A page that errs may not fill the memory either.
    private mutating func shrinkIfWorthwhile() {
        let textLimit = 2 * textsThisScrape + ScrapeCache.spareTexts
        let seriesLimit = 2 * seriesThisScrape + ScrapeCache.spareTexts
        guard texts.count > textLimit || series.count > seriesLimit else { return }
        self = copied { textScrapes[$0] == scrape }
    }

    /// This cache with some texts only, and the series that they stand for or that are alive.
    private func copied(keepingTexts isKept: (Int) -> Bool) -> ScrapeCache {
        var copy = ScrapeCache()
        copy.scrape = scrape
        copy.begun = begun
        copy.metadata = metadata
        var newNumbers = [Int32](repeating: -1, count: series.count)
        func keepSeries(_ number: Int) -> Int32 {
            if newNumbers[number] < 0, let added = copy.labels.add(labels.bytes, labels.range(of: number)) {
                copy.series.append(series[number])
                newNumbers[number] = Int32(added)
            }
            return newNumbers[number]
        }
        for number in series.indices where series[number].isLive { _ = keepSeries(number) }
        for number in 0..<texts.count where isKept(number) {
            guard copy.texts.add(texts.bytes, texts.range(of: number)) != nil else { break }
            copy.meanings.append(meanings[number] < 0 ? -1 : keepSeries(Int(meanings[number])))
            copy.textScrapes.append(textScrapes[number])
            if let hash = createdHashes[number] { copy.createdHashes[copy.texts.count - 1] = hash }
            if var part = parts[number] {
                if part.series >= 0 { part.series = keepSeries(Int(part.series)) }
                copy.parts[copy.texts.count - 1] = part
            }
        }
        return copy
    }
}

/// The series that a target began within an hour of the clock.
struct SeriesBegun: Sendable {
    private var hour: Timestamp = .min
    private(set) var count = 0
    /// Series that the target might not begin.
    private(set) var refused = 0
    /// What was refused, in words; nil where nothing was.
    var refusal: String?

    private static let milliseconds: Int64 = 3_600_000

    /// Counts anew in another hour; true where something had been refused.
    mutating func turn(to time: Timestamp) -> Bool {
        let now = time / SeriesBegun.milliseconds
        guard now != hour else { return false }
        let hadRefused = refused > 0
        self = SeriesBegun()
        hour = now
        return hadRefused
    }

    /// Counts a series that begins; false where there were as many already.
    mutating func begin(max: Int) -> Bool {
        guard count < max else {
            refused += 1
            return false
        }
        count += 1
        return true
    }
}
