public import ByteCoding
public import Compression

/// One part of a block: columns that are read together. What compresses is in its soft bytes, what does not in its hard bytes.
///
///     CRC32C of all that follows, u32 · flags u8 (1: the soft bytes are a zstd frame) · length of the soft bytes, and of what stands for them
///     (varints) · soft bytes · hard bytes
public struct PartWriter: Sendable {
    public var soft: [UInt8] = []
    public var hard: [UInt8] = []
    /// Where bytes of another nature begin in the soft bytes.
    private var sections: [Int] = []

    public init() {}

    /// Says that what comes next in the soft bytes is of another nature than what is there.
    public mutating func beginSection() {
        if soft.count - (sections.last ?? 0) >= 512 { sections.append(soft.count) }
    }

    /// The bytes to store.
    public func encoded(_ compressor: ZstdCompressor) throws(CompressionError) -> [UInt8] {
        var frame: [UInt8] = []
        if soft.count >= 24 { try compressor.compress(soft, sectionEnds: sections.filter { $0 < soft.count }, into: &frame) }
        let isCompressed = soft.count >= 24 && frame.count < soft.count
        let stored = isCompressed ? frame : soft
        var bytes: [UInt8] = [0, 0, 0, 0, isCompressed ? 1 : 0]
        bytes.reserveCapacity(stored.count + hard.count + 16)
        bytes.appendVarint(count: soft.count)
        bytes.appendVarint(count: stored.count)
        bytes.append(contentsOf: stored)
        bytes.append(contentsOf: hard)
        let sum = CRC32C.checksum(bytes, in: 4..<bytes.count)
        for shift in 0..<4 { bytes[shift] = UInt8(truncatingIfNeeded: sum >> UInt32(shift * 8)) }
        return bytes
    }
}

/// A part whose checksum was found right, with its soft bytes decompressed.
public struct DecodedPart: Sendable {
    /// What a part may have at most, decompressed; far more than any block needs.
    public static let softBytesMax = 1 << 30

    public let soft: [UInt8]
    public let hard: [UInt8]

    public init(_ bytes: [UInt8], _ decompressor: ZstdDecompressor) throws(BlockError) {
        let place: (length: Int, stored: Range<Int>, isCompressed: Bool)
        do throws(ByteCodingError) { place = try DecodedPart.place(in: bytes) } catch {
            throw BlockError(error.offset == 0 ? "the checksum does not hold" : "\(error)")
        }
        hard = Array(bytes[place.stored.upperBound...])
        if place.isCompressed {
            do { soft = try decompressor.decompress(bytes, in: place.stored, limit: place.length) } catch { throw BlockError("\(error)") }
        } else {
            soft = Array(bytes[place.stored])
        }
        guard soft.count == place.length else { throw BlockError("the length is another") }
    }

    private static func place(
        in bytes: [UInt8]
    ) throws(ByteCodingError) -> (length: Int, stored: Range<Int>, isCompressed: Bool) {
        var reader = ByteReader(bytes)
        let sum = try reader.readLittleEndian(UInt32.self)
        guard CRC32C.checksum(bytes, in: 4..<bytes.count) == sum else { throw ByteCodingError(.invalidValue, at: 0) }
        let flags = try reader.readUInt8()
        guard flags <= 1 else { throw ByteCodingError(.invalidValue, at: 4) }
        let length = try reader.readCount(limit: softBytesMax)
        return (length, try reader.readLengthPrefixed(), flags == 1)
    }

    /// A part without any bytes.
    public static func empty() -> DecodedPart { DecodedPart() }

    private init() { (soft, hard) = ([], []) }

    public var memoryBytes: Int { soft.count + hard.count }
}

/// Bytes of a block that are not what they should be.
public struct BlockError: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
    public init(_ error: ByteCodingError) { description = "\(error)" }
}

/// Walks the two kinds of bytes of a part side by side.
public struct PartReader: Sendable {
    public let part: DecodedPart
    public var soft: ByteReader
    /// The bytes of `hard` that are taken.
    public private(set) var hardPosition = 0

    public init(_ part: DecodedPart) {
        self.part = part
        soft = ByteReader(part.soft)
    }

    public mutating func takeHard(_ count: Int) throws(ByteCodingError) -> Range<Int> {
        guard count >= 0, count <= part.hard.count - hardPosition else { throw ByteCodingError(.truncated, at: hardPosition) }
        defer { hardPosition += count }
        return hardPosition..<hardPosition + count
    }

    /// All hard bytes that are left.
    public mutating func takeRestOfHard() -> Range<Int> {
        defer { hardPosition = part.hard.count }
        return hardPosition..<part.hard.count
    }

    /// Everything was read.
    public func checkEnd() throws(ByteCodingError) {
        guard soft.isAtEnd, hardPosition == part.hard.count else { throw ByteCodingError(.invalidValue, at: soft.position) }
    }
}
