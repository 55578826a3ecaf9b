internal import MetricStorage
internal import TelemetryModel

/// A trace that a bucket of a histogram has seen.
struct TraceExemplar: Sendable {
    var trace = TraceID(high: 0, low: 0)
    var value = 0.0
    var timestamp: Timestamp = 0
}

/// How many series may be active, in all tables together.
struct SeriesBudget: Sendable {
    let activeMax: Int
    private(set) var active = 0

    init(activeMax: Int) { self.activeMax = activeMax }

    /// Whether so many more fit in.
    func allows(_ count: Int) -> Bool { active + count <= activeMax }
    mutating func take(_ count: Int) { active += count }
    mutating func give(_ count: Int) { active -= count }
}

/// Counters and histograms by what their series have in common, in columns.
///
/// Values only rise while a group lives. A group that is silent for long is forgotten, and its series end with a staleness marker.
struct SeriesTable: Sendable {
    let schema: SeriesSchema
    var index = IdentityIndex()
    /// Of each place: whose it is, nil where it is free.
    var owners: [Identity?] = []
    var templates: [LabelTemplate] = []
    var updatedAt: [Timestamp] = []
    var freePlaces: [Int] = []
    /// Of each place, one number per counter.
    var counts: [Double] = []
    /// Of each place and histogram.
    var sums: [Double] = []
    var totals: [Double] = []
    var natives: [NativeCounts] = []
    /// Of each place, histogram and classic bucket; with native histograms alone, one exemplar per histogram.
    var bucketCounts: [Double] = []
    var exemplars: [TraceExemplar] = []
    /// Of each place and series.
    var references: [SeriesReference] = []
    /// Of each place and part: when it began to be counted; 0 where nothing of it was written yet.
    var starts: [Timestamp] = []

    let exemplarsPerHistogram: Int
    /// The overflow group is asked for often, and has no labels that come from outside.
    private var overflowPlace: Int?

    init(_ schema: SeriesSchema) {
        self.schema = schema
        exemplarsPerHistogram = max(1, schema.buckets.classicCount)
    }

    var groupCount: Int { index.count }

    /// The group of an identity.
    @inline(__always)
    func find(_ identity: Identity) -> Int? { index.find(identity) }

    /// Adds a group.
    ///
    /// - Precondition: there is none with this identity.
    mutating func insert(_ identity: Identity, _ template: LabelTemplate, _ budget: inout SeriesBudget) -> Int {
        budget.take(schema.seriesPerGroup)
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
            clear(place)
        } else {
            place = owners.count
            grow()
        }
        owners[place] = identity
        templates[place] = template
        index.insert(identity, place)
        return place
    }

    /// The group that takes in what has no place of its own.
    mutating func overflow(_ budget: inout SeriesBudget) -> Int {
        if let overflowPlace { return overflowPlace }
        var labels = LabelParts()
        labels.set("metric_overflow", "true")
        let place = insert(Identity(), labels.template() ?? LabelTemplate(), &budget)
        overflowPlace = place
        return place
    }

    private mutating func grow() {
        owners.append(nil)
        templates.append(LabelTemplate())
        updatedAt.append(0)
        let histograms = schema.histograms.count
        counts.append(contentsOf: repeatElement(0, count: schema.counters.count))
        sums.append(contentsOf: repeatElement(0, count: histograms))
        totals.append(contentsOf: repeatElement(0, count: histograms))
        natives.append(contentsOf: repeatElement(NativeCounts(), count: histograms))
        bucketCounts.append(contentsOf: repeatElement(0, count: histograms * schema.buckets.classicCount))
        exemplars.append(contentsOf: repeatElement(TraceExemplar(), count: histograms * exemplarsPerHistogram))
        references.append(contentsOf: repeatElement(.unknown, count: schema.seriesPerGroup))
        starts.append(contentsOf: repeatElement(0, count: schema.partsPerGroup))
    }

    private mutating func clear(_ place: Int) {
        let histograms = schema.histograms.count
        for index in range(place, schema.counters.count) { counts[index] = 0 }
        for index in range(place, histograms) {
            sums[index] = 0
            totals[index] = 0
            natives[index] = NativeCounts()
        }
        for index in range(place, histograms * schema.buckets.classicCount) { bucketCounts[index] = 0 }
        for index in range(place, histograms * exemplarsPerHistogram) { exemplars[index] = TraceExemplar() }
        for index in range(place, schema.seriesPerGroup) { references[index] = .unknown }
        for index in range(place, schema.partsPerGroup) { starts[index] = 0 }
    }

    func range(_ place: Int, _ width: Int) -> Range<Int> { place * width..<(place + 1) * width }

    /// Forgets a group.
    mutating func remove(_ place: Int, _ budget: inout SeriesBudget) {
        guard let identity = owners[place] else { return }
        index.remove(identity)
        owners[place] = nil
        templates[place] = LabelTemplate()
        for index in range(place, schema.histograms.count) { natives[index] = NativeCounts() }
        freePlaces.append(place)
        budget.give(schema.seriesPerGroup)
        if place == overflowPlace { overflowPlace = nil }
    }

    @inline(__always)
    mutating func touch(_ place: Int, _ now: Timestamp) { updatedAt[place] = now }

    @inline(__always)
    mutating func add(_ amount: Double, counter: Int, at place: Int) { counts[place * schema.counters.count + counter] += amount }

    @inline(__always)
    mutating func set(_ value: Double, counter: Int, at place: Int) { counts[place * schema.counters.count + counter] = value }

    /// Counts a value as often as `amount` says.
    @inline(__always)
    mutating func record(_ value: Double, _ amount: Double, histogram: Int, at place: Int, _ trace: TraceID, _ timestamp: Timestamp) {
        let row = place * schema.histograms.count + histogram
        sums[row] += value * amount
        totals[row] += amount
        var exemplar = row * exemplarsPerHistogram
        if schema.buckets.classicCount > 0 {
            let bucket = schema.buckets.classicIndex(value)
            bucketCounts[row * schema.buckets.classicCount + bucket] += amount
            exemplar += bucket
        } else if exemplars[exemplar].value > value {
            // Without classic buckets the slowest is shown.
            exemplar = -1
        }
        if exemplar >= 0, trace.isValid { exemplars[exemplar] = TraceExemplar(trace: trace, value: value, timestamp: timestamp) }
        if schema.buckets.nativeSchema != nil { natives[row].record(value, amount, schema.buckets) }
    }
}
