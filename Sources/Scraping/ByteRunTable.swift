/// Numbers runs of bytes: each different run gets the next number from 0, and is found again by its bytes.
///
/// All runs lie in one array, the table is open-addressed, so finding and adding a run allocates nothing but growth.
struct ByteRunTable: Sendable {
    private struct Run {
        var hash: UInt64
        var start: Int32
        var count: Int32
    }

    private(set) var bytes: [UInt8] = []
    private var runs: [Run] = []
    /// Numbers of runs plus 1, by hash; 0 is a free place. The count is a power of two.
    private var places: [Int32] = []

    /// The number of runs.
    var count: Int { runs.count }

    /// Where a run lies in ``bytes``.
    func range(of number: Int) -> Range<Int> {
        let start = Int(runs[number].start)
        return start..<start + Int(runs[number].count)
    }

    /// Whether run `number` is these bytes; false where there is no such run.
    func isRun(_ number: Int, _ other: [UInt8], _ range: Range<Int>) -> Bool {
        guard number < runs.count, Int(runs[number].count) == range.count else { return false }
        return equalBytes(bytes, self.range(of: number), other, range)
    }

    /// The number of a run, nil where it is not there.
    func number(of other: [UInt8], _ range: Range<Int>) -> Int? {
        if places.isEmpty { return nil }
        let hash = hashOfBytes(other, range)
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while places[place] != 0 {
            let number = Int(places[place]) - 1
            if runs[number].hash == hash, isRun(number, other, range) { return number }
            place = (place + 1) & mask
        }
        return nil
    }

    /// Adds a run that is not there yet; gives its number, nil where the table is as large as it can be (2 GiB).
    mutating func add(_ other: [UInt8], _ range: Range<Int>) -> Int? {
        guard bytes.count + range.count <= Int(Int32.max), runs.count < Int(Int32.max) / 4 else { return nil }
        if runs.count * 2 >= places.count { grow() }
        let run = Run(hash: hashOfBytes(other, range), start: Int32(bytes.count), count: Int32(range.count))
        bytes.append(contentsOf: other[range])
        runs.append(run)
        enter(runs.count - 1)
        return runs.count - 1
    }

    private mutating func grow() {
        places = [Int32](repeating: 0, count: max(64, places.count * 2))
        for number in runs.indices { enter(number) }
    }

    private mutating func enter(_ number: Int) {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: runs[number].hash) & mask
        while places[place] != 0 { place = (place + 1) & mask }
        places[place] = Int32(number + 1)
    }
}
