import LinearRegex
import TestSupport
import Testing

@Suite struct LinearPatternTests {
    @Test(arguments: [
        ("foo", "foo", true), ("foo", "foobar", false), ("", "", true), ("", "a", false), ("a|b", "b", true), ("a|", "", true),
        ("f.*", "f\n", true), (".", "\n", true), (".+", "", false), (".*", "", true), ("(foo|bar)-[0-9]+", "bar-12", true),
        ("(?i)foo", "FOO", true), ("foo$", "foo", true), ("^foo|bar$", "bar", true), ("a.c", "abc", true), ("a\\.c", "abc", false),
        (".*b.*", "abc", true), (".+b", "b", false), ("a.*b.*c", "a-c-b-c", true), ("a.*b.*c", "acb", false), ("5[0-9]{2}", "503", true),
        ("é?", "", true), ("[45]xx", "5xx", true), ("ab?c", "ac", true), ("a.+b", "ab", false), ("aba.*aba", "aba", false),
        ("aba.*aba", "abaaba", true),
    ])
    func anchoredPatternsMatchTheWholeText(pattern: String, text: String, expected: Bool) throws {
        #expect(try LinearPattern(pattern, anchored: true).matches(text) == expected)
    }

    @Test(arguments: [
        ("b", "abc", true), ("^b", "abc", false), ("a.c", "a\nc", false), ("(?s)a.c", "a\nc", true), (".*b.*", "a\nb", true),
        ("x|c", "abc", true), ("", "", true), ("\\d", "x1", true),
    ])
    func searchedPatternsMatchAnywhere(pattern: String, text: String, expected: Bool) throws {
        #expect(try LinearPattern(pattern, anchored: false).matches(text) == expected)
    }

    @Test(
        arguments: [
            ("a|b|c", ["a", "b", "c"]), ("b|a|b", ["a", "b"]), ("api-(x|y)", ["api-x", "api-y"]), ("^(a|b)$", ["a", "b"]),
            ("5[0-1]?", ["5", "50", "51"]), ("a\\.b", ["a.b"]), ("", [""]), ("a|", ["", "a"]), (".*", nil), ("a+", nil), ("a{2}", nil),
            ("(?i)a", nil), ("\\d", nil), ("[^a]", nil), ("a**", nil),
        ] as [(String, [String]?)])
    func literalAlternativesAreFound(pattern: String, expected: [String]?) {
        #expect((try? LinearPattern(pattern, anchored: true))?.literalAlternatives == expected)
    }

    @Test(arguments: [("foo.*", "foo"), ("foo|fob", "fo"), (".*x", ""), ("foo[0-9]+", "foo"), ("(?i)foo", ""), ("héé.*|hé", "hé")])
    func literalPrefixIsTrueOfEveryMatch(pattern: String, expected: String) throws {
        #expect(try LinearPattern(pattern, anchored: true).literalPrefix == expected)
    }

    @Test func everythingIsKnownToMatchEverything() throws {
        #expect(try LinearPattern(".*", anchored: true).matchesEverything)
        #expect(try !LinearPattern(".+", anchored: true).matchesEverything)
    }

    @Test(arguments: [
        ("*a", "missing argument to repetition operator: `*`"), ("(a", "missing closing ): `(a`"), ("a)", "unexpected ): `a)`"),
        ("[a", "missing closing ]: `[a`"), ("\\", "trailing backslash at end of expression"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("\\8", "invalid escape sequence: `\\8`"), ("a{1001}", "invalid repeat count: `{1001}`"),
    ])
    func badPatternsAreRefusedWithTheReason(pattern: String, message: String) {
        let error = #expect(throws: LinearPatternError.self) { try LinearPattern(pattern, anchored: false) }
        #expect(error?.message == message)
    }

    @Test func equalityIsBySourceAndAnchoring() throws {
        #expect(try LinearPattern("a", anchored: true) == LinearPattern("a", anchored: true))
        #expect(try LinearPattern("a", anchored: true) != LinearPattern("a", anchored: false))
    }

    @Test func patternsAreSharedBetweenThreads() async throws {
        let pattern = try LinearPattern("(a|b)+c[0-9]+", anchored: true)
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<50 { group.addTask { pattern.matches("ababc\(index)") && !pattern.matches("abx\(index)") } }
            for await matched in group { #expect(matched) }
        }
    }
}

/// The literal form and RE2 must agree on every pattern and text.
@Suite struct LiteralFormFuzzTests {
    @Test func literalFormAgreesWithRE2() throws {
        var generator = SeededGenerator(seed: 2024)
        let atoms = ["a", "b", "ab", "é", ".*", ".+", "|", "(a|b)", "(?:b|)", "[ab]", "a?", "\\.", "^", "$", "(a.*|b)"]
        for _ in 0..<4000 {
            let pattern = (0..<Int.random(in: 1...5, using: &generator)).map { _ in atoms.randomElement(using: &generator)! }.joined()
            guard let quick = try? LinearPattern(pattern, anchored: true) else { continue }
            // An empty group that RE2 sees and the literal form's parser does not know.
            let slow = try LinearPattern("(?i:)" + "(?:" + pattern + ")", anchored: true)
            for _ in 0..<10 {
                let letters = ["a", "b", "é", ".", "\n"]
                let text = (0..<Int.random(in: 0...6, using: &generator)).map { _ in letters.randomElement(using: &generator)! }.joined()
                #expect(quick.matches(text) == slow.matches(text), "pattern \(pattern) on \(text), seed \(generator.seed)")
                #expect((quick.firstMatch(in: text) != nil) == slow.matches(text))
            }
            if let literals = quick.literalAlternatives { for literal in literals { #expect(slow.matches(literal)) } }
        }
    }

    @Test func searchedLiteralFormAgreesWithRE2() throws {
        var generator = SeededGenerator(seed: 2025)
        let atoms = ["a", "b", ".*", ".+", "|", "(a|b)", "[ab]", "\\.", "^", "$"]
        for _ in 0..<2000 {
            let pattern = (0..<Int.random(in: 1...4, using: &generator)).map { _ in atoms.randomElement(using: &generator)! }.joined()
            guard let quick = try? LinearPattern(pattern, anchored: false) else { continue }
            let slow = try LinearPattern("(?i:)" + "(?:" + pattern + ")", anchored: false)
            for _ in 0..<10 {
                let letters = ["a", "b", ".", "\n"]
                let text = (0..<Int.random(in: 0...5, using: &generator)).map { _ in letters.randomElement(using: &generator)! }.joined()
                #expect(quick.matches(text) == slow.matches(text), "pattern \(pattern) on \(text), seed \(generator.seed)")
            }
        }
    }
}

@Suite struct ReplacementTests {
    @Test(arguments: [
        ("(.*):(.*)", "a:b", "$2-$1", "b-a"), ("(.*):(.*)", "a:b", "${2}x$1x", "bx"), ("(.*):(.*)", "a:b", "$$1", "$1"),
        ("(?P<x>.*):(?P<y>.*)", "a:b", "$y${x}", "ba"), ("(a)(b)?", "a", "[$2]", "[]"), ("(a)", "a", "$9$01", ""), ("a", "a", "$", "$"),
        ("a", "a", "${", "${"), ("a", "a", "${}", "${}"), ("(a)", "a", "${1", "${1"), ("(a)", "a", "$0", "a"),
        ("a", "a", "cost: $ 5", "cost: $ 5"),
    ])
    func templatesExpandAsInGo(pattern: String, text: String, template: String, expected: String) throws {
        #expect(try LinearPattern(pattern, anchored: true).expand(ReplacementTemplate(template), firstMatchIn: text) == expected)
    }

    @Test func noMatchExpandsToNothing() throws {
        #expect(try LinearPattern("a", anchored: true).expand(ReplacementTemplate("x"), firstMatchIn: "b") == nil)
        #expect(try LinearPattern("(a)", anchored: true).expand(ReplacementTemplate("$1"), firstMatchIn: "b") == nil)
    }

    @Test(arguments: [
        ("a", "banana", "o", "bonono"), ("", "abc", "-", "-a-b-c-"), ("b*", "abbc", "-", "-a-c-"), ("x", "abc", "y", "abc"),
        ("(a)(n)", "banana", "$2$1", "bnanaa"), ("é*", "aéb", "-", "-a-b-"), ("^a", "aaa", "b", "baa"),
    ])
    func everyMatchIsReplacedAsInGo(pattern: String, text: String, template: String, expected: String) throws {
        #expect(try LinearPattern(pattern, anchored: false).replaceAll(in: text, with: ReplacementTemplate(template)) == expected)
    }

    @Test func groupsHaveRangesAndNames() throws {
        let pattern = try LinearPattern("(?P<method>[A-Z]+) (/[a-z]*)( x)?", anchored: false)
        let match = try #require(pattern.firstMatch(in: "é GET /abc"))
        #expect(match.groups == [3..<11, 3..<6, 7..<11, nil])
        #expect(pattern.groupNames == [nil, "method", nil, nil])
        #expect(pattern.groupCount == 3)
    }
}
