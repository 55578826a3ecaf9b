import ColumnCoding
import Compression
import TestSupport
import Testing

@Suite struct ChunkPageTests {
    private struct Chunk {
        var series: UInt32
        var timestamps: [Int64]
        var values: [Double]
    }

    /// Series with several chunks each, many with equal columns.
    private static func chunks(_ generator: inout SeededGenerator) -> [Chunk] {
        let count = 40
        let clocks = ColumnSamples.timestamps(count: count, &generator)
        var chunks: [Chunk] = []
        var series: UInt32 = 100
        for _ in 0..<5 {
            for column in ColumnSamples.all(count: count, &generator) {
                series += UInt32.random(in: 1...1000, using: &generator)
                let first = clocks.randomElement(using: &generator)!.values
                chunks.append(Chunk(series: series, timestamps: first, values: column.values))
                if Bool.random(using: &generator) {
                    chunks.append(Chunk(series: series, timestamps: first.map { $0 + 86_400_000 }, values: column.values))
                }
                chunks.append(Chunk(series: series + 1, timestamps: [first[0]], values: [column.values[0]]))
                series += 1
            }
        }
        return chunks
    }

    private static func page(_ chunks: [Chunk]) throws -> EncodedPage {
        var builder = ChunkPageBuilder()
        for chunk in chunks { builder.append(series: chunk.series, timestamps: chunk.timestamps.span, values: chunk.values.span) }
        return try builder.finish(ZstdCompressor(level: 3))
    }

    private static func decodeAll(_ bytes: [UInt8], _ decompressor: ZstdDecompressor) throws -> [Chunk] {
        let page = try ChunkPage(decoding: bytes, decompressor)
        return try page.chunks.indices.map { index in
            var chunk = Chunk(series: page.chunks[index].series, timestamps: [], values: [])
            try page.decode(chunk: index, timestamps: &chunk.timestamps, values: &chunk.values)
            return chunk
        }
    }

    @Test func everyChunkComesBackBitForBit() throws {
        var generator = SeededGenerator(seed: 31)
        let decompressor = try ZstdDecompressor()
        for _ in 0..<5 {
            let chunks = ChunkPageTests.chunks(&generator)
            let encoded = try ChunkPageTests.page(chunks)
            let decoded = try ChunkPageTests.decodeAll(encoded.bytes, decompressor)
            #expect(decoded.count == chunks.count)
            for (before, after) in zip(chunks, decoded) {
                #expect(before.series == after.series)
                #expect(before.timestamps == after.timestamps)
                #expect(before.values.map(\.bitPattern) == after.values.map(\.bitPattern))
            }
            #expect(encoded.sampleCount == chunks.reduce(0) { $0 + $1.timestamps.count })
            #expect(encoded.minTime == chunks.map { $0.timestamps[0] }.min())
            #expect(encoded.maxTime == chunks.map { $0.timestamps.last! }.max())
            #expect(encoded.firstSeries == chunks[0].series && encoded.lastSeries == chunks.last!.series)
        }
    }

    @Test func chunksAreFoundBySeries() throws {
        var generator = SeededGenerator(seed: 32)
        let chunks = ChunkPageTests.chunks(&generator)
        let page = try ChunkPage(decoding: ChunkPageTests.page(chunks).bytes, ZstdDecompressor())
        for series in Set(chunks.map(\.series)) {
            let range = page.chunkRange(of: series)
            #expect(Array(range) == chunks.indices.filter { chunks[$0].series == series })
            #expect(page.chunks[range].map(\.minTime) == chunks[range].map { $0.timestamps[0] })
            #expect(page.chunks[range].map(\.maxTime) == chunks[range].map { $0.timestamps.last! })
        }
        #expect(page.chunkRange(of: 0).isEmpty && page.chunkRange(of: .max).isEmpty)
    }

    @Test func equalColumnsAreStoredOnce() throws {
        let timestamps = (0..<500).map { Int64($0) * 15_000 }
        var generator = SeededGenerator(seed: 33)
        let values = (0..<500).map { _ in Double.random(in: 0...1, using: &generator) }
        let one = try ChunkPageTests.page([Chunk(series: 1, timestamps: timestamps, values: values)])
        let many = try ChunkPageTests.page((1...20).map { Chunk(series: $0, timestamps: timestamps, values: values) })
        #expect(many.uncompressedBytes < one.uncompressedBytes + 200)
    }

    @Test func columnsThatForetellOthersAreUsedAndComeBack() throws {
        var generator = SeededGenerator(seed: 36)
        let timestamps = (0..<300).map { Int64($0) * 15_000 }
        let family = ColumnSamples.histogramFamily(count: 300, &generator)
        let chunks = family.enumerated().map { Chunk(series: UInt32($0.offset), timestamps: timestamps, values: $0.element) }
        let together = try ChunkPageTests.page(chunks)
        let apart = try chunks.reduce(0) { $0 + (try ChunkPageTests.page([$1]).uncompressedBytes) }
        #expect(together.uncompressedBytes * 4 < apart * 3)
        let page = try ChunkPage(decoding: together.bytes, ZstdDecompressor())
        // Backwards, so that what a column refers to is not decoded before it.
        var cursor = ChunkPageCursor(page)
        for index in chunks.indices.reversed() {
            var times: [Int64] = []
            var values: [Double] = []
            try cursor.decode(chunk: index, timestamps: &times, values: &values)
            #expect(values.map(\.bitPattern) == chunks[index].values.map(\.bitPattern) && times == timestamps)
        }
        let decompressor = try ZstdDecompressor()
        for _ in 0..<400 {
            let damaged = try DamagedPage.make(from: together.bytes, using: &generator)
            _ = try? ChunkPageTests.decodeAll(damaged, decompressor)
        }
    }

    @Test func whatIsAppendedSaysWhetherItsTimesRise() throws {
        var generator = SeededGenerator(seed: 37)
        let chunks = ChunkPageTests.chunks(&generator)
        var cursor = ChunkPageCursor(try ChunkPage(decoding: ChunkPageTests.page(chunks).bytes, ZstdDecompressor()))
        for _ in 0..<300 {
            var times: [Int64] = []
            var values: [Double] = []
            var rises = true
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = chunks.indices.randomElement(using: &generator)!
                if try !cursor.decode(chunk: index, timestamps: &times, values: &values) { rises = false }
            }
            #expect(rises == zip(times, times.dropFirst()).allSatisfy(<), "seed 37")
        }
    }

    @Test func everyDamageIsSeen() throws {
        var generator = SeededGenerator(seed: 34)
        let decompressor = try ZstdDecompressor()
        let bytes = try ChunkPageTests.page(ChunkPageTests.chunks(&generator)).bytes
        checkDamageNeverTraps(bytes, rounds: 500, using: &generator, mustThrow: true) { _ = try ChunkPage(decoding: $0, decompressor) }
        for length in stride(from: 0, to: bytes.count, by: 97) {
            #expect(throws: ColumnCodingError.self) { try ChunkPage(decoding: Array(bytes[..<length]), decompressor) }
        }
    }

    @Test func damageUnderARightChecksumNeverTraps() throws {
        var generator = SeededGenerator(seed: 35)
        let decompressor = try ZstdDecompressor()
        let bytes = try ChunkPageTests.page(Array(ChunkPageTests.chunks(&generator).prefix(30))).bytes
        for _ in 0..<1500 {
            let damaged = try DamagedPage.make(from: bytes, using: &generator)
            _ = try? ChunkPageTests.decodeAll(damaged, decompressor)
        }
    }

    @Test func otherVersionsAreRefused() throws {
        var bytes = try ChunkPageTests.page([Chunk(series: 1, timestamps: [1], values: [1])]).bytes
        bytes[3] = 2
        let error = #expect(throws: ColumnCodingError.self) { try ChunkPage(decoding: bytes, ZstdDecompressor()) }
        #expect(error?.code == .unsupportedVersion)
    }

    @Test func theBuilderStartsAfreshAfterEachPage() throws {
        let compressor = try ZstdCompressor()
        var builder = ChunkPageBuilder()
        var pages: [[UInt8]] = []
        for _ in 0..<2 {
            #expect(builder.isEmpty)
            builder.append(series: 5, timestamps: ([1, 2, 3] as [Int64]).span, values: ([1, 2, 4] as [Double]).span)
            #expect(!builder.isEmpty && builder.estimatedBytes > 0)
            pages.append(try builder.finish(compressor).bytes)
        }
        #expect(pages[0] == pages[1])
    }
}
