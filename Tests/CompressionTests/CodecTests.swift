import Compression
import TestSupport
import Testing

private let codecs: [Codec] = [.gzip, .zlib, .deflate, .zstd(), .zstd(level: 19), .snappyBlock]

@Suite struct CodecTests {
    private static func samples() -> [[UInt8]] {
        var generator = SeededGenerator(seed: 3)
        return [
            [], [0], Array("hello hello hello".utf8), generator.bytes(10_000),
            (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 1000) },
        ]
    }

    @Test(arguments: codecs)
    func everyCodecRoundTrips(codec: Codec) {
        for sample in CodecTests.samples() {
            checkRoundTrip(sample, encode: { try codec.compress($0) }, decode: { try codec.decompress($0, limit: sample.count) })
        }
    }

    @Test(arguments: codecs)
    func theLimitIsHeldToTheByte(codec: Codec) throws {
        let sample = [UInt8](repeating: 7, count: 200_000)
        let compressed = try codec.compress(sample)
        let error = #expect(throws: CompressionError.self) { try codec.decompress(compressed, limit: sample.count - 1) }
        #expect(error?.code == .limitExceeded)
        #expect(try codec.decompress(compressed, limit: sample.count) == sample)
        #expect(try codec.decompress(compressed, limit: .max) == sample)
    }

    @Test(arguments: codecs)
    func damageAndTruncationAreErrorsAndLeaveTheOutput(codec: Codec) throws {
        var generator = SeededGenerator(seed: 4)
        let sample = Array("some text, some text, some more text and 0123456789".utf8) + generator.bytes(200)
        let compressed = try codec.compress(sample)
        checkTruncationNeverTraps(compressed) { _ = try codec.decompress($0, limit: 10_000) }
        checkDamageNeverTraps(compressed, rounds: 500, using: &generator) { bytes in
            var output: [UInt8] = [1, 2, 3]
            do {
                try bytes.withUnsafeBytes { try codec.decompress($0, limit: 10_000, into: &output) }
            } catch {
                #expect(output == [1, 2, 3])
                throw error
            }
            #expect(output.count <= 10_003)
        }
    }

    @Test func impossibleDeclaredSizesAreRefusedBeforeAllocation() throws {
        // A Snappy length of 4 GiB - 1 with nothing behind it.
        let snappy: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]
        #expect(throws: CompressionError.self) { try Codec.snappyBlock.decompress(snappy, limit: .max) }
        // A zstd frame header that promises 2^60 bytes (RFC 8878, 3.1.1.1), and one empty last block.
        let zstd: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x10, 1, 0, 0]
        #expect(throws: CompressionError.self) { try Codec.zstd().decompress(zstd, limit: .max) }
    }

    @Test(arguments: [Codec.gzip, .zlib, .deflate, .zstd()])
    func bytesBehindTheEndAreRefused(codec: Codec) throws {
        let compressed = try codec.compress([1, 2, 3])
        #expect(throws: CompressionError.self) { try codec.decompress(compressed + [9, 9, 9, 9, 9], limit: 100) }
    }

    @Test func zstdContextsAreUsedAgain() throws {
        let compressor = try ZstdCompressor(level: 3)
        let decompressor = try ZstdDecompressor()
        for sample in CodecTests.samples() {
            var compressed: [UInt8] = []
            try compressor.compress(sample, into: &compressed)
            #expect(try decompressor.decompress(compressed, limit: sample.count) == sample)
            #expect(throws: CompressionError.self) { try decompressor.decompress([1, 2, 3], limit: 100) }
        }
    }

    @Test func severalFramesAreOneStream() throws {
        let frames = try Codec.zstd().compress([1, 2]) + Codec.zstd().compress([3])
        #expect(try Codec.zstd().decompress(frames, limit: 3) == [1, 2, 3])
        #expect(throws: CompressionError.self) { try Codec.zstd().decompress(frames, limit: 2) }
    }
}

@Suite struct GzipInflaterTests {
    @Test(arguments: [1, 2, 7, 1000])
    func piecesOfAnySizeGiveTheWhole(pieceSize: Int) throws {
        let sample = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 * $0 / 77) }
        // Two members in a row, as `cat a.gz b.gz` makes them.
        let compressed = try Codec.gzip.compress(sample) + Codec.gzip.compress([1, 2, 3])
        let inflater = try GzipInflater(limit: 1 << 20)
        var output: [UInt8] = []
        var position = 0
        while position < compressed.count {
            let end = min(position + pieceSize, compressed.count)
            try inflater.feed(Array(compressed[position..<end]), into: &output)
            position = end
        }
        try inflater.finish()
        #expect(output == sample + [1, 2, 3])
    }

    @Test func theLimitHoldsOverAllPieces() throws {
        let compressed = try Codec.gzip.compress([UInt8](repeating: 0, count: 10_000_000))
        let inflater = try GzipInflater(limit: 1_000_000)
        var output: [UInt8] = []
        let error = #expect(throws: CompressionError.self) { try inflater.feed(compressed, into: &output) }
        #expect(error?.code == .limitExceeded)
        #expect(output.count <= 1_000_001)
    }

    @Test func anUnfinishedStreamIsTruncated() throws {
        let compressed = try Codec.gzip.compress([1, 2, 3])
        let inflater = try GzipInflater(limit: 100)
        var output: [UInt8] = []
        try inflater.feed(Array(compressed.dropLast()), into: &output)
        let error = #expect(throws: CompressionError.self) { try inflater.finish() }
        #expect(error?.code == .truncated)
    }
}
