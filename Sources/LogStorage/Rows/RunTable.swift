internal import ByteCoding
internal import TelemetryModel

/// Distinct texts, numbered in the order in which they came.
struct RunTable: Sendable {
    private(set) var texts = PackedTexts()
    /// Open addressing: the upper half of a slot is of the hash, the lower half is the number plus 1.
    private var slots: [UInt64]

    init(capacity: Int = 32) {
        var size = 64
        while size < capacity * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
    }

    var count: Int { texts.count }

    /// The number of a text, which is added where it is new.
    mutating func intern(_ run: Run) -> Int32 {
        let hash = hash64(run.bytes)
        let tag = hash & 0xffff_ffff_0000_0000
        let mask = slots.count &- 1
        var index = Int(truncatingIfNeeded: hash >> 32) & mask
        while slots[index] != 0 {
            if slots[index] & 0xffff_ffff_0000_0000 == tag {
                let code = Int(slots[index] & 0xffff_ffff) &- 1
                if isEqual(code, run) { return Int32(truncatingIfNeeded: code) }
            }
            index = (index &+ 1) & mask
        }
        let code = texts.count
        texts.append(run.bytes)
        slots[index] = tag | UInt64(code + 1)
        if texts.count * 2 > slots.count { grow() }
        return Int32(truncatingIfNeeded: code)
    }

    /// The number of a text; nil where it is not there.
    func code(of run: Run) -> Int32? {
        let hash = hash64(run.bytes)
        let tag = hash & 0xffff_ffff_0000_0000
        let mask = slots.count &- 1
        var index = Int(truncatingIfNeeded: hash >> 32) & mask
        while slots[index] != 0 {
            if slots[index] & 0xffff_ffff_0000_0000 == tag {
                let code = Int(slots[index] & 0xffff_ffff) &- 1
                if isEqual(code, run) { return Int32(truncatingIfNeeded: code) }
            }
            index = (index &+ 1) & mask
        }
        return nil
    }

    @inline(__always)
    private func isEqual(_ code: Int, _ run: Run) -> Bool {
        let range = texts.range(code)
        guard range.count == run.count else { return false }
        return texts.bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, run.count > 0 else { return true }
            return Run.areEqual(Run(base: base + range.lowerBound, count: range.count), run)
        }
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        let mask = slots.count - 1
        for slot in old where slot != 0 {
            var index = Int(truncatingIfNeeded: slot >> 32) & mask
            while slots[index] != 0 { index = (index + 1) & mask }
            slots[index] = slot
        }
    }
}
