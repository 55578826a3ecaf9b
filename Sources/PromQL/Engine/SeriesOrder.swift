internal import QueryModel
internal import TelemetryModel

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Puts the series of a selection into an order that depends on their labels only, so that sums and ties come out the same wherever the
/// samples lie, and whatever other times a query asks for.
///
/// It is about the order in which storage keeps them: by metric without `_bucket`, `_count` and `_sum`, then by the other labels. Mostly there is
/// nothing to move then, and neighbours share pages.
struct OrderedSeries: SelectedSeries {
    private let base: any SelectedSeries
    private let order: [Int32]

    /// The selection itself where it is in order.
    static func ordering(_ selected: any SelectedSeries) -> any SelectedSeries {
        guard selected.count > 1 else { return selected }
        var keys = SeriesKeys(capacity: selected.count)
        for index in 0..<selected.count { keys.append(selected.labels(at: index)) }
        return keys.order.map { OrderedSeries(base: selected, order: $0) } ?? selected
    }

    var count: Int { order.count }
    func labels(at index: Int) -> LabelSet { base.labels(at: Int(order[index])) }
    func read(_ index: Int, into columns: inout SampleColumns) throws(QueryError) { try base.read(Int(order[index]), into: &columns) }
    func read(_ index: Int, into columns: inout SampleColumns, keeping memory: inout ReaderMemory) throws(QueryError) {
        try base.read(Int(order[index]), into: &columns, keeping: &memory)
    }
    func startRuns(of index: Int) throws(QueryError) -> [StartRun] { try base.startRuns(of: Int(order[index])) }
    var countsAsValues: Bool { base.countsAsValues }
    var annotations: QueryAnnotations { base.annotations }
    var reading: SelectionReading? { base.reading }
}

/// Bytes for each series, whose order is that of the series.
private struct SeriesKeys {
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]

    private static let name = Array(LabelName.metricName.utf8)
    private static let bound = Array(LabelName.bucketBound.utf8)
    private static let suffixes = ["_bucket", "_count", "_sum"].map { Array($0.utf8) }

    init(capacity: Int) {
        bytes.reserveCapacity(capacity * 192)
        starts.reserveCapacity(capacity + 1)
    }

    /// Appends the key of a series: the name without its suffix, the labels besides the name and `le`, the suffix, `le` as a number and as text.
    mutating func append(_ labels: LabelSet) {
        labels.packed.withUnsafeBufferPointer { packed in
            var name = 0..<0
            var bound = 0..<0
            var ranges = labels.labelRanges
            while let label = ranges.next() {
                if SeriesKeys.isEqual(packed, label.name, SeriesKeys.name) { name = label.value }
                if SeriesKeys.isEqual(packed, label.name, SeriesKeys.bound) { bound = label.value }
            }
            let suffix = SeriesKeys.suffixes.first { name.count > $0.count && packed[name].suffix($0.count).elementsEqual($0) }?.count ?? 0
            append(packed, name.dropLast(suffix))
            ranges = labels.labelRanges
            while let label = ranges.next() {
                if label.value == name || label.value == bound { continue }
                append(packed, label.name)
                append(packed, label.value)
            }
            bytes.append(0)
            append(packed, name.suffix(suffix))
            if !bound.isEmpty {
                let number = Double(String(decoding: packed[bound], as: UTF8.self)) ?? .infinity
                // The usual mapping of doubles to whole numbers of the same order.
                let bits = number.bitPattern >> 63 == 1 ? ~number.bitPattern : number.bitPattern | 1 << 63
                for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
                append(packed, bound)
            }
        }
        starts.append(bytes.count)
    }

    private mutating func append(_ packed: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: packed[range]))
        bytes.append(0)
    }

    private static func isEqual(_ packed: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
        range.count == name.count && packed[range].elementsEqual(name)
    }

    /// The series by their keys; nil where they are in order as they are.
    var order: [Int32]? {
        bytes.withUnsafeBytes { bytes in
            func precedes(_ left: Int, _ right: Int) -> Bool {
                let (leftCount, rightCount) = (starts[left + 1] - starts[left], starts[right + 1] - starts[right])
                guard let base = bytes.baseAddress else { return false }
                let difference = memcmp(base + starts[left], base + starts[right], Swift.min(leftCount, rightCount))
                return difference != 0 ? difference < 0 : leftCount < rightCount
            }
            let count = starts.count - 1
            if !(1..<count).contains(where: { precedes($0, $0 - 1) }) { return nil }
            return (0..<Int32(count)).sorted { precedes(Int($0), Int($1)) }
        }
    }
}
