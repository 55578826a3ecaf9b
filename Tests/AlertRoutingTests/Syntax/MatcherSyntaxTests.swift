internal import AlertRouting
internal import LabelMatching
internal import TestSupport
internal import Testing

@Suite("Matchers as they are written")
struct MatcherSyntaxTests {
    /// A text, and what it stands for as it is printed; nil where it is refused.
    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var matchers: String?
        var testDescription: String { text }

        init(_ text: String, _ matchers: String?) {
            self.text = text
            self.matchers = matchers
        }
    }

    static let both = [
        Case("", "{}"), Case("{}", "{}"), Case("a=b", #"{a="b"}"#), Case(#"a="b""#, #"{a="b"}"#), Case(#"{a="b"}"#, #"{a="b"}"#),
        Case(#"{ a = "b" , c != d, e=~"f|g",h!~i, }"#, #"{a="b",c!="d",e=~"f|g",h!~"i"}"#), Case("a=b,c=d", #"{a="b",c="d"}"#),
        Case(#"a="b,c=d""#, #"{a="b,c=d"}"#), Case(#"a="x\"y\\z\nq""#, #"{a="x\"y\\z\nq"}"#), Case(#"a="""#, #"{a=""}"#),
        Case("a=日本", #"{a="日本"}"#), Case(#"a="~""#, #"{a="~"}"#), Case("a=b=c", #"{a="b=c"}"#), Case("a", nil), Case("=b", nil),
        Case(#"a="b"#, nil), Case("a=b c", #"{a="b c"}"#), Case("a=~(", nil), Case("a=b,,c=d", nil),
    ]

    @Test(arguments: both) func `either language may take a text`(example: Case) throws {
        guard let matchers = example.matchers else {
            #expect(throws: MatcherSyntaxError.self) { try MatcherSyntax.parse(example.text) }
            return
        }
        let parsed = try MatcherSyntax.parse(example.text)
        #expect(MatcherText.text(parsed) == matchers)
        #expect(try MatcherSyntax.parse(matchers) == parsed)
    }

    @Test(arguments: [
        // What only the classic language takes.
        Case("a=b c", #"{a="b c"}"#), Case(#"a="\d""#, #"{a="\\d"}"#), Case(#"{a="b""#, #"{a="b"}"#), Case("a=b}", #"{a="b"}"#),
        Case("a=", #"{a=""}"#), Case(#"a=\"#, #"{a="\\"}"#), Case("a={b", #"{a="{b"}"#), Case("a:b=c", #"{a:b="c"}"#),
        Case("a!=~b", #"{a!="~b"}"#),
        // What only the UTF-8 language takes.
        Case(#""a b"="c""#, #"{"a b"="c"}"#), Case("日本=b", #"{日本="b"}"#), Case("a-b=c", #"{a-b="c"}"#), Case("1a=b", #"{1a="b"}"#),
        Case(#"a="\u00e9""#, #"{a="\\u00e9"}"#), Case(#""x"="\t""#, "{x=\"\t\"}"), Case(#"{"a"="b"}"#, #"{a="b"}"#),
        // What both take and the classic one reads in its own way.
        Case(#"a="\t""#, #"{a="\\t"}"#), Case(#"a="\x41""#, #"{a="\\x41"}"#),
    ])
    func `one language may take what the other does not, and the classic one is heard first`(example: Case) throws {
        #expect(MatcherText.text(try MatcherSyntax.parse(example.text)) == example.matchers)
    }

    @Test(arguments: [
        ("a=b c", "4:5: unexpected c: expected a comma or close brace"), ("{a=b", "0:4: end of input: expected close brace"),
        ("a=b}", "0:4: }: expected opening brace"), ("a", "end of input: expected an operator such as '=', '!=', '=~' or '!~'"),
        ("=b", "0:1: unexpected =: expected label name"), ("a=", "end of input: expected label value"),
        (#"a="b"#, #"2:4: "b: missing end ""#), ("a!b", "1:2: !: expected one of '=~'"),
        ("a=b,,", "4:5: unexpected ,: expected a matcher or close brace after comma"), ("{a=b}c", "5:6: c: expected end of input"),
        ("a=b'", "3:4: ': invalid input"), (#"a="\d""#, #"2:6: "\d": invalid input"#),
    ])
    func `the UTF-8 language says where it is wrong`(text: String, message: String) {
        let error = #expect(throws: MatcherSyntaxError.self) { try MatcherSyntax.parse(text, mode: .utf8) }
        #expect(error?.message == message)
    }

    @Test(arguments: [
        ("a", "bad matcher format: a"), ("a b=c", "bad matcher format: a b=c"),
        (#"a=b"c"#, #"matcher value contains unescaped double quote: b"c"#),
        (#"a="b"#, #"matcher value contains unescaped double quote: "b"#),
    ])
    func `the classic language says what is wrong`(text: String, message: String) {
        let error = #expect(throws: MatcherSyntaxError.self) { try MatcherSyntax.parse(text) }
        #expect(error?.message == message)
    }

    @Test func `a single matcher stands without braces and alone`() throws {
        #expect(try MatcherSyntax.matcher("a=b").description == #"a="b""#)
        #expect(try MatcherSyntax.matcher(#""a b"=~"c""#).name == "a b")
        for wrong in ["{a=b}", "a=b}", "", "{"] { #expect(throws: MatcherSyntaxError.self) { try MatcherSyntax.matcher(wrong) } }
        // The classic language reads all of it as one value.
        #expect(try MatcherSyntax.matcher("a=b,c=d").value == "b,c=d")
        #expect(throws: MatcherSyntaxError.self) { try MatcherSyntax.matcher("a=b,c=d", mode: .utf8) }
    }

    @Test func `the modes take their own language only`() throws {
        #expect(throws: MatcherSyntaxError.self) { try MatcherSyntax.parse(#""a b"=c"#, mode: .classic) }
        #expect(throws: MatcherSyntaxError.self) { try MatcherSyntax.parse("a=b c", mode: .utf8) }
        #expect(try MatcherSyntax.parse(#"a="\t""#, mode: .utf8).map(\.value) == ["\t"])
    }

    @Test func `matchers are sorted by name, value and operator`() throws {
        let matchers = try MatcherSyntax.parse("b=1,a=~2,a!~1,a=~1,a!=1,a=1")
        #expect(MatcherText.text(MatcherText.sorted(matchers)) == #"{a="1",a!="1",a=~"1",a!~"1",a=~"2",b="1"}"#)
    }

    @Test func `no text whatever stops the program`() {
        var random = SeededGenerator(seed: UInt64.random(in: 0...1_000_000))
        let alphabet = Array("ab=!~{},\"\\'` \n日é\u{0}1x".unicodeScalars)
        for _ in 0..<3000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                if let scalar = alphabet.randomElement(using: &random) { text.append(scalar) }
            }
            for mode in MatcherSyntax.Mode.allCases {
                guard let matchers = try? MatcherSyntax.parse(String(text), mode: mode) else { continue }
                // What is printed is read back as what it was.
                let printed = MatcherText.text(matchers)
                let isPlain = matchers.allSatisfy { $0.name.utf8.allSatisfy { byte in byte > 0x20 && byte < 0x7f } }
                if isPlain, matchers.allSatisfy({ !$0.name.contains(where: { "\"\\'`{}!=~,".contains($0) }) && !$0.name.isEmpty }) {
                    #expect((try? MatcherSyntax.parse(printed)) == matchers, "seed \(random.seed): \(String(text)) as \(printed)")
                }
            }
            _ = try? MatcherSyntax.matcher(String(text))
        }
    }
}
