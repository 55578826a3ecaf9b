/// The rows of a table that a selection is about, in the order of time. Rows of the same time come in the order of the table, or the other
/// way round where the newest come first.
struct RowsInTime {
    struct Row {
        var time: Int64
        var row: Int32
        var stream: Int32
    }

    private let times: [Int64]
    private let isBackward: Bool
    /// nil for all rows.
    private let mask: RowMask?
    /// The next row of each stream, in a heap with the first one on top.
    private var heads: [Row] = []
    /// Of each stream of the frame the rows that are left.
    private var rest: [Range<Int>]

    init(_ reader: TableReader, _ mask: RowMask?, isBackward: Bool) {
        times = reader.frame.times
        self.mask = mask
        self.isBackward = isBackward
        rest = [Range<Int>](repeating: 0..<0, count: reader.frame.streams.count)
        for run in reader.runs {
            rest[run.stream] = run.rows
            if let row = takeRow(of: run.stream) { heads.append(row) }
        }
        for place in stride(from: heads.count / 2 - 1, through: 0, by: -1) { siftDown(place) }
    }

    /// The next rows, at most so many.
    mutating func next(_ count: Int) -> [Row] {
        var rows: [Row] = []
        while rows.count < count, let first = heads.first {
            rows.append(first)
            if let row = takeRow(of: Int(first.stream)) {
                heads[0] = row
            } else {
                let last = heads.removeLast()
                if heads.isEmpty { break }
                heads[0] = last
            }
            siftDown(0)
        }
        return rows
    }

    private mutating func takeRow(of stream: Int) -> Row? {
        let rows = rest[stream]
        if rows.isEmpty { return nil }
        var row = isBackward ? rows.upperBound - 1 : rows.lowerBound
        if let mask {
            guard let next = isBackward ? mask.last(in: rows) : mask.first(in: rows) else {
                rest[stream] = rows.upperBound..<rows.upperBound
                return nil
            }
            row = next
        }
        rest[stream] = isBackward ? rows.lowerBound..<row : row + 1..<rows.upperBound
        return Row(time: times[row], row: Int32(row), stream: Int32(stream))
    }

    private func precedes(_ left: Row, _ right: Row) -> Bool {
        if left.time != right.time { return isBackward ? left.time > right.time : left.time < right.time }
        return isBackward ? left.row > right.row : left.row < right.row
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        while true {
            var first = place
            for child in [2 * place + 1, 2 * place + 2] where child < heads.count && precedes(heads[child], heads[first]) { first = child }
            if first == place { return }
            heads.swapAt(place, first)
            place = first
        }
    }
}
