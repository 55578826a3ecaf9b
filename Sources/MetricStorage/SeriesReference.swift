/// A short name for a series of the head, given by an append and good for later appends.
///
/// It may become unknown once the series has been silent for long, and never means another series: it carries how often its place
/// was taken. Not to be stored: it means nothing to another process.
public struct SeriesReference: Sendable, Hashable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// A reference that no series has.
    public static let unknown = SeriesReference(rawValue: .max)

    // Bits 0...3: partition; 4...35: place within the partition; 36...63: how often the place was taken.
    static let partitionBits: UInt64 = 4
    static let partitionCount = 1 << Int(partitionBits)

    static let lifeMask: UInt32 = 0xfff_ffff

    @inline(__always)
    init(partition: Int, place: UInt32, life: UInt32) {
        rawValue = UInt64(partition) | UInt64(place) << SeriesReference.partitionBits | UInt64(life & SeriesReference.lifeMask) << 36
    }

    @inline(__always) var partition: Int { Int(rawValue & (1 << SeriesReference.partitionBits - 1)) }
    @inline(__always) var place: UInt32 { UInt32(truncatingIfNeeded: rawValue >> SeriesReference.partitionBits) }
    @inline(__always) var life: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 36) }

    /// Partition and place alone: what names a series within one journal segment.
    @inline(__always) var journalNumber: UInt64 { rawValue & 0xf_ffff_ffff }
}
