/// The patterns of one level: lines are sorted by the number of their tokens, then by their first tokens, and go to the pattern at the end of that
/// way which is most like them (P. He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017).
struct PatternTree: Sendable {
    /// Lines that are taken for alike.
    struct Cluster: Sendable {
        /// The tokens one after the other; where each ends, and which differ.
        var bytes: [UInt8]
        var ends: [Int]
        var differs: [Bool]
        var blanks: [Int]
        var isPart: Bool
        /// When a line last went here, as a count of lines.
        var lastUse: Int
        /// Lines by step, in the order of time.
        var samples: [MinedPattern.Sample]

        /// Counts a line.
        mutating func count(_ step: Int64) {
            // Lines mostly come in order.
            if let last = samples.last, last.time == step {
                samples[samples.count - 1].count += 1
                return
            }
            var low = 0
            var high = samples.count
            while low < high {
                let middle = (low + high) / 2
                if samples[middle].time < step { low = middle + 1 } else { high = middle }
            }
            if low < samples.count, samples[low].time == step {
                samples[low].count += 1
            } else {
                samples.insert(MinedPattern.Sample(time: step, count: 1), at: low)
            }
        }
    }

    private struct Node: Sendable {
        var branches: [(token: [UInt8], node: Int)] = []
        /// The branch for tokens that have none of their own.
        var wildcard: Int?
        var clusters: [Int] = []
    }

    private let limits: PatternLimits
    private var nodes: [Node] = []
    /// The first node for each number of tokens.
    private var roots: [Int: Int] = [:]
    /// By number; nil where one was given up, whose number is used again.
    private(set) var clusters: [Cluster?] = []
    private var liveCount = 0
    private var lineCount = 0

    init(_ limits: PatternLimits) { self.limits = limits }

    /// Takes a line.
    mutating func add(_ tokens: LineTokens, step: Int64) {
        lineCount += 1
        if let index = find(tokens) {
            join(tokens, index, step: step)
        } else {
            insert(tokens, step: step)
        }
    }

    // MARK: Finding

    private func find(_ tokens: LineTokens) -> Int? {
        guard var node = roots[tokens.ranges.count] else { return nil }
        for range in tokens.ranges.prefix(min(limits.prefixTokens, tokens.ranges.count - 1)) {
            guard let next = branch(of: node, range, tokens) ?? nodes[node].wildcard else { return nil }
            node = next
        }
        var best: Int?
        var bestSimilarity = -1
        var bestDifferent = -1
        for index in nodes[node].clusters {
            guard let cluster = clusters[index], cluster.ends.count == tokens.ranges.count, cluster.isPart == tokens.isPart else {
                continue
            }
            let (same, different) = PatternTree.compare(cluster, tokens)
            if same > bestSimilarity || (same == bestSimilarity && different > bestDifferent) {
                (best, bestSimilarity, bestDifferent) = (index, same, different)
            }
        }
        return Double(bestSimilarity) >= limits.similarityMin * Double(tokens.ranges.count) ? best : nil
    }

    private func branch(of node: Int, _ range: Range<Int>?, _ tokens: LineTokens) -> Int? {
        guard let range else { return nil }
        let token = tokens.bytes[range]
        return nodes[node].branches.first { $0.token.elementsEqual(token) }?.node
    }

    /// How many tokens are the same, and how many of the pattern's differ anyway.
    private static func compare(_ cluster: Cluster, _ tokens: LineTokens) -> (same: Int, different: Int) {
        var same = 0
        var different = 0
        var start = 0
        for (index, range) in tokens.ranges.enumerated() {
            let end = cluster.ends[index]
            if cluster.differs[index] {
                different += 1
            } else if let range, cluster.bytes[start..<end].elementsEqual(tokens.bytes[range]) {
                same += 1
            }
            start = end
        }
        return (same, different)
    }

    private mutating func join(_ tokens: LineTokens, _ index: Int, step: Int64) {
        guard var cluster = clusters[index].take() else { return }
        var start = 0
        for (position, range) in tokens.ranges.enumerated() {
            let end = cluster.ends[position]
            if !cluster.differs[position] {
                let isSame = range.map { cluster.bytes[start..<end].elementsEqual(tokens.bytes[$0]) } ?? false
                if !isSame { cluster.differs[position] = true }
            }
            start = end
        }
        cluster.lastUse = lineCount
        cluster.count(step)
        clusters[index] = cluster
    }

    // MARK: Growing

    private mutating func insert(_ tokens: LineTokens, step: Int64) {
        var cluster = Cluster(
            bytes: [], ends: [], differs: [], blanks: tokens.blanks, isPart: tokens.isPart, lastUse: lineCount,
            samples: [MinedPattern.Sample(time: step, count: 1)])
        for range in tokens.ranges {
            if let range { cluster.bytes.append(contentsOf: tokens.bytes[range]) }
            cluster.ends.append(cluster.bytes.count)
            cluster.differs.append(range == nil)
        }
        let index: Int
        if liveCount >= limits.patternsMax, let oldest = leastRecentlyUsed() {
            index = oldest
            // The way that leads to the old one still does, and finds another; such ways go from time to time.
            clusters[oldest] = cluster
            if nodes.count > 40 * limits.patternsMax {
                rebuild()
                return
            }
        } else {
            index = clusters.count
            clusters.append(cluster)
            liveCount += 1
        }
        plant(index)
    }

    private func leastRecentlyUsed() -> Int? {
        clusters.indices.min { (clusters[$0]?.lastUse ?? .max) < (clusters[$1]?.lastUse ?? .max) }
    }

    private mutating func rebuild() {
        nodes.removeAll()
        roots.removeAll()
        for index in clusters.indices where clusters[index] != nil { plant(index) }
    }

    /// Makes the way to a cluster.
    private mutating func plant(_ index: Int) {
        guard let cluster = clusters[index] else { return }
        let count = cluster.ends.count
        var node: Int
        if let root = roots[count] {
            node = root
        } else {
            node = newNode()
            roots[count] = node
        }
        var start = 0
        for position in 0..<min(limits.prefixTokens, count - 1) {
            let token = cluster.bytes[start..<cluster.ends[position]]
            start = cluster.ends[position]
            node = next(from: node, token, differs: cluster.differs[position])
        }
        if !nodes[node].clusters.contains(index) { nodes[node].clusters.append(index) }
    }

    private mutating func next(from node: Int, _ token: ArraySlice<UInt8>, differs: Bool) -> Int {
        if !differs {
            if let branch = nodes[node].branches.first(where: { $0.token.elementsEqual(token) }) { return branch.node }
            let hasDigits = token.contains { (0x30...0x39).contains($0) }
            if !hasDigits, nodes[node].branches.count + 1 < limits.branchesMax {
                let made = newNode()
                nodes[node].branches.append((Array(token), made))
                return made
            }
        }
        if let wildcard = nodes[node].wildcard { return wildcard }
        let made = newNode()
        nodes[node].wildcard = made
        return made
    }

    private mutating func newNode() -> Int {
        nodes.append(Node())
        return nodes.count - 1
    }
}

extension PatternTree.Cluster {
    /// The pattern as text: tokens with their blanks, and `<_>` for each run of what differs.
    var text: String {
        var text: [UInt8] = isPart ? Array("<_>".utf8) : []
        var endsOpen = isPart
        var start = 0
        for (index, end) in ends.enumerated() {
            let gap = blanks[index]
            if gap > 0 {
                text.append(contentsOf: repeatElement(0x20, count: gap))
                endsOpen = false
            }
            if differs[index] {
                if !endsOpen { text += "<_>".utf8 }
                endsOpen = true
            } else {
                text += bytes[start..<end]
                endsOpen = false
            }
            start = end
        }
        text += repeatElement(0x20, count: blanks.last ?? 0)
        if (blanks.last ?? 0) > 0 { endsOpen = false }
        if isPart, !endsOpen { text += "<_>".utf8 }
        return String(decoding: text, as: UTF8.self)
    }
}
