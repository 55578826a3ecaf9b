internal import TestSupport
internal import Testing

@testable internal import ByteCoding

struct CRC32CTests {
    @Test func `the processor's instruction and the tables agree, in parts and as a whole`() {
        var random = SeededGenerator(seed: 41)
        for _ in 0..<300 {
            let bytes = random.bytes(Int.random(in: 0..<200, using: &random))
            let cut = Int.random(in: 0...bytes.count, using: &random)
            bytes.withUnsafeBytes { bytes in
                let whole = CRC32C.portableChecksum(bytes)
                #expect(CRC32C.checksum(bytes) == whole)
                let first = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<cut]))
                #expect(CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[cut...]), continuing: first) == whole)
            }
        }
    }
}
