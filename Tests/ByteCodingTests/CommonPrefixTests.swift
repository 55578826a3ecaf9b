import ByteCoding
import TestSupport
import Testing

@Suite struct CommonPrefixTests {
    @Test func `the bytes that two runs begin with alike are counted as one by one`() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<2_000 {
            let left = (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...1, using: &generator) * 255 }
            var right = Array(left.prefix(Int.random(in: 0...40, using: &generator)))
            right += generator.bytes(Int.random(in: 0...12, using: &generator))
            let expected = zip(left, right).prefix { $0 == $1 }.count
            #expect(left.span.bytes.countOfCommonPrefix(right.span.bytes) == expected, "seed 8: \(left), \(right)")
        }
    }
}
