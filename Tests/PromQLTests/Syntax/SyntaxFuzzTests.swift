internal import PromQL
internal import QueryModel
internal import TestSupport
internal import Testing

/// No text makes the parser trap, and every fault lies within the text.
struct SyntaxFuzzTests {
    private static let fragments = [
        "(", ")", "{", "}", "[", "]", ",", ":", "@", "#", "\n", "\"", "'", "`", "\\", "\\x", "\\u12", "+", "-", "*", "/", "%", "^", "==",
        "=~", "!~", "!",
        "</", ">/", " offset ", " by ", " on (", " group_left ", " bool ", " start() ", "step()", "max_of(", "5m", "1e", "0x", "1_", "inf",
        "sum", "rate(",
        "a:b", "é", "\u{fffd}", "\u{0}", "😀", "fill (", "anchored", "é\"",
    ]

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `mutated queries give an expression or a fault inside the text`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1500 {
            var text = SyntaxSamples.valid.randomElement(using: &random) ?? ""
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&text, &random) }
            check(text, seed)
        }
    }

    private func mutate(_ text: inout String, _ random: inout SeededGenerator) {
        var scalars = Array(text.unicodeScalars)
        let position = Int.random(in: 0...scalars.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: scalars.insert(contentsOf: (Self.fragments.randomElement(using: &random) ?? "").unicodeScalars, at: position)
        case 1: if position < scalars.count { scalars.remove(at: position) }
        case 2: scalars.removeLast(scalars.count - position)
        default:
            let other = Array((SyntaxSamples.valid.randomElement(using: &random) ?? "").unicodeScalars)
            scalars.insert(contentsOf: other[Int.random(in: 0...other.count, using: &random)...], at: position)
        }
        text = String(String.UnicodeScalarView(scalars))
    }

    private func check(_ text: String, _ seed: UInt64) {
        do {
            let expression = try SyntaxSamples.parser.parse(text)
            let printed = expression.description
            #expect((try? SyntaxSamples.parser.parse(printed).description) == printed, "seed \(seed): \(text)")
            let range = expression.position
            #expect(0 <= range.start && range.start < range.end && range.end <= text.utf8.count, "seed \(seed): \(text)")
        } catch {
            #expect(error.message.contains("parse error: "), "seed \(seed): \(text)")
            guard let range = error.range else {
                Issue.record("seed \(seed): no range for \(text)")
                return
            }
            #expect(0 <= range.start && range.start <= range.end && range.end <= text.utf8.count, "seed \(seed): \(text) \(range)")
        }
        _ = try? SyntaxSamples.parser.parseSelector(text)
        _ = try? SyntaxSamples.parser.parseMetric(text)
    }
}
