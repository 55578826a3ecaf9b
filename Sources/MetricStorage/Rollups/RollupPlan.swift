internal import TelemetryModel

/// Which times of a selection are read from samples and which from rollups.
struct RollupPlan: Sendable {
    /// Times that are read from one kind of file.
    struct Segment: Sendable, Hashable {
        var range: TimeRange
        /// Nil for samples.
        var resolution: RollupResolution?
    }

    let use: SampleUse
    let range: TimeRange
    /// The days that there are rollups of.
    private let rolledDays: [RollupResolution: Set<Int>]
    /// Those of them that are made of the samples as they are now, all of which are in shards.
    private let currentDays: [RollupResolution: Set<Int>]
    /// The last day whose samples went with their file while rollups stayed.
    let lostThrough: Int?

    init(
        use: SampleUse, range: TimeRange, rolledDays: [RollupResolution: Set<Int>], currentDays: [RollupResolution: Set<Int>],
        lostThrough: Int?
    ) {
        self.use = use
        self.range = range
        self.rolledDays = rolledDays
        self.currentDays = currentDays
        self.lostThrough = lostThrough
    }

    /// The segments for series whose samples are there from a day on, in order of time.
    func segments(samplesFrom cutoff: Int) -> [Segment] {
        let firstDay = max(cutoff, lostThrough.map { $0 + 1 } ?? .min)
        var segments: [Segment] = []
        var next = range.start
        for day in days where next <= range.end {
            let times = RollupResolution.times(ofDay: day)
            guard let resolution = resolution(of: day, isGone: day < firstDay), times.end >= next, times.start <= range.end else {
                continue
            }
            if next < times.start { append(TimeRange(start: next, end: times.start - 1), nil, to: &segments) }
            append(TimeRange(start: max(next, times.start), end: min(times.end, range.end)), resolution, to: &segments)
            next = times.end == .max ? .max : times.end + 1
        }
        if next <= range.end { append(TimeRange(start: next, end: range.end), nil, to: &segments) }
        return segments
    }

    /// All days with rollups, rising.
    private var days: [Int] { rolledDays.values.reduce(into: Set()) { $0.formUnion($1) }.sorted() }

    private func resolution(of day: Int, isGone: Bool) -> RollupResolution? {
        let coarseFirst: [RollupResolution] = [.hour, .fiveMinutes]
        if !isGone {
            return coarseFirst.first { currentDays[$0]?.contains(day) == true && use.isExact(on: $0) }
        }
        let rolled = coarseFirst.filter { rolledDays[$0]?.contains(day) == true }
        return rolled.first { use.isExact(on: $0) || use.isCoarse(against: $0) } ?? rolled.last
    }

    private func append(_ range: TimeRange, _ resolution: RollupResolution?, to segments: inout [Segment]) {
        if let last = segments.last, last.resolution == resolution {
            segments[segments.count - 1].range.end = range.end
        } else {
            segments.append(Segment(range: range, resolution: resolution))
        }
    }
}
