internal import QueryModel
internal import TestSupport
internal import Testing
internal import TraceQL

/// No text makes the parser trap, and every fault lies within the text.
struct SyntaxFuzzTests {
    private static let fragments = [
        "(", ")", "{", "}", "[", ",", ":", ".", "\n", "\"", "'", "`", "\\", "\\x", "\\u12", "+", "-", "*", "/", "//", "/*", "%", "^", "=",
        "==", "=~",
        "!~", "!", "!>", "&", "&>", "&&", "|", "||", ">>", "~", " nil ", " with(", " by(", "count()", "rate()", "topk(5)", "5m", "1e", "0x",
        ".5", "1_",
        "span.", "span:", "parent.", "minInt", "é", "\u{fffd}", "\u{0}", "😀", "\u{2003}", "9223372036854775807", "é\"",
    ]

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `mutated queries give a query or a fault inside the text`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var text = SyntaxSamples.plain.randomElement(using: &random) ?? ""
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
            let other = Array((SyntaxSamples.plain.randomElement(using: &random) ?? "").unicodeScalars)
            scalars.insert(contentsOf: other[Int.random(in: 0...other.count, using: &random)...], at: position)
        }
        text = String(String.UnicodeScalarView(scalars))
    }

    private func check(_ text: String, _ seed: UInt64) {
        do throws(QueryError) {
            let query = try TraceQLParser().parse(text)
            let again = try TraceQLParser().parse(query.printed)
            #expect(again.root == query.root && again.hints == query.hints, "seed \(seed): \(text) prints \(query.printed)")
        } catch {
            #expect(error.code == .badInput && error.message.hasPrefix("parse error at line "), "seed \(seed): \(text): \(error.message)")
            guard let range = error.range else {
                Issue.record("seed \(seed): no range for \(text)")
                return
            }
            #expect(0 <= range.start && range.start <= range.end && range.end <= text.utf8.count, "seed \(seed): \(text) \(range)")
        }
        _ = try? TraceQLEngine().tagValues("name", TagOptions(filter: text), source: ArraySpanSource(all: []), budget: QueryBudget())
    }

    private static let hostile: [(String, String, String)] = [
        ("{ ", "(", ""), ("{ ", "!", ""), ("{ ", "-", ""), ("", "(", ""), ("{ 1", " ^ .a", " = 1 }"), ("{ 1", " + .a", " = 1 }"),
        ("{ .a", " || .b", " }"),
        ("{ .a", " && .b || .c", " }"), ("{ }", " > { }", ""), ("{ }", " | { .a }", ""), ("{ } | rate()", " | topk(1)", ""),
        ("({ } | rate())", " + 1", ""),
        ("{ } | rate()", " > 1", ""), ("1", " + 1", ""), ("{ } | select(.a", ", .b", ")"), ("{ .a = `", "x", "` }"),
        ("{ } with(a=1", ", a=1", ")"),
        ("{ .", "a", " }"), ("", "/* ", ""), ("{ .a = ", "9", " }"), ("{ .a = 1", "h1", " }"), ("{ !(", "!(.a = ", ""), ("", "-", "1"),
    ]

    @Test(arguments: hostile)
    func `long texts of one thing are parsed or refused`(start: String, repeated: String, end: String) throws {
        let text = start + String(repeating: repeated, count: 300_000 / repeated.utf8.count) + end
        do throws(QueryError) {
            let query = try TraceQLParser().parse(text)
            // What is accepted can be printed and run.
            #expect(!query.printed.isEmpty)
            let source = ArraySpanSource(all: [])
            if query.isMetrics {
                let options = MetricsOptions(range: NanosecondRange(start: 1, end: 1_000_000_000))
                _ = try TraceQLEngine().metricsRange(query, options, source: source, budget: QueryBudget())
            } else {
                _ = try TraceQLEngine().search(query, SearchOptions(), source: source, budget: QueryBudget())
            }
        } catch {
            #expect(error.code == .badInput)
        }
    }
}
