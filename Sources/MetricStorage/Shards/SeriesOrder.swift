internal import ByteCoding

/// The order in which a shard numbers new series: what is alike stands together, because pages hold neighbours.
///
/// First the metric family (the name without `_bucket`, `_count`, `_sum`), then the labels besides name and `le`, then the rest of the name, then
/// `le` as a number: so a metric's series are together for queries, and a classic histogram's buckets, count and sum follow each other.
enum SeriesOrder {
    private static let suffixes: [[UInt8]] = ["_bucket", "_count", "_sum"].map { Array($0.utf8) }
    private static let nameLabel = Array("__name__".utf8)
    private static let boundLabel = Array("le".utf8)

    /// Appends bytes whose order is that of the series.
    static func appendKey(of packed: UnsafeRawBufferPointer, to key: inout [UInt8]) {
        var labels = PackedLabels(packed)
        var name = 0..<0
        var bound: Range<Int>?
        var rest: [PackedLabels.Label] = []
        while let label = labels.next() {
            if packed[label.name].elementsEqual(nameLabel) {
                name = label.value
            } else if packed[label.name].elementsEqual(boundLabel) {
                bound = label.value
            } else {
                rest.append(label)
            }
        }
        let suffix = suffixes.first { name.count > $0.count && packed[name].suffix($0.count).elementsEqual($0) }?.count ?? 0
        key.append(contentsOf: packed[name.dropLast(suffix)])
        key.append(0)
        for label in rest {
            key.append(contentsOf: packed[label.name])
            key.append(0)
            key.append(contentsOf: packed[label.value])
            key.append(0)
        }
        // Below every label name.
        key.append(0)
        key.append(contentsOf: packed[name.suffix(suffix)])
        key.append(0)
        if let bound {
            let number = Double(String(decoding: packed[bound], as: UTF8.self)) ?? .infinity
            let bits = number.bitPattern
            // The usual mapping of doubles to whole numbers of the same order.
            key.appendBigEndian(bits >> 63 == 1 ? ~bits : bits | 1 << 63)
            key.append(contentsOf: packed[bound])
        }
    }
}
