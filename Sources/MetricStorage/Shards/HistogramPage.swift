internal import ByteCoding
internal import Compression
internal import TelemetryModel

/// Native histograms of neighbouring series in one page.
///
///     "PHP" and the version, 1 · CRC32C of the rest u32 · length of the body · zstd of the body
///     body: for each series its number, how many histograms, and these in order of time
struct HistogramPage {
    static let magic: [UInt8] = [0x50, 0x48, 0x50, 1]
    /// A guard before memory is taken.
    private static let bodyBytesMax = 256 << 20

    /// Sorted by series.
    let series: [(number: UInt32, histograms: [HistogramSample])]

    static func encode(_ series: [(number: UInt32, histograms: [HistogramSample])], _ compressor: ZstdCompressor) throws -> [UInt8] {
        var body: [UInt8] = []
        for (number, histograms) in series {
            body.appendVarint(UInt64(number))
            body.appendVarint(count: histograms.count)
            for histogram in histograms { HistogramCoding.encode(histogram, into: &body) }
        }
        var bytes = magic + [0, 0, 0, 0]
        bytes.appendVarint(count: body.count)
        try compressor.compress(body, into: &bytes)
        let checksum = CRC32C.checksum(bytes, in: 8..<bytes.count)
        for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(index * 8)) }
        return bytes
    }

    init(decoding bytes: [UInt8], _ decompressor: ZstdDecompressor) throws {
        var reader = ByteReader(bytes)
        guard bytes.starts(with: HistogramPage.magic) else { throw ByteCodingError(.invalidValue, at: 0) }
        try reader.skip(4)
        guard try reader.readLittleEndian(UInt32.self) == CRC32C.checksum(bytes, in: 8..<bytes.count) else {
            throw ByteCodingError(.invalidValue, at: 4)
        }
        let length = try reader.readCount(limit: HistogramPage.bodyBytesMax)
        var body = ByteReader(try decompressor.decompress(bytes, in: reader.position..<bytes.count, limit: length))
        var series: [(number: UInt32, histograms: [HistogramSample])] = []
        while !body.isAtEnd {
            guard let number = UInt32(exactly: try body.readVarint()) else { throw ByteCodingError(.invalidValue, at: body.position) }
            let count = try body.readCount(limit: body.remaining)
            var histograms: [HistogramSample] = []
            histograms.reserveCapacity(count)
            for _ in 0..<count { histograms.append(try HistogramCoding.decodeHistogram(&body)) }
            series.append((number, histograms))
        }
        self.series = series
    }
}
