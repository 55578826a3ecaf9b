internal import TelemetryModel

/// What a trace's duration consists of: for every moment of its roots the one span that was being waited for.
///
/// Seen from the end of a span, it was waiting for the child that ended last; before that one started, for the child that had ended last by
/// then; in between it was working itself. A child that was still running when the next one on the path started has held up nothing and
/// is not on the path. Time of a child beyond the ends of its parent does not count: nobody waited for it.
struct CriticalPath: Sendable {
    /// A time within which a span was being waited for, and none of its children.
    struct Segment: Sendable, Hashable {
        var span: Int
        var start: UnixNanoseconds
        var end: UnixNanoseconds
    }

    /// By start. They do not overlap; where the trace has one root they cover it from its start to its end.
    let segments: [Segment]
    /// For each span of the trace how long it is on the path.
    let times: [UInt64]
    /// The spans that the path goes through, also where it leaves no time to them.
    let members: Set<Int>

    init(_ tree: TraceTree) {
        var segments: [Segment] = []
        var times = Array(repeating: UInt64(0), count: tree.nodes.count)
        var members: Set<Int> = []
        func add(_ span: Int, _ start: UnixNanoseconds, _ end: UnixNanoseconds) {
            guard end > start else { return }
            segments.append(Segment(span: span, start: start, end: end))
            times[span] += end - start
        }
        // Roots side by side are walked like children of one that is not there, which gets no time.
        var waiting = CriticalPath.chain(tree.roots, tree, from: tree.start, until: tree.end) { _, _ in }
        while let visit = waiting.popLast() {
            members.insert(visit.span)
            waiting += CriticalPath.chain(tree.nodes[visit.span].children, tree, from: visit.start, until: visit.end) {
                add(visit.span, $0, $1)
            }
        }
        self.segments = segments.sorted { $0.start < $1.start }
        self.times = times
        self.members = members
    }

    /// The spans among some siblings that were waited for one after the other, latest first, each with the part of its time that counts.
    ///
    /// - Parameter gap: told of each time in between.
    private static func chain(
        _ siblings: [Int], _ tree: TraceTree, from start: UnixNanoseconds, until end: UnixNanoseconds,
        gap: (UnixNanoseconds, UnixNanoseconds) -> Void
    ) -> [Segment] {
        var parts = siblings.map { index in
            let span = tree.spans[index]
            return Segment(span: index, start: min(max(span.start, start), end), end: max(start, min(span.effectiveEnd, end)))
        }
        // What lies outside altogether has shrunk to a point there, and is in nobody's way; still it is not on the path.
        parts.removeAll { part in
            let span = tree.spans[part.span]
            return span.start > end || span.effectiveEnd < start || span.start == end && span.effectiveEnd > end
        }
        parts.sort { ($1.end, $0.start, $0.span) < ($0.end, $1.start, $1.span) }
        var chain: [Segment] = []
        var cursor = end
        for part in parts where part.end <= cursor {
            gap(part.end, cursor)
            chain.append(part)
            cursor = part.start
        }
        gap(start, cursor)
        return chain
    }

    /// The time of each service on the path, longest first.
    func timesByService(_ tree: TraceTree) -> [(service: String, time: UInt64)] {
        var sums: [String: UInt64] = [:]
        for (index, time) in times.enumerated() where time > 0 { sums[tree.service(index), default: 0] += time }
        return sums.map { ($0.key, $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }
}
