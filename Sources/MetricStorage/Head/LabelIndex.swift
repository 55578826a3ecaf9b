internal import ByteCoding

/// The index of the head: label pairs to series numbers (place and partition), for all partitions together.
///
/// A pair is the run of bytes that stands for it in packed labels (both lengths and both texts), and exists once here.
struct LabelIndex: PostingSource {
    private struct Pair {
        var hash: UInt64
        var start: UInt32
        var nameCount: UInt32
        var valueStart: UInt32
        var valueCount: UInt32
        var series: [UInt32]
    }

    private var pairs: [Pair] = []
    private var buckets: [UInt32] = [UInt32](repeating: 0, count: 64)
    private var bytes: [UInt8] = []
    /// The pairs of the series that came last, by position of the label.
    private var latest: [UInt32] = []
    /// The pairs of each label name.
    private var pairsByName: [[UInt8]: [UInt32]] = [:]

    var memoryBytes: Int {
        bytes.count + buckets.count * 4 + pairs.reduce(0) { $0 + MemoryLayout<Pair>.stride + $1.series.capacity * 4 + 40 }
    }

    /// Takes in a series under every label pair it has.
    mutating func insert(_ packed: UnsafeRawBufferPointer, series: UInt32) {
        var cursor = PackedLabels(packed)
        var position = 0
        while let label = cursor.next() {
            let run = UnsafeRawBufferPointer(rebasing: packed[label.start..<label.value.upperBound])
            if position == latest.count { latest.append(.max) }
            // Series come target by target: most pairs are those of the series before.
            if latest[position] == .max || !isRun(latest[position], run) {
                latest[position] = pairNumber(packed, label, run)
            }
            pairs[Int(latest[position])].series.append(series)
            position += 1
        }
    }

    private mutating func pairNumber(_ packed: UnsafeRawBufferPointer, _ label: PackedLabels.Label, _ run: UnsafeRawBufferPointer) -> UInt32
    {
        let hash = hash64(run)
        let mask = buckets.count - 1
        var bucket = Int(truncatingIfNeeded: hash) & mask
        while buckets[bucket] != 0 {
            let number = buckets[bucket] - 1
            if pairs[Int(number)].hash == hash, isRun(number, run) { return number }
            bucket = (bucket + 1) & mask
        }
        let number = UInt32(pairs.count)
        let start = bytes.count
        bytes.append(contentsOf: run)
        pairs.append(
            Pair(
                hash: hash, start: UInt32(start), nameCount: UInt32(label.name.count),
                valueStart: UInt32(start + label.value.lowerBound - label.start), valueCount: UInt32(label.value.count), series: []))
        let name = [UInt8](packed[label.name])
        pairsByName[name, default: []].append(number)
        buckets[bucket] = number + 1
        if pairs.count * 4 > buckets.count * 3 { rebuildBuckets(count: buckets.count * 2) }
        return number
    }

    private func isRun(_ number: UInt32, _ run: UnsafeRawBufferPointer) -> Bool {
        let pair = pairs[Int(number)]
        let end = Int(pair.valueStart + pair.valueCount)
        guard end - Int(pair.start) == run.count else { return false }
        return bytes.withUnsafeBytes { areEqual($0, at: Int(pair.start), run) }
    }

    private mutating func rebuildBuckets(count: Int) {
        buckets = [UInt32](repeating: 0, count: count)
        let mask = count - 1
        for (number, pair) in pairs.enumerated() {
            var bucket = Int(truncatingIfNeeded: pair.hash) & mask
            while buckets[bucket] != 0 { bucket = (bucket + 1) & mask }
            buckets[bucket] = UInt32(number + 1)
        }
    }

    /// Forgets series, given as a set of their numbers, and the pairs that no series has any more.
    mutating func remove(_ gone: Set<UInt32>) {
        let old = self
        self = LabelIndex()
        for pair in old.pairs {
            let left = pair.series.filter { !gone.contains($0) }
            guard !left.isEmpty else { continue }
            let start = bytes.count
            bytes.append(contentsOf: old.bytes[Int(pair.start)..<Int(pair.valueStart + pair.valueCount)])
            let name = Array(old.bytes[old.nameRange(pair)])
            pairsByName[name, default: []].append(UInt32(pairs.count))
            var kept = pair
            kept.series = left
            kept.start = UInt32(start)
            kept.valueStart = UInt32(start) + pair.valueStart - pair.start
            pairs.append(kept)
        }
        var count = 64
        while pairs.count * 4 > count * 3 { count *= 2 }
        rebuildBuckets(count: count)
    }

    private func nameRange(_ pair: Pair) -> Range<Int> {
        let end = Int(pair.valueStart) - varintLength(UInt64(pair.valueCount))
        return end - Int(pair.nameCount)..<end
    }

    // MARK: Looking up

    func series(name: String, value: String) -> [UInt32] {
        pair(name: name, value: value).map { SeriesList.normalized($0.series) } ?? []
    }

    /// How many series have a label pair. O(1).
    func seriesCount(name: String, value: String) -> Int { pair(name: name, value: value)?.series.count ?? 0 }

    /// How many values a label has. O(1).
    func valueCount(of name: String) -> Int { pairsByName[Array(name.utf8)]?.count ?? 0 }

    private func pair(name: String, value: String) -> Pair? {
        guard !name.isEmpty, !value.isEmpty else { return nil }
        var run: [UInt8] = []
        run.appendLengthPrefixed(name.utf8)
        run.appendLengthPrefixed(value.utf8)
        return run.withUnsafeBytes { run in
            let hash = hash64(run)
            let mask = buckets.count - 1
            var bucket = Int(truncatingIfNeeded: hash) & mask
            while buckets[bucket] != 0 {
                let number = buckets[bucket] - 1
                if pairs[Int(number)].hash == hash, isRun(number, run) { return pairs[Int(number)] }
                bucket = (bucket + 1) & mask
            }
            return nil
        }
    }

    func series(name: String, where passes: (UnsafeRawBufferPointer) -> Bool) -> [UInt32] {
        var found: [UInt32] = []
        bytes.withUnsafeBytes { raw in
            for number in pairsByName[Array(name.utf8)] ?? [] {
                let pair = pairs[Int(number)]
                let value = Int(pair.valueStart)..<Int(pair.valueStart + pair.valueCount)
                if passes(UnsafeRawBufferPointer(rebasing: raw[value])) { found += pair.series }
            }
        }
        return SeriesList.normalized(found)
    }

    func allSeries() -> [UInt32] {
        var found: [UInt32] = []
        for pair in pairs { found += pair.series }
        return SeriesList.normalized(found)
    }

    /// Lends every pair with its series, which are sorted.
    func forEachPair(_ body: (_ name: String, _ value: String, _ series: [UInt32]) throws -> Void) rethrows {
        for pair in pairs {
            let name = String(decoding: bytes[nameRange(pair)], as: UTF8.self)
            let value = String(decoding: bytes[Int(pair.valueStart)..<Int(pair.valueStart + pair.valueCount)], as: UTF8.self)
            try body(name, value, SeriesList.normalized(pair.series))
        }
    }

    /// The names of labels, in no particular order.
    var names: [String] { pairsByName.keys.map { String(decoding: $0, as: UTF8.self) } }

    /// The values of a label, in no particular order; only those of the given series (sorted) where there are any given.
    func values(of name: String, among series: [UInt32]?) -> [String] {
        (pairsByName[Array(name.utf8)] ?? []).compactMap { number in
            let pair = pairs[Int(number)]
            if let series, SeriesList.intersection(SeriesList.normalized(pair.series), series).isEmpty { return nil }
            return String(decoding: bytes[Int(pair.valueStart)..<Int(pair.valueStart + pair.valueCount)], as: UTF8.self)
        }
    }
}
