internal import QueryModel
internal import TelemetryModel

/// Numbers for the series that rows belong to.
struct RowGroups {
    /// How the series of a stream's rows of one shape are found.
    struct Finder {
        /// The labels that all have in common, and those that come from columns; sorted by name.
        fileprivate var labels: [(name: [UInt8], source: LabelColumns.Source)]
        fileprivate var columns: [Int]
        fileprivate var stream: Int
        /// The series where no column takes part, or of the codes of the only one; -1 where it is not known yet.
        fileprivate var numbers: [Int32]
        /// The series of the codes of several columns.
        fileprivate var numbersOfCodes: [[Int32]: Int32] = [:]
    }

    private let grouping: LabelGrouping
    private(set) var table = LabelTable()

    init(_ grouping: LabelGrouping) { self.grouping = grouping }

    /// - Returns: nil where columns do not say which labels rows have.
    mutating func finder(_ filter: inout ColumnFilter, stream: Int, shape: Int) throws(QueryError) -> Finder? {
        var labels: [(name: [UInt8], source: LabelColumns.Source)] = []
        switch grouping {
        case .none: break
        case .by(let names):
            for name in Set(names).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                let source = try filter.source(name, stream: stream, shape: shape)
                if source == .unknown { return nil }
                if source != .absent { labels.append((name, source)) }
            }
        case .all, .without:
            guard let all = try filter.allSources(stream: stream) else { return nil }
            labels = all.filter { label in label.name.withUnsafeBytes { grouping.contains($0) } }
        }
        var columns: [Int] = []
        for case (_, .column(let column)) in labels { columns.append(column) }
        let count = columns.count == 1 ? filter.labels.columns[columns[0]].values.count + 1 : 1
        return Finder(labels: labels, columns: columns, stream: stream, numbers: [Int32](repeating: -1, count: count))
    }

    /// The series of all rows; nil where they differ.
    mutating func commonNumber(_ finder: inout Finder, _ labels: LabelColumns) -> Int32? {
        guard finder.columns.isEmpty else { return nil }
        if finder.numbers[0] < 0 { finder.numbers[0] = number(finder, [], labels) }
        return finder.numbers[0]
    }

    /// The series of a row.
    mutating func number(_ finder: inout Finder, row: Int, _ labels: LabelColumns) -> Int32 {
        if finder.columns.count == 1 {
            let code = labels.columns[finder.columns[0]].codes[row]
            if finder.numbers[Int(code) + 1] < 0 { finder.numbers[Int(code) + 1] = number(finder, [code], labels) }
            return finder.numbers[Int(code) + 1]
        }
        let codes = finder.columns.map { labels.columns[$0].codes[row] }
        if let known = finder.numbersOfCodes[codes] { return known }
        let number = number(finder, codes, labels)
        finder.numbersOfCodes[codes] = number
        return number
    }

    private mutating func number(_ finder: Finder, _ codes: [Int32], _ labels: LabelColumns) -> Int32 {
        var packed: [UInt8] = []
        var next = 0
        for (name, source) in finder.labels {
            switch source {
            case .stream(let range):
                LabelSet.appendRun(name, to: &packed)
                LabelSet.appendRun(labels.streamText(range, stream: finder.stream), to: &packed)
            case .column(let column):
                let code = codes[next]
                next += 1
                if code < 0 { continue }
                let values = labels.columns[column].values
                LabelSet.appendRun(name, to: &packed)
                LabelSet.appendRun(values.bytes[values.range(Int(code))], to: &packed)
            case .absent, .unknown: break
            }
        }
        return table.number(of: packed)
    }

    /// The number of a series by its labels, as in `LabelSet.packed`.
    mutating func number(of packed: [UInt8]) -> Int32 { table.number(of: packed) }
}
