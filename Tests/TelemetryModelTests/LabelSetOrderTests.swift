import TelemetryModel
import TestSupport
import Testing

@Suite struct LabelSetOrderTests {
    /// Few letters, so that names and values are beginnings of each other, and long ones, whose length takes two bytes.
    private func word(_ generator: inout SeededGenerator) -> String {
        let count = Int.random(in: 0...9, using: &generator) == 0 ? 130 : Int.random(in: 1...3, using: &generator)
        return String((0..<count).map { _ in Bool.random(using: &generator) ? "a" : "\u{e9}" })
    }

    @Test func `sets are ordered label by label, by the bytes of name and value`() {
        var generator = SeededGenerator(seed: 21)
        for round in 0..<4_000 {
            let common = (0..<Int.random(in: 0...3, using: &generator)).map { _ in (word(&generator), word(&generator)) }
            let pairs = (0..<2).map { _ in
                common + (0..<Int.random(in: 0...2, using: &generator)).map { _ in (word(&generator), word(&generator)) }
            }
            let (left, right) = (LabelSet(pairs[0]), LabelSet(pairs[1]))
            func labels(_ pairs: [(String, String)]) -> [[UInt8]] {
                Dictionary(pairs) { $1 }.map { (Array($0.utf8), Array($1.utf8)) }
                    .sorted { $0.0.lexicographicallyPrecedes($1.0) }.flatMap { [$0.0, $0.1] }
            }
            let expected = labels(pairs[0]).lexicographicallyPrecedes(labels(pairs[1])) { $0.lexicographicallyPrecedes($1) }
            #expect((left < right) == expected, "seed 21, round \(round): \(left) < \(right)")
            #expect(!(left < left))
        }
    }
}
