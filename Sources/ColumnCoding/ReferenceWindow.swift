/// The last columns of a page under construction, to which the next may refer, and the last of them that refers to none.
struct ReferenceWindow {
    private struct Reference {
        var column: Int
        var timestampColumn: Int
        /// How many columns have to be decoded before this one.
        var depth: Int
        var wholes: [Int64]
    }

    private static let size = 6
    private var last: [Reference] = []
    private var anchor: Reference?

    /// What a column with the given clock may refer to, the nearest first.
    func candidates(for column: Int, timestampColumn: Int) -> [IntegerColumnEncoder.Candidate] {
        var candidates: [IntegerColumnEncoder.Candidate] = []
        for reference in last.reversed() where suits(reference, timestampColumn) {
            candidates.append(.init(distance: column - reference.column, values: reference.wholes))
        }
        if let anchor, suits(anchor, timestampColumn), !last.contains(where: { $0.column == anchor.column }) {
            candidates.append(.init(distance: column - anchor.column, values: anchor.wholes))
        }
        return candidates
    }

    private func suits(_ reference: Reference, _ timestampColumn: Int) -> Bool {
        reference.timestampColumn == timestampColumn && reference.depth < PageFormat.referenceDepthMax
    }

    /// - Parameter referred: the column that this one refers to.
    mutating func remember(column: Int, timestampColumn: Int, referred: Int?, wholes: [Int64]) {
        var depth = 0
        if let referred {
            depth = 1 + (last.first { $0.column == referred }?.depth ?? 0)
        }
        let reference = Reference(column: column, timestampColumn: timestampColumn, depth: depth, wholes: wholes)
        if referred == nil { anchor = reference }
        if last.count == ReferenceWindow.size { last.removeFirst() }
        last.append(reference)
    }

    mutating func removeAll() {
        last.removeAll(keepingCapacity: true)
        anchor = nil
    }
}
