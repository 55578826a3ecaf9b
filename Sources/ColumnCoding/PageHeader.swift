internal import ByteCoding

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
public struct PageHeader: Sendable, Hashable {
    /// The number of bytes that the header takes.
    public static let size = 48
    static let magic: [UInt8] = [0x50, 0x43, 0x50, 1]
    private static let checksumOffset = 4
    private static let checkedOffset = 8

    /// Size of the page's body before compression.
    public let bodyBytes: Int
    public let chunkCount: Int
    public let sampleCount: Int
    public let minTime: Int64
    public let maxTime: Int64
    public let firstSeries: UInt32
    public let lastSeries: UInt32

    init(
        bodyBytes: Int, chunkCount: Int, sampleCount: Int, minTime: Int64, maxTime: Int64, firstSeries: UInt32, lastSeries: UInt32
    ) {
        self.bodyBytes = bodyBytes
        self.chunkCount = chunkCount
        self.sampleCount = sampleCount
        self.minTime = minTime
        self.maxTime = maxTime
        self.firstSeries = firstSeries
        self.lastSeries = lastSeries
    }

    /// Reads the header of a stored page. The checksum is verified only where `verifying` says so, since that reads the whole page.
    ///
    /// - Throws: ``ColumnCodingError`` where the bytes are no page of a known version, or damaged.
    public init(decoding bytes: [UInt8], verifying: Bool = true) throws(ColumnCodingError) {
        guard bytes.count >= PageHeader.size else { throw ColumnCodingError(.corrupt, at: bytes.count, "no room for a page header") }
        guard bytes.starts(with: PageHeader.magic) else {
            throw ColumnCodingError(.unsupportedVersion, at: 0, "page does not start with PCP 1")
        }
        if verifying { try PageHeader.verify(bytes) }
        do {
            try self.init(fieldsOf: bytes)
        } catch {
            throw ColumnCodingError(error, reading: "page header")
        }
        guard bodyBytes <= PageFormat.bodyBytesMax else {
            throw ColumnCodingError(.limitExceeded, at: 8, "body of \(bodyBytes) bytes")
        }
    }

    private init(fieldsOf bytes: [UInt8]) throws(ByteCodingError) {
        var reader = ByteReader(bytes)
        try reader.skip(PageHeader.checkedOffset)
        bodyBytes = Int(try reader.readLittleEndian(UInt32.self))
        chunkCount = Int(try reader.readLittleEndian(UInt32.self))
        sampleCount = Int(truncatingIfNeeded: try reader.readLittleEndian(UInt64.self))
        minTime = try reader.readLittleEndian()
        maxTime = try reader.readLittleEndian()
        firstSeries = try reader.readLittleEndian()
        lastSeries = try reader.readLittleEndian()
    }

    private static func verify(_ bytes: [UInt8]) throws(ColumnCodingError) {
        let stored = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[checksumOffset + $1]) << UInt32($1 * 8) }
        let computed = CRC32C.checksum(bytes, in: checkedOffset..<bytes.count)
        if stored != computed { throw ColumnCodingError(.checksumMismatch, at: checksumOffset, "stored \(stored), computed \(computed)") }
    }

    /// The header's bytes, the checksum still open.
    var bytes: [UInt8] {
        var bytes = PageHeader.magic
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(UInt32(bodyBytes))
        bytes.appendLittleEndian(UInt32(chunkCount))
        bytes.appendLittleEndian(UInt64(sampleCount))
        bytes.appendLittleEndian(minTime)
        bytes.appendLittleEndian(maxTime)
        bytes.appendLittleEndian(firstSeries)
        bytes.appendLittleEndian(lastSeries)
        return bytes
    }

    /// Writes the checksum into a page that is complete otherwise.
    static func seal(_ page: inout [UInt8]) {
        let checksum = CRC32C.checksum(page, in: checkedOffset..<page.count)
        for index in 0..<4 { page[checksumOffset + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(index * 8)) }
    }
}
