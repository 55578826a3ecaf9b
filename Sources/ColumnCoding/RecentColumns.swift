internal import ByteCoding

/// The columns of a page under construction that a new one may equal.
///
/// A hash finds the column; equality of the values themselves decides.
struct RecentColumns<Value: BitPatternComparable> {
    private struct Known {
        var hash: UInt64
        var index: Int
        var values: [Value]
    }

    private var known: [Known] = []
    private var slotByHash: [UInt64: Int] = [:]
    private let capacity: Int
    private var oldest = 0

    /// - Parameter capacity: how many of the last columns are remembered.
    init(capacity: Int) { self.capacity = capacity }

    /// The index under which an equal column was remembered.
    func index(of values: Span<Value>, hash: UInt64) -> Int? {
        guard let slot = slotByHash[hash], known[slot].hash == hash, RecentColumns.areEqual(known[slot].values, values) else {
            return nil
        }
        return known[slot].index
    }

    mutating func remember(_ values: Span<Value>, hash: UInt64, index: Int) {
        if known.count < capacity {
            known.append(Known(hash: hash, index: index, values: []))
            slotByHash[hash] = known.count - 1
            fill(known.count - 1, values)
            return
        }
        let slot = oldest
        oldest = (oldest + 1) % capacity
        if slotByHash[known[slot].hash] == slot { slotByHash[known[slot].hash] = nil }
        known[slot].hash = hash
        known[slot].index = index
        slotByHash[hash] = slot
        fill(slot, values)
    }

    mutating func removeAll() {
        known.removeAll(keepingCapacity: true)
        slotByHash.removeAll(keepingCapacity: true)
        oldest = 0
    }

    /// The hash by which columns are found: of the bits, so that NaNs and zeros are told apart.
    static func hash(_ values: Span<Value>) -> UInt64 { values.bytes.withUnsafeBytes { hash64($0) } }

    private mutating func fill(_ slot: Int, _ values: Span<Value>) {
        known[slot].values.removeAll(keepingCapacity: true)
        known[slot].values.reserveCapacity(values.count)
        for index in values.indices { known[slot].values.append(values[index]) }
    }

    private static func areEqual(_ left: [Value], _ right: Span<Value>) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index].comparedBits != right[index].comparedBits { return false }
        return true
    }
}

/// A number that is compared by its bits, so that NaNs equal themselves and the zeros differ.
protocol BitPatternComparable: BitwiseCopyable {
    var comparedBits: UInt64 { get }
}

extension Int64: BitPatternComparable {
    var comparedBits: UInt64 { UInt64(bitPattern: self) }
}

extension Double: BitPatternComparable {
    var comparedBits: UInt64 { bitPattern }
}
