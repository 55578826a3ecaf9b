internal import LogQL
internal import QueryModel
internal import TestSupport
internal import Testing

/// No text makes the parser trap, and every fault lies within the text.
struct SyntaxFuzzTests {
    private static let fragments = [
        "(", ")", "{", "}", "[", "]", ",", ":", ".", "\n", "\"", "'", "`", "\\", "\\x", "\\u12", "+", "-", "*", "/", "//", "/*", "%", "^",
        "=", "==", "=~", "!~", "!", "!>", "!=", "|", "|=", "|~", "|>", "#", " or ", " and ", " by (", " ip(", " unwrap ", "[5m]", "1e",
        "0x",
        ".5", "1_", "5m", "5MB", "--strict", "é", "\u{fffd}", "\u{0}", "😀", "9223372036854775807", "99999999999y",
    ]

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `mutated queries give a query or a fault inside the text`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<150 {
            var text = SyntaxSamples.printed.randomElement(using: &random)?.query ?? ""
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&text, &random) }
            check(text, "seed \(seed)")
        }
    }

    @Test func `every beginning of a query gives a query or a fault inside the text`() {
        for (query, _) in SyntaxSamples.printed {
            for end in query.unicodeScalars.indices { check(String(query.unicodeScalars[..<end]), "beginning") }
        }
    }

    private func mutate(_ text: inout String, _ random: inout SeededGenerator) {
        var scalars = Array(text.unicodeScalars)
        let position = Int.random(in: 0...scalars.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: scalars.insert(contentsOf: (Self.fragments.randomElement(using: &random) ?? "").unicodeScalars, at: position)
        case 1: if position < scalars.count { scalars.remove(at: position) }
        default:
            let other = Array((SyntaxSamples.printed.randomElement(using: &random)?.query ?? "").unicodeScalars)
            scalars.insert(contentsOf: other[Int.random(in: 0...other.count, using: &random)...], at: position)
        }
        text = String(String.UnicodeScalarView(scalars))
    }

    private func check(_ text: String, _ origin: String, prints: Bool = true) {
        do throws(QueryError) {
            let query = try LogQLParser().parse(text)
            // The printed form has more parentheses, and so may nest too deep.
            if !prints { return }
            let printed = LogQLPrinter().text(query)
            let again = try LogQLParser().parse(printed)
            // What is no number is equal to nothing.
            #expect(again.root == query.root || printed.contains("(0 / 0)"), "\(origin): \(text) prints \(printed)")
        } catch {
            #expect(error.code == .badInput && error.message.hasPrefix("parse error "), "\(origin): \(text): \(error.message)")
            guard let range = error.range else { return }
            #expect(0 <= range.start && range.start <= range.end && range.end <= text.utf8.count, "\(origin): \(text) \(range)")
        }
    }

    private static let hostile: [(String, String, String)] = [
        ("", "(", ""), (#"{a="b"} | "#, "(", ""), (#"{a="b"} | a="b""#, #" or a="b""#, ""), (#"{a="b"} | a="b""#, #", a="b""#, ""),
        (#"{a="b"} | a="b""#, #" a="b""#, ""), (#"{a="b"}"#, #" |= "x""#, ""), (#"{a="b"} |= "x""#, #" or "x""#, ""),
        ("vector(1)", " + vector(1)", ""), ("vector(1)", " ^ vector(1)", ""), ("1", " + 1", ""), ("", "sum(", ""), ("", "rate(", ""),
        ("rate(", "(", ""), ("", "/* */", ""), ("", "-", "1"), ("{", "a=\"b\",", "a=\"b\"}"),
    ]

    @Test(arguments: hostile.indices)
    func `long texts of one thing are parsed or refused`(index: Int) {
        let (start, repeated, end) = Self.hostile[index]
        for count in [150, 1500, 8000] { check(start + String(repeating: repeated, count: count) + end, "hostile \(index)", prints: false) }
    }
}
