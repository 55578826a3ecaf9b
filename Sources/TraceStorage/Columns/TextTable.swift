internal import ByteCoding

/// Texts and other runs of bytes, each once, numbered in the order they came. Number 0 is the empty one.
struct TextTable: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each ends; it begins where the one before it ends.
    private(set) var ends: [UInt32] = [0]
    /// Open addressing: the upper half of a slot is of the hash, the lower half is the number plus 1.
    private var slots = [UInt64](repeating: 0, count: 64)

    init() { insertSlot(code: 0, tag: TextTable.tag(UnsafeRawBufferPointer(start: nil, count: 0))) }

    var count: Int { ends.count }

    private static func tag(_ run: UnsafeRawBufferPointer) -> UInt32 { UInt32(truncatingIfNeeded: hash64(run) >> 32) }

    /// The number of a run of bytes, which is added where it is new.
    mutating func intern(_ run: UnsafeRawBufferPointer) -> UInt32 {
        let tag = TextTable.tag(run)
        if let code = find(run, tag) { return code }
        bytes.append(contentsOf: run)
        let code = UInt32(ends.count)
        ends.append(UInt32(bytes.count))
        if ends.count * 2 > slots.count { grow() }
        insertSlot(code: code, tag: tag)
        return code
    }

    mutating func intern(_ text: String) -> UInt32 {
        var text = text
        return text.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
    }

    /// The number of a run of bytes; nil where it is not there.
    func code(of run: UnsafeRawBufferPointer) -> UInt32? { find(run, TextTable.tag(run)) }

    func code(of text: String) -> UInt32? {
        var text = text
        return text.withUTF8 { code(of: UnsafeRawBufferPointer($0)) }
    }

    private func find(_ run: UnsafeRawBufferPointer, _ tag: UInt32) -> UInt32? {
        let mask = slots.count &- 1
        var index = Int(tag) & mask
        return slots.withUnsafeBufferPointer { slots in
            while slots[index] != 0 {
                if UInt32(truncatingIfNeeded: slots[index] >> 32) == tag {
                    let code = UInt32(truncatingIfNeeded: slots[index]) &- 1
                    if isEqual(code, run) { return code }
                }
                index = (index &+ 1) & mask
            }
            return nil
        }
    }

    /// Whether a run of bytes is the one of a number.
    @inline(__always)
    func isEqual(_ code: UInt32, _ run: UnsafeRawBufferPointer) -> Bool {
        let range = range(code)
        guard range.count == run.count else { return false }
        return bytes.withUnsafeBytes { areEqual(UnsafeRawBufferPointer(rebasing: $0[range]), run) }
    }

    @inline(__always)
    func range(_ code: UInt32) -> Range<Int> {
        let end = Int(ends[Int(code)])
        return (code == 0 ? 0 : Int(ends[Int(code) - 1]))..<end
    }

    func text(_ code: UInt32) -> String { String(decoding: bytes[range(code)], as: UTF8.self) }

    func withBytes<Result>(_ code: UInt32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let range = range(code)
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private mutating func insertSlot(code: UInt32, tag: UInt32) {
        let mask = slots.count - 1
        var index = Int(tag) & mask
        while slots[index] != 0 { index = (index + 1) & mask }
        slots[index] = UInt64(tag) << 32 | UInt64(code + 1)
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        for slot in old where slot != 0 {
            insertSlot(code: UInt32(truncatingIfNeeded: slot) - 1, tag: UInt32(truncatingIfNeeded: slot >> 32))
        }
    }

    /// Bytes of memory.
    var memoryBytes: Int { bytes.capacity + ends.capacity * 4 + slots.capacity * 8 }
}
