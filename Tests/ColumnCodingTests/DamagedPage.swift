import ByteCoding
import Compression
import TestSupport

/// Pages whose body is damaged but whose checksum and compression are right: what only the decoder itself can refuse.
enum DamagedPage {
    static func make(from bytes: [UInt8], using generator: inout SeededGenerator) throws -> [UInt8] {
        var body = try Codec.zstd().decompress(Array(bytes[48...]), limit: 1 << 24)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0..<body.count, using: &generator)
            switch Int.random(in: 0...3, using: &generator) {
            case 0: body[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            case 1: body[place] = UInt8.random(in: 0...255, using: &generator)
            case 2: body.remove(at: place)
            default: body.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            }
        }
        var header = ByteReader(bytes)
        try header.skip(12)
        var rest: [UInt8] = []
        rest.appendLittleEndian(UInt32(body.count))
        var kept = Array(bytes[12..<48])
        if Int.random(in: 0...9, using: &generator) == 0 { kept[Int.random(in: 0..<36, using: &generator)] ^= 1 }
        rest += kept
        rest += try Codec.zstd().compress(body)
        var page = Array(bytes[..<4])
        page.appendLittleEndian(CRC32C.checksum(rest))
        return page + rest
    }
}
