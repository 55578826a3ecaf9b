/// A finished page: its bytes, and what a catalogue of pages wants to know of it.
public struct EncodedPage: Sendable {
    /// What is stored. ``ChunkPage`` reads it.
    public let bytes: [UInt8]
    /// The earliest and the latest timestamp of all chunks.
    public let minTime: Int64
    public let maxTime: Int64
    /// The least and the greatest series of all chunks.
    public let firstSeries: UInt32
    public let lastSeries: UInt32
    public let chunkCount: Int
    public let sampleCount: Int
    /// Size of the page before compression.
    public let uncompressedBytes: Int
}

/// The fixed part in front of a page, readable without decompressing it. Numbers are little-endian.
///
///     0   u8[4]  "PCP" and the version, 1
///     4   u32    CRC32C of everything that follows
///     8   u32    size of the body before compression
///     12  u32    chunks
///     16  u64    samples
///     24  i64    earliest timestamp
///     32  i64    latest timestamp
///     40  u32    first series
///     44  u32    last series
///     48         body, one zstd frame
struct PageHeader {
    static let size = 48
    static let magic: [UInt8] = [0x50, 0x43, 0x50, 1]
    static let checksumOffset = 4
    static let checkedOffset = 8
    /// A page larger than this is no page of ours.
    static let bodyBytesMax = 256 << 20

    var bodyBytes: UInt32
    var chunkCount: UInt32
    var sampleCount: UInt64
    var minTime: Int64
    var maxTime: Int64
    var firstSeries: UInt32
    var lastSeries: UInt32
}
