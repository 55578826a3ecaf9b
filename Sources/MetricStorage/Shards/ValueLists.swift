/// The values of one label of a shard in the order of their bytes, each with the series that have it.
struct ValueLists: Sendable {
    private var text: [UInt8] = []
    private var series: [UInt32] = []
    /// Where the value and the series of each end.
    private var ends: [(text: Int, series: Int)] = []

    init() {}

    var count: Int { ends.count }

    /// Bytes in memory, about.
    var memoryBytes: Int { text.count + series.count * 4 + ends.count * 16 }

    /// Adds series of a value, whose numbers are greater than all that it has. Values come in rising order.
    mutating func append(_ value: UnsafeRawBufferPointer, _ more: [UInt32]) {
        guard !more.isEmpty else { return }
        if !ends.isEmpty, isEqual(ends.count - 1, value) {
            series += more
            ends[ends.count - 1].series = series.count
        } else {
            text.append(contentsOf: value)
            series += more
            ends.append((text.count, series.count))
        }
    }

    /// Lends a value.
    func withValue<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try text.withUnsafeBytes { raw in
            try body(UnsafeRawBufferPointer(rebasing: raw[(index == 0 ? 0 : ends[index - 1].text)..<ends[index].text]))
        }
    }

    /// The series of a value, sorted.
    func series(_ index: Int) -> ArraySlice<UInt32> { series[(index == 0 ? 0 : ends[index - 1].series)..<ends[index].series] }

    /// The series of a value, sorted; nil where no series has it. O(log values).
    func series(of value: String) -> ArraySlice<UInt32>? {
        var value = value
        return value.withUTF8 { wanted in
            let wanted = UnsafeRawBufferPointer(wanted)
            var low = 0
            var high = count
            while low < high {
                let middle = (low + high) / 2
                if withValue(middle, { compareBytes($0, wanted) }) < 0 { low = middle + 1 } else { high = middle }
            }
            return low < count && isEqual(low, wanted) ? series(low) : nil
        }
    }

    private func isEqual(_ index: Int, _ value: UnsafeRawBufferPointer) -> Bool {
        withValue(index) { $0.count == value.count && $0.elementsEqual(value) }
    }
}
