internal import ByteCoding

/// Numbers for runs of bytes, so that equal ones are known by one number: the labels of lines.
struct LabelTable: Sendable {
    /// The runs by number.
    private(set) var keys: [[UInt8]] = []
    /// The first number of each hash.
    private var firsts: [UInt64: Int32] = [:]
    /// Of each number the next one with the same hash; -1 for none.
    private var nexts: [Int32] = []

    var count: Int { keys.count }

    /// The number of a run, a new one where it is not known yet.
    mutating func number(of key: [UInt8]) -> Int32 {
        let hash = hash64(key)
        var candidate = firsts[hash] ?? -1
        while candidate >= 0 {
            if keys[Int(candidate)] == key { return candidate }
            candidate = nexts[Int(candidate)]
        }
        let number = Int32(keys.count)
        nexts.append(firsts[hash] ?? -1)
        firsts[hash] = number
        keys.append(key)
        return number
    }
}
