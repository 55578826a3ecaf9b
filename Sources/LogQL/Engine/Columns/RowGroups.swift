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
        /// What a code of each column adds to the place in ``numbers``.
        fileprivate var strides: [Int]
        /// The series by codes, -1 where it is not known yet; empty where there would be too many.
        fileprivate var numbers: [Int32]
        fileprivate var numbersOfCodes: [[Int32]: Int32] = [:]
    }

    /// So many series of a stream are held in a table.
    private static let tableSizeMax = 1 << 16

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
        var strides: [Int] = []
        var count = 1
        for column in columns {
            strides.append(count)
            count = Swift.min(count * (filter.labels.columns[column].values.count + 1), Int(Int32.max))
        }
        // One column needs a table however many values it has.
        if columns.count > 1, count > RowGroups.tableSizeMax { count = 0 }
        return Finder(
            labels: labels, columns: columns, stream: stream, strides: strides, numbers: [Int32](repeating: -1, count: count))
    }

    /// The series of all rows; nil where they differ.
    mutating func commonNumber(_ finder: inout Finder, _ labels: LabelColumns) -> Int32? {
        guard finder.columns.isEmpty else { return nil }
        if finder.numbers[0] < 0 { finder.numbers[0] = number(finder, [], labels) }
        return finder.numbers[0]
    }

    /// The series of a row.
    mutating func number(_ finder: inout Finder, row: Int, _ labels: LabelColumns) -> Int32 {
        if finder.numbers.isEmpty {
            let codes = finder.columns.map { labels.columns[$0].codes[row] }
            if let known = finder.numbersOfCodes[codes] { return known }
            let number = number(finder, codes, labels)
            finder.numbersOfCodes[codes] = number
            return number
        }
        var place = 0
        for index in finder.columns.indices {
            place += (Int(labels.columns[finder.columns[index]].codes[row]) + 1) * finder.strides[index]
        }
        if finder.numbers[place] < 0 {
            finder.numbers[place] = number(finder, finder.columns.map { labels.columns[$0].codes[row] }, labels)
        }
        return finder.numbers[place]
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
