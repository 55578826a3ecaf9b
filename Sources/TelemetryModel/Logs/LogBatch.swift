/// Log entries as a receiver hands them on: in columns, entries of one stream beside each other. Nothing in it is an object for each entry.
public struct LogBatch: Sendable, Hashable {
    /// One stream's part of a batch. A stream may come in several parts.
    public struct Part: Sendable, Hashable {
        /// What the stream is known by.
        public var labels: LabelSet
        /// Which entries of the batch are its.
        public var entries: Range<Int>

        public init(labels: LabelSet, entries: Range<Int>) {
            self.labels = labels
            self.entries = entries
        }
    }

    /// The parts, which cover the entries from the first to the last in order.
    public private(set) var parts: [Part] = []
    /// Of each entry: nanoseconds since 1970. In the order in which they were sent, which need not be that of time.
    public private(set) var times: [Int64] = []
    /// Of each entry: its line, byte for byte as it was sent, UTF-8 or not.
    public private(set) var lines = PackedTexts()
    /// Of each entry: its structured metadata in the canonical form of ``LabelSet/packed``; empty for none.
    public private(set) var metadata = PackedTexts()

    public init() {}

    public var entryCount: Int { times.count }

    public var isEmpty: Bool { times.isEmpty }

    /// Begins the part of a stream, to which all entries go that are appended from now on.
    public mutating func beginPart(_ labels: LabelSet) {
        parts.append(Part(labels: labels, entries: times.count..<times.count))
    }

    /// Appends an entry to the part that was begun last.
    ///
    /// - Parameter metadata: canonical, as in ``LabelSet/packed``.
    /// - Precondition: a part was begun.
    public mutating func append(
        time: Int64, line: some Collection<UInt8>, metadata packed: some Collection<UInt8> = EmptyCollection<UInt8>()
    ) {
        append(time: time, line: { $0.append(contentsOf: line) }, metadata: { $0.append(contentsOf: packed) })
    }

    /// The same with closures that write the line and the metadata where they are kept.
    public mutating func append(time: Int64, line: (inout [UInt8]) -> Void, metadata packed: (inout [UInt8]) -> Void) {
        precondition(!parts.isEmpty, "BUG: an entry without a stream")
        times.append(time)
        lines.append(line)
        metadata.append(packed)
        parts[parts.count - 1].entries = parts[parts.count - 1].entries.lowerBound..<times.count
    }
}
