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

    /// Slots, used around from `oldest` on; their memory is used again.
    private var known: [Known] = []
    private var oldest = 0
    private var used = 0
    private var valuesHeld = 0
    private var slotByHash: [UInt64: Int] = [:]
    private let capacity: Int
    private let valuesMax: Int

    /// - Parameters:
    ///   - capacity: how many of the last columns are remembered.
    ///   - valuesMax: how many values these may have together.
    init(capacity: Int, valuesMax: Int) {
        self.capacity = capacity
        self.valuesMax = valuesMax
    }

    /// The index under which an equal column was remembered.
    func index(of values: Span<Value>, hash: UInt64) -> Int? {
        guard let slot = slotByHash[hash], RecentColumns.areEqual(known[slot].values, values) else { return nil }
        return known[slot].index
    }

    mutating func remember(_ values: Span<Value>, hash: UInt64, index: Int) {
        while used > 0, used == capacity || valuesHeld + values.count > valuesMax { forgetOldest() }
        let slot = (oldest + used) % capacity
        if slot == known.count { known.append(Known(hash: hash, index: index, values: [])) }
        known[slot].hash = hash
        known[slot].index = index
        fill(slot, values)
        slotByHash[hash] = slot
        used += 1
        valuesHeld += values.count
    }

    mutating func removeAll() {
        slotByHash.removeAll(keepingCapacity: true)
        oldest = 0
        used = 0
        valuesHeld = 0
    }

    private mutating func forgetOldest() {
        if slotByHash[known[oldest].hash] == oldest { slotByHash[known[oldest].hash] = nil }
        valuesHeld -= known[oldest].values.count
        oldest = (oldest + 1) % capacity
        used -= 1
    }

    /// The hash by which columns are found: of the bits, so that NaNs and zeros are told apart.
    static func hash(_ values: Span<Value>) -> UInt64 { values.bytes.withUnsafeBytes { hash64($0) } }

    private mutating func fill(_ slot: Int, _ values: Span<Value>) {
        known[slot].values.removeAll(keepingCapacity: known[slot].values.capacity < 4 * values.count + 1024)
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
