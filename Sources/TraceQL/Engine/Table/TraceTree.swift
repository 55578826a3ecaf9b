/// How the spans of a table's traces stand to each other.
final class TraceTree {
    private let frame: SpanFrame
    /// The number of children of each row.
    let childCounts: [Int32]
    private var sets: NestedSets?

    /// Numbers by which a span encloses its descendants; 0 for spans that no root reaches, -1 as the parent of a root.
    struct NestedSets {
        var lefts: [Int32]
        var rights: [Int32]
        var parents: [Int32]
    }

    init(_ frame: SpanFrame) {
        self.frame = frame
        var counts = [Int32](repeating: 0, count: frame.parentRows.count)
        for parent in frame.parentRows where parent >= 0 { counts[Int(parent)] += 1 }
        childCounts = counts
    }

    func nestedSets() -> NestedSets {
        if let sets { return sets }
        let made = number()
        sets = made
        return made
    }

    private func number() -> NestedSets {
        let parents = frame.parentRows
        let count = parents.count
        // Children in the order of their rows: the first of each, and the next one of the same parent.
        var firstChild = [Int32](repeating: -1, count: count)
        var nextSibling = [Int32](repeating: -1, count: count)
        for row in stride(from: count - 1, through: 0, by: -1) {
            let parent = Int(parents[row])
            if parent < 0 { continue }
            nextSibling[row] = firstChild[parent]
            firstChild[parent] = Int32(row)
        }
        var sets = NestedSets(
            lefts: [Int32](repeating: 0, count: count), rights: [Int32](repeating: 0, count: count),
            parents: [Int32](repeating: 0, count: count))
        for trace in 0..<frame.traceIDs.count {
            var bound: Int32 = 1
            for root in Int(frame.traceStarts[trace])..<Int(frame.traceStarts[trace + 1]) where parents[root] == -1 {
                sets.parents[root] = -1
                var row = root
                sets.lefts[row] = bound
                bound += 1
                // Down to the first child, along its siblings, and up again.
                while true {
                    let child = firstChild[row]
                    if child >= 0 {
                        sets.parents[Int(child)] = sets.lefts[row]
                        row = Int(child)
                        sets.lefts[row] = bound
                        bound += 1
                        continue
                    }
                    var isDone = false
                    while true {
                        sets.rights[row] = bound
                        bound += 1
                        if row == root {
                            isDone = true
                            break
                        }
                        let sibling = nextSibling[row]
                        if sibling >= 0 {
                            sets.parents[Int(sibling)] = sets.parents[row]
                            row = Int(sibling)
                            sets.lefts[row] = bound
                            bound += 1
                            break
                        }
                        row = Int(parents[row])
                    }
                    if isDone { break }
                }
            }
        }
        return sets
    }
}
