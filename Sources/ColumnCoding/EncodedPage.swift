/// A finished page: its bytes, and what a catalogue of pages wants to know of it.
public struct EncodedPage: Sendable {
    /// What is stored. ``ChunkPage`` reads it.
    public let bytes: [UInt8]
    /// What the page says of itself.
    public let header: PageHeader

    /// The earliest and the latest timestamp of all chunks.
    public var minTime: Int64 { header.minTime }
    public var maxTime: Int64 { header.maxTime }
    /// The least and the greatest series of all chunks.
    public var firstSeries: UInt32 { header.firstSeries }
    public var lastSeries: UInt32 { header.lastSeries }
    public var chunkCount: Int { header.chunkCount }
    public var sampleCount: Int { header.sampleCount }
    /// Size of the page before compression.
    public var uncompressedBytes: Int { header.bodyBytes }
}

/// Limits of the page format.
enum PageFormat {
    /// A body larger than this is none of ours.
    static let bodyBytesMax = 256 << 20
    /// Repetitions shorter than this are noise in the lanes; found out by trying.
    static let matchLengthMin: Int32 = 7
    /// How many columns have to be decoded before one that refers to others.
    static let referenceDepthMax = 8
}
