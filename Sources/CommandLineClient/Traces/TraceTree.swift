internal import TelemetryModel

/// The spans of one trace as trees, whatever their senders said: several roots, parents that never came, spans that are their own ancestors
/// and spans that end before they start all have their place.
struct TraceTree: Sendable {
    /// How a span came to stand without a parent.
    enum Origin: Sendable, Hashable {
        /// It has a parent here.
        case child
        /// It says that it has none.
        case root
        /// It names one that is not in the trace.
        case parentMissing
        /// It is among its own ancestors; the earliest span of the circle stands as a root.
        case circle
    }

    struct Node: Sendable {
        var parent: Int?
        /// By start, then in the order they came.
        var children: [Int] = []
        var depth = 0
        var origin = Origin.child
        /// Spans below this one.
        var descendants = 0
    }

    let batch: SpanBatch
    /// In the order of ``SpanBatch/spans``, so that a place in one is a place in the other.
    private(set) var nodes: [Node]
    private(set) var roots: [Int] = []
    /// All spans, parents before their children, siblings by start.
    private(set) var preorder: [Int] = []
    /// The earliest start.
    let start: UnixNanoseconds
    /// The latest end.
    let end: UnixNanoseconds

    init(_ batch: SpanBatch) {
        self.batch = batch
        nodes = Array(repeating: Node(), count: batch.spans.count)
        start = batch.spans.lazy.map(\.start).min() ?? 0
        end = batch.spans.lazy.map(\.effectiveEnd).max() ?? 0
        linkParents()
        cutCircles()
        order()
    }

    var spans: [SpanRecord] { batch.spans }

    var duration: UInt64 { end - start }

    /// The service of a span; `-` where its resource names none.
    func service(_ index: Int) -> String {
        let resource = batch.spans[index].resource
        guard batch.resources.indices.contains(resource), let name = batch.resources[resource].serviceName, !name.isEmpty else {
            return "-"
        }
        return name
    }

    func isError(_ index: Int) -> Bool { batch.spans[index].statusCode == .error }

    /// The place of a span; of several with one id the first.
    func index(of id: SpanID) -> Int? { batch.spans.firstIndex { $0.spanID == id } }

    /// The services in the order in which they come into the trace.
    var services: [String] {
        var seen: Set<String> = []
        return preorder.map { service($0) }.filter { seen.insert($0).inserted }
    }

    /// The part of a span's time in which none of its children ran.
    func selfTime(_ index: Int) -> UInt64 {
        let span = batch.spans[index]
        var covered: UInt64 = 0
        var reached = span.start
        for child in nodes[index].children {
            let (childStart, childEnd) = (max(batch.spans[child].start, reached), min(batch.spans[child].effectiveEnd, span.effectiveEnd))
            guard childEnd > childStart else { continue }
            covered += childEnd - childStart
            reached = childEnd
        }
        return span.duration - covered
    }

    // MARK: Construction

    private mutating func linkParents() {
        var places: [SpanID: Int] = [:]
        for (index, span) in batch.spans.enumerated() {
            // Both sides of a call may share an id, as Zipkin's do; what was called within it belongs to the server.
            if let other = places[span.spanID], !(span.kind == .server && batch.spans[other].kind != .server) { continue }
            places[span.spanID] = index
        }
        for (index, span) in batch.spans.enumerated() {
            if !span.parentSpanID.isValid {
                nodes[index].origin = .root
            } else if let parent = places[span.parentSpanID] {
                nodes[index].parent = parent
            } else {
                nodes[index].origin = .parentMissing
            }
        }
    }

    /// Makes the earliest span of each circle a root.
    private mutating func cutCircles() {
        // 0 not visited, else the number of the walk that came past.
        var walks = Array(repeating: 0, count: nodes.count)
        for first in nodes.indices where walks[first] == 0 {
            var index = first
            while walks[index] == 0 {
                walks[index] = first + 1
                guard let parent = nodes[index].parent else { break }
                index = parent
            }
            guard walks[index] == first + 1, nodes[index].parent != nil else { continue }
            var earliest = index
            var member = index
            repeat {
                if (batch.spans[member].start, member) < (batch.spans[earliest].start, earliest) { earliest = member }
                member = nodes[member].parent ?? index
            } while member != index
            nodes[earliest].parent = nil
            nodes[earliest].origin = .circle
        }
    }

    private mutating func order() {
        let byStart = batch.spans.indices.sorted { (batch.spans[$0].start, $0) < (batch.spans[$1].start, $1) }
        for index in byStart {
            if let parent = nodes[index].parent { nodes[parent].children.append(index) } else { roots.append(index) }
        }
        preorder.reserveCapacity(nodes.count)
        var waiting = Array(roots.reversed())
        while let index = waiting.popLast() {
            preorder.append(index)
            for child in nodes[index].children.reversed() {
                nodes[child].depth = nodes[index].depth + 1
                waiting.append(child)
            }
        }
        for index in preorder.reversed() {
            if let parent = nodes[index].parent { nodes[parent].descendants += nodes[index].descendants + 1 }
        }
    }
}

extension SpanRecord {
    /// The end, or the start where the span ends before it.
    var effectiveEnd: UnixNanoseconds { max(start, end) }
}
