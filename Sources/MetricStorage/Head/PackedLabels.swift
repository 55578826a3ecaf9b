/// Walks packed labels that lie anywhere in memory.
struct PackedLabels {
    /// Where one label lies.
    struct Label {
        /// Where its run begins, with the length of the name.
        var start: Int
        var name: Range<Int>
        var value: Range<Int>
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// - Precondition: the bytes stay where they are for as long as this is used, and are canonical.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> Label? {
        let start = position
        guard let name = run(), let value = run() else { return nil }
        return Label(start: start, name: name, value: value)
    }

    private mutating func run() -> Range<Int>? {
        var length = 0
        var shift = 0
        while true {
            guard position < bytes.count, shift <= 28 else { return nil }
            let byte = bytes[position]
            position += 1
            length |= Int(byte & 0x7f) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        guard length <= bytes.count - position else { return nil }
        defer { position += length }
        return position..<position + length
    }
}
