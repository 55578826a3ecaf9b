/// Counts different values by their hashes: exactly while they are few, by HyperLogLog (P. Flajolet et al., 2007) with an error of some 3 % when
/// they are many.
struct DistinctCounter: Sendable {
    private static let exactMax = 4096
    private static let indexBits = 10

    private var exact: Set<UInt64> = []
    /// The greatest number of zeros in front, plus one, of the hashes of each register. Empty while the count is exact.
    private var registers: [UInt8] = []

    /// - Parameter hash: of good quality in all its bits.
    mutating func insert(_ hash: UInt64) {
        guard registers.isEmpty else { return note(hash) }
        exact.insert(hash)
        guard exact.count > DistinctCounter.exactMax else { return }
        registers = [UInt8](repeating: 0, count: 1 << DistinctCounter.indexBits)
        for hash in exact { note(hash) }
        exact = []
    }

    private mutating func note(_ hash: UInt64) {
        let index = Int(hash >> UInt64(64 - DistinctCounter.indexBits))
        let rest = hash << UInt64(DistinctCounter.indexBits) | 1 << UInt64(DistinctCounter.indexBits - 1)
        registers[index] = max(registers[index], UInt8(rest.leadingZeroBitCount + 1))
    }

    var count: Int {
        guard !registers.isEmpty else { return exact.count }
        let size = Double(registers.count)
        var sum = 0.0
        for register in registers { sum += Double(sign: .plus, exponent: -Int(register), significand: 1) }
        // With four values and more to a register, the estimate needs no correction for empty ones.
        return Int((0.7213 / (1 + 1.079 / size) * size * size / sum).rounded())
    }
}
