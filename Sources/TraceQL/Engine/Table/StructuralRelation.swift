/// Which spans stand in a relation to others. All in time linear in the rows.
enum StructuralRelation {
    /// The rows that a structural operator gives of those on its left and right.
    static func apply(_ operation: SpansetOperator, _ left: RowMask, _ right: RowMask, _ parents: [Int32]) -> RowMask {
        switch operation {
        case .child: childrenOf(left, among: right, parents)
        case .notChild: right.subtracting(childrenOf(left, among: right, parents))
        case .unionChild: childrenOf(left, among: right, parents).union(parentsOf(right, among: left, parents))
        case .parent: parentsOf(left, among: right, parents)
        case .notParent: right.subtracting(parentsOf(left, among: right, parents))
        case .unionParent: parentsOf(left, among: right, parents).union(childrenOf(right, among: left, parents))
        case .descendant: descendantsOf(left, among: right, parents)
        case .notDescendant: right.subtracting(descendantsOf(left, among: right, parents))
        case .unionDescendant: descendantsOf(left, among: right, parents).union(ancestorsOf(right, among: left, parents))
        case .ancestor: ancestorsOf(left, among: right, parents)
        case .notAncestor: right.subtracting(ancestorsOf(left, among: right, parents))
        case .unionAncestor: ancestorsOf(left, among: right, parents).union(descendantsOf(right, among: left, parents))
        case .sibling: siblingsOf(left, among: right, parents)
        case .notSibling: right.subtracting(siblingsOf(left, among: right, parents))
        case .unionSibling: siblingsOf(left, among: right, parents).union(siblingsOf(right, among: left, parents))
        case .and, .or: right
        }
    }

    private static func childrenOf(_ elders: RowMask, among rows: RowMask, _ parents: [Int32]) -> RowMask {
        rows.filtered { parents[$0] >= 0 && elders.contains(Int(parents[$0])) }
    }

    private static func parentsOf(_ young: RowMask, among rows: RowMask, _ parents: [Int32]) -> RowMask {
        var found = RowMask(rowCount: rows.rowCount)
        young.forEach { if parents[$0] >= 0 { found.insert(Int(parents[$0])) } }
        found.formIntersection(rows)
        return found
    }

    private static func ancestorsOf(_ young: RowMask, among rows: RowMask, _ parents: [Int32]) -> RowMask {
        var found = RowMask(rowCount: rows.rowCount)
        young.forEach { row in
            // Up to the first one that was found before: those above it were as well. So is a circle left.
            var next = Int(parents[row])
            while next >= 0, !found.contains(next) {
                found.insert(next)
                next = Int(parents[next])
            }
        }
        found.formIntersection(rows)
        return found
    }

    private static func descendantsOf(_ elders: RowMask, among rows: RowMask, _ parents: [Int32]) -> RowMask {
        /// Whether an elder stands above a row: not known, being found out, no, yes.
        var states = [UInt8](repeating: 0, count: rows.rowCount)
        var path: [Int] = []
        return rows.filtered { row in
            path.removeAll(keepingCapacity: true)
            var next = row
            var state: UInt8 = 2
            while true {
                if states[next] > 1 {
                    state = states[next]
                    break
                }
                // A circle without an elder that was met before.
                if states[next] == 1 { break }
                states[next] = 1
                path.append(next)
                let parent = Int(parents[next])
                if parent < 0 { break }
                if elders.contains(parent) {
                    state = 3
                    break
                }
                next = parent
            }
            for place in path { states[place] = state }
            return states[row] == 3
        }
    }

    private static func siblingsOf(_ others: RowMask, among rows: RowMask, _ parents: [Int32]) -> RowMask {
        var counts: [Int32: Int32] = [:]
        others.forEach { if parents[$0] >= 0 { counts[parents[$0], default: 0] += 1 } }
        return rows.filtered { row in
            guard let count = counts[parents[row]] else { return false }
            return count > (others.contains(row) ? 1 : 0)
        }
    }
}

extension RowMask {
    func subtracting(_ other: RowMask) -> RowMask {
        var result = self
        result.subtract(other)
        return result
    }

    func union(_ other: RowMask) -> RowMask {
        var result = self
        result.formUnion(other)
        return result
    }
}
