internal import QueryModel
internal import TelemetryModel

/// What the spans of some tables add to one part of a metrics query: by group and interval.
struct PartTally: Sendable {
    /// What tells series apart before they are finished.
    struct Key: Sendable, Hashable {
        var values: [TraceValue]
        /// Of histograms: the bucket.
        var bucket: Int?
    }

    struct Group: Sendable {
        var key: Key
        /// Spans, or spans with a number.
        var counts: [Double]
        /// Sums, or the least or greatest numbers; not a number where there is none. Empty where spans are counted only.
        var numbers: [Double]
        var exemplars: [ComputedSeries.Exemplar] = []
    }

    private(set) var groups: [Group] = []
    private var places: [Key: Int] = [:]
    var exemplarSlots: ExemplarSlots

    init(exemplarSlots: ExemplarSlots) { self.exemplarSlots = exemplarSlots }

    /// Adds what other tables have.
    mutating func add(_ other: PartTally, _ part: MetricsQueryPart) {
        for group in other.groups { add(group, part) }
    }

    mutating func add(_ group: Group, _ part: MetricsQueryPart) {
        let place = places[group.key] ?? groups.count
        if place == groups.count {
            places[group.key] = place
            var first = group
            first.exemplars = []
            groups.append(first)
        } else {
            for interval in group.counts.indices { groups[place].counts[interval] += group.counts[interval] }
            for interval in group.numbers.indices {
                groups[place].numbers[interval] = part.combine(groups[place].numbers[interval], group.numbers[interval])
            }
        }
        for exemplar in group.exemplars where exemplarSlots.take(exemplar.timestamp) { groups[place].exemplars.append(exemplar) }
    }
}

extension MetricsQueryPart {
    /// Two sums, least or greatest numbers as one; either may be none.
    func combine(_ a: Double, _ b: Double) -> Double {
        if a.isNaN { return b }
        if b.isNaN { return a }
        switch measure {
        case .least: return b < a ? b : a
        case .greatest: return b > a ? b : a
        default: return a + b
        }
    }
}

/// Spreads exemplars over the range: two for each of as many stretches as there is room for.
struct ExemplarSlots: Sendable {
    private let max: Int
    private let start: Timestamp
    private let width: Timestamp
    private var counts: [UInt8]
    private var total = 0

    private static let perSlot: UInt8 = 2

    init(max: Int, _ grid: IntervalGrid) {
        self.max = max
        let slots = Swift.max(1, max / Int(ExemplarSlots.perSlot))
        start = Timestamp(grid.start / 1_000_000)
        width = Swift.max(1, (Timestamp(grid.end / 1_000_000) - start) / Timestamp(slots))
        counts = [UInt8](repeating: 0, count: slots)
    }

    var isFull: Bool { total >= max }

    /// Takes a place for a time where there is one.
    mutating func take(_ time: Timestamp) -> Bool {
        if isFull || time < start { return false }
        let slot = Swift.min(Int((time - start) / width), counts.count - 1)
        if counts[slot] >= ExemplarSlots.perSlot { return false }
        counts[slot] += 1
        total += 1
        return true
    }
}
