internal import Synchronization
internal import TelemetryModel

/// What a table leaves out of its source, and what it is known by.
struct TableCut: Sendable {
    /// A number that no other source or cut of one has.
    var serial: Int
    /// Traces that are in another table, sorted.
    var left: [TraceID] = []
    /// The moment at which some spans are too old to be shown; nil where none is.
    var moment: UInt64?

    /// Whether nothing is left out.
    var isEmpty: Bool { left.isEmpty && moment == nil }
}

/// Remembers cuts, so that what was read for one query is known to the next, as long as the same is left out.
final class TableCuts: Sendable {
    private struct Known: Sendable {
        var left: [TraceID]
        var serial: Int
        var hidden: HiddenSpans
    }

    private static let countMax = 4096
    private let known = Mutex<[Int: Known]>([:])

    /// What to leave out of a part now.
    ///
    /// - Throws: what reading the source throws.
    func cut(
        _ part: QueryPart, of source: some ColumnSource, leavingOut left: [TraceID], _ keeping: SpanKeeping, now: UInt64
    ) throws -> TableCut {
        let mayHide = keeping.mayHide(start: part.times.lowerBound, now: now)
        if left.isEmpty && !mayHide { return TableCut(serial: part.serial) }
        let before = known.withLock { $0[part.serial] }
        var hidden = HiddenSpans()
        if mayHide {
            hidden = try before.flatMap { $0.hidden.holds(at: now) ? $0.hidden : nil } ?? HiddenSpans(source, keeping, now: now)
            if left.isEmpty && hidden.count == 0 {
                remember(Known(left: left, serial: part.serial, hidden: hidden), part)
                return TableCut(serial: part.serial)
            }
        }
        // Time only goes on to hide more, so that as many are the same.
        let isSame = before.map { $0.left == left && $0.hidden.count == hidden.count } ?? false
        let serial = isSame ? before?.serial ?? StoredBlock.nextSerial() : StoredBlock.nextSerial()
        remember(Known(left: left, serial: serial, hidden: hidden), part)
        return TableCut(serial: serial, left: left, moment: hidden.count > 0 ? hidden.moment : nil)
    }

    private func remember(_ cut: Known, _ part: QueryPart) {
        known.withLock { known in
            if known.count >= TableCuts.countMax { known.removeAll() }
            known[part.serial] = cut
        }
    }
}

/// How many spans of a source are too old to be shown, and how long these and no others are.
private struct HiddenSpans: Sendable {
    var count = 0
    var moment: UInt64 = 0
    private var last: UInt64 = .max

    init() {}

    init(_ source: some ColumnSource, _ keeping: SpanKeeping, now: UInt64) throws {
        moment = now
        let origins = try source.origins()
        let earliest = keeping.earliest(origins.resources, now: now)
        guard earliest.contains(where: { $0 > 0 }) else { return }
        var margin = UInt64.max
        for (start, resource) in zip(try source.frame().starts, origins.resourceOf) {
            let limit = earliest[Int(resource)]
            if start < limit { count += 1 } else if limit > 0 { margin = min(margin, start - limit) }
        }
        last = now.addingReportingOverflow(margin).overflow ? .max : now + margin
    }

    func holds(at now: UInt64) -> Bool { now >= moment && now <= last }
}
