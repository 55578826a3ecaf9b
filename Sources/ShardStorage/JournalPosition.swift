/// A place in the journal: behind an entry of a segment, or with entry 0 at the segment's beginning. Later is greater.
public struct JournalPosition: Sendable, Hashable, Comparable {
    /// The segment's number; numbers rise over the life of a folder.
    public var segment: UInt64
    /// The number of the entry within the segment, from 1.
    public var entry: Int64

    public init(segment: UInt64, entry: Int64 = 0) {
        self.segment = segment
        self.entry = entry
    }

    public static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        (left.segment, left.entry) < (right.segment, right.entry)
    }
}
