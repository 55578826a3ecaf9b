/// The keys of attributes that are looked for in resources and spans.
struct AttributeKeys: Sendable {
    private(set) var keys: [[UInt8]] = []
    /// Bit `n` says that a key of `n` bytes is looked for; the highest stands for all longer ones.
    private var lengths: UInt64 = 0

    var count: Int { keys.count }

    /// The number of a key; the same for the same key.
    mutating func number(of key: String) -> Int {
        let bytes = Array(key.utf8)
        if let known = keys.firstIndex(of: bytes) { return known }
        keys.append(bytes)
        lengths |= 1 << UInt64(min(bytes.count, 63))
        return keys.count - 1
    }

    @inline(__always)
    func find(_ key: UnsafeRawBufferPointer) -> Int? {
        if lengths >> UInt64(min(key.count, 63)) & 1 == 0 { return nil }
        for number in keys.indices where keys[number].count == key.count && keys[number].elementsEqual(key) { return number }
        return nil
    }
}

/// Where a value lies in a message: the bytes of an `AnyValue`.
struct ValuePlace: Sendable {
    var start: Int32 = -1
    var end: Int32 = -1

    static let none = ValuePlace()
    init() {}
    init(_ range: Range<Int>) {
        start = Int32(truncatingIfNeeded: range.lowerBound)
        end = Int32(truncatingIfNeeded: range.upperBound)
    }

    @inline(__always) var isFound: Bool { start >= 0 }
    @inline(__always) var range: Range<Int> { Int(start)..<Int(end) }
}
