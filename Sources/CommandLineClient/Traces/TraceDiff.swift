internal import TelemetryModel

/// Two traces laid side by side: which spans they have in common, which only one of them has, and what differs in those in common.
///
/// Spans are the same where their parents are, and service, name, and the place among siblings of that service and name (the first
/// `SELECT`, the second). Times play no part in it.
struct TraceDiff: Sendable {
    enum Kind: String, Sendable { case same, added, removed }

    /// A span of the first trace, of the second, or of both.
    struct Row: Sendable, Hashable {
        var first: Int?
        var second: Int?
        var branch: TreeBranch
        /// Rows below this one, which follow it.
        var descendants = 0
        /// Place of the row above; nil for roots.
        var parent: Int?

        var kind: Kind { first == nil ? .added : second == nil ? .removed : .same }
    }

    struct ServiceSum: Sendable, Hashable {
        var service: String
        var spans = Pair()
        var errors = Pair()
        /// Nanoseconds in which its spans ran and none of their children did.
        var selfTimes = TimePair()
    }

    struct Pair: Sendable, Hashable {
        var first = 0
        var second = 0
    }

    struct TimePair: Sendable, Hashable {
        var first: UInt64 = 0
        var second: UInt64 = 0
    }

    let first: TraceTree
    let second: TraceTree
    /// Parents before their children.
    let rows: [Row]

    init(_ first: TraceTree, _ second: TraceTree) {
        self.first = first
        self.second = second
        var rows: [Row] = []
        var waiting: [Row] = []
        func push(_ firstChildren: [Int], _ secondChildren: [Int], below parent: Int?) {
            let pairs = TraceDiff.aligned(first, firstChildren, second, secondChildren)
            for (place, pair) in pairs.enumerated().reversed() {
                let branch = TreeBranch(below: parent.map { rows[$0].branch }, isLast: place == pairs.count - 1)
                waiting.append(Row(first: pair.first, second: pair.second, branch: branch, parent: parent))
            }
        }
        push(first.roots, second.roots, below: nil)
        while let row = waiting.popLast() {
            rows.append(row)
            push(
                row.first.map { first.nodes[$0].children } ?? [], row.second.map { second.nodes[$0].children } ?? [], below: rows.count - 1)
        }
        for row in rows.indices.reversed() {
            if let parent = rows[row].parent { rows[parent].descendants += rows[row].descendants + 1 }
        }
        self.rows = rows
    }

    /// Siblings of both traces in pairs: those of the second by start, and behind each those that follow it in the first only.
    private static func aligned(
        _ first: TraceTree, _ firstSiblings: [Int], _ second: TraceTree, _ secondSiblings: [Int]
    ) -> [(first: Int?, second: Int?)] {
        var waiting: [SpanKey: [Int]] = [:]
        for index in firstSiblings.reversed() { waiting[SpanKey(first, index), default: []].append(index) }
        let matches = secondSiblings.map { waiting[SpanKey(second, $0)]?.popLast() }
        let matched = Set(matches.compactMap { $0 })
        // What only the first has stands behind the last before it that both have.
        var following: [Int?: [Int]] = [:]
        var last: Int?
        for index in firstSiblings { if matched.contains(index) { last = index } else { following[last, default: []].append(index) } }
        var pairs: [(first: Int?, second: Int?)] = (following[nil] ?? []).map { ($0, nil) }
        for (index, match) in zip(secondSiblings, matches) {
            pairs.append((match, index))
            if let match { pairs += (following[match] ?? []).map { ($0, nil) } }
        }
        return pairs
    }

    // MARK: Judgement

    /// Whether the traces have the same spans, and the same of them failed.
    var isAlike: Bool { rows.allSatisfy { $0.kind == .same && !hasErrorChange($0) } }

    func hasErrorChange(_ row: Row) -> Bool {
        guard let one = row.first, let other = row.second else { return false }
        return first.isError(one) != second.isError(other)
    }

    func duration(_ row: Row) -> TimePair {
        TimePair(first: row.first.map { first.spans[$0].duration } ?? 0, second: row.second.map { second.spans[$0].duration } ?? 0)
    }

    func key(_ row: Row) -> SpanKey {
        if let index = row.second { return SpanKey(second, index) }
        return row.first.map { SpanKey(first, $0) } ?? SpanKey(service: "-", name: "")
    }

    func isError(_ row: Row) -> Bool { row.second.map { second.isError($0) } ?? row.first.map { first.isError($0) } ?? false }

    func count(_ kind: Kind) -> Int { rows.lazy.filter { $0.kind == kind }.count }

    /// By service, those with the greatest change of time first.
    var services: [ServiceSum] {
        var sums: [String: ServiceSum] = [:]
        for index in first.nodes.indices {
            let service = first.service(index)
            sums[service, default: ServiceSum(service: service)].spans.first += 1
            sums[service, default: ServiceSum(service: service)].errors.first += first.isError(index) ? 1 : 0
            sums[service, default: ServiceSum(service: service)].selfTimes.first += first.selfTime(index)
        }
        for index in second.nodes.indices {
            let service = second.service(index)
            sums[service, default: ServiceSum(service: service)].spans.second += 1
            sums[service, default: ServiceSum(service: service)].errors.second += second.isError(index) ? 1 : 0
            sums[service, default: ServiceSum(service: service)].selfTimes.second += second.selfTime(index)
        }
        return sums.values.sorted { ($1.selfTimes.difference, $0.service) < ($0.selfTimes.difference, $1.service) }
    }
}

extension TraceDiff.TimePair {
    var difference: UInt64 { first > second ? first - second : second - first }

    /// The change in percent of the first; nil where there is nothing to compare with.
    var percent: Double? { first == 0 ? nil : (Double(second) - Double(first)) / Double(first) * 100 }
}

extension SpanKey {
    init(service: String, name: String) {
        self.service = service
        self.name = name
    }
}
