/// Texts one after the other in one run of bytes, so that many short ones cost no object each. Not necessarily UTF-8.
public struct PackedTexts: Sendable, Hashable {
    /// All bytes, text after text.
    public private(set) var bytes: [UInt8] = []
    /// Where each text ends in ``bytes``; it begins where the one before it ends.
    public private(set) var ends: [Int] = []

    public init() {}

    /// Takes texts that lie so already.
    ///
    /// - Precondition: `ends` never falls, and its last element is the number of bytes.
    public init(bytes: [UInt8], ends: [Int]) {
        precondition((ends.last ?? 0) == bytes.count, "BUG: the last text does not end where the bytes end")
        self.bytes = bytes
        self.ends = ends
    }

    /// The number of texts.
    @inlinable
    public var count: Int { ends.count }

    @inlinable
    public var isEmpty: Bool { ends.isEmpty }

    /// Where a text lies in ``bytes``. O(1).
    @inlinable
    public func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    /// A text as a string; what is not UTF-8 becomes U+FFFD.
    public func string(_ index: Int) -> String { String(decoding: bytes[range(index)], as: UTF8.self) }

    /// Makes room for texts to come.
    public mutating func reserveCapacity(texts: Int, bytes byteCount: Int) {
        ends.reserveCapacity(texts)
        bytes.reserveCapacity(byteCount)
    }

    @inlinable
    public mutating func append(_ text: some Collection<UInt8>) { append { $0.append(contentsOf: text) } }

    /// Appends a text that the closure writes at the end of the bytes.
    public mutating func append(_ write: (inout [UInt8]) -> Void) {
        write(&bytes)
        ends.append(bytes.count)
    }

    /// Removes all texts and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}
