/// The order of time, in which ids are numbered.
enum TimeOrder {
    /// Rows by time, then by place.
    static func rows(_ times: [Int64]) -> [Int32] {
        let (low, high) = (times.min() ?? 0, times.max() ?? 0)
        let spread = UInt64(bitPattern: high &- low)
        let rowBits = UInt64(Int.bitWidth - max(times.count, 2).leadingZeroBitCount)
        guard spread >> (63 - rowBits) == 0 else {
            return (0..<Int32(truncatingIfNeeded: times.count)).sorted { (times[Int($0)], $0) < (times[Int($1)], $1) }
        }
        // Time and row in one number.
        var keys: [UInt64] = []
        keys.reserveCapacity(times.count)
        for (row, time) in times.enumerated() { keys.append(UInt64(bitPattern: time &- low) << rowBits | UInt64(row)) }
        keys.sort()
        let mask: UInt64 = (1 << rowBits) - 1
        return keys.map { Int32(truncatingIfNeeded: $0 & mask) }
    }

    /// Places in a column, in the order of time.
    static func places(_ order: [Int32], of columnRows: [Int32], rows: Int) -> [Int32] {
        if columnRows.count == rows { return order }
        var places = [Int32](repeating: -1, count: rows)
        for (place, row) in columnRows.enumerated() { places[Int(row)] = Int32(truncatingIfNeeded: place) }
        return order.compactMap { places[Int($0)] >= 0 ? places[Int($0)] : nil }
    }

    // MARK: Few

    /// Where some times stand among all in the order of time, and of equals in the order of their places.
    static func ranks(of places: [Int], _ times: [Int64], _ buckets: TimeBuckets) -> [Int] {
        let marked = buckets.members(ofBuckets: Set(places.map { buckets.bucket(times[$0]) }), times)
        return places.map { place in
            let bucket = buckets.bucket(times[place])
            let own = marked[bucket] ?? []
            return buckets.starts[bucket] + (own.firstIndex { times[$0] == times[place] && $0 == place } ?? 0)
        }
    }

    /// The places of times that stand at some ranks among all.
    static func places(atRanks ranks: [Int], _ times: [Int64], _ buckets: TimeBuckets) -> [Int] {
        let wanted = ranks.map { buckets.bucket(ofRank: $0) }
        let marked = buckets.members(ofBuckets: Set(wanted), times)
        return zip(ranks, wanted).compactMap { rank, bucket in marked[bucket]?[rank - buckets.starts[bucket]] }
    }
}

/// Times by short spans, to put only few of them in order.
struct TimeBuckets: Sendable {
    private static let bitsMax: UInt64 = 12
    private let low: Int64
    private let shift: UInt64
    /// Of each bucket how many times are in those before it.
    private(set) var starts: [Int] = []

    /// - Parameter bounds: no time lies outside.
    init(_ times: [Int64], within bounds: ClosedRange<Int64>) {
        low = bounds.lowerBound
        let spread = UInt64(bitPattern: bounds.upperBound &- low)
        let bits = UInt64(64 - spread.leadingZeroBitCount)
        shift = bits > TimeBuckets.bitsMax ? bits - TimeBuckets.bitsMax : 0
        var counts = [Int](repeating: 0, count: 1 << Int(TimeBuckets.bitsMax) + 1)
        for time in times { counts[bucket(time)] &+= 1 }
        starts.reserveCapacity(counts.count)
        var sum = 0
        for count in counts {
            starts.append(sum)
            sum += count
        }
    }

    @inline(__always)
    func bucket(_ time: Int64) -> Int { Int(truncatingIfNeeded: UInt64(bitPattern: time &- low) &>> shift) }

    func bucket(ofRank rank: Int) -> Int {
        var (lower, upper) = (0, starts.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if starts[middle] <= rank { lower = middle + 1 } else { upper = middle }
        }
        return lower - 1
    }

    /// The places of some buckets, each in order.
    func members(ofBuckets wanted: Set<Int>, _ times: [Int64]) -> [Int: [Int]] {
        var isWanted = [Bool](repeating: false, count: starts.count)
        for bucket in wanted { isWanted[bucket] = true }
        var members: [Int: [Int]] = [:]
        for (place, time) in times.enumerated() where isWanted[bucket(time)] { members[bucket(time), default: []].append(place) }
        for bucket in wanted { members[bucket]?.sort { (times[$0], $0) < (times[$1], $1) } }
        return members
    }
}
