internal import LabelMatching
internal import PromQL
internal import QueryModel
internal import TelemetryModel
internal import Testing

/// The tree that queries give: what binds to what, and what the leaves hold.
struct ParserTests {
    private let parser = SyntaxSamples.parser

    /// The expression with every operation in brackets of its own, so that the tree shows.
    private func shape(_ text: String) throws -> String { shape(try parser.parse(text)) }

    private func shape(_ expression: Expression) -> String {
        switch expression {
        case .unary(let node): "(\(node.isNegation ? "neg" : "pos") \(shape(node.operand)))"
        case .binary(let node): "(\(node.operator.rawValue) \(shape(node.left)) \(shape(node.right)))"
        case .parenthesized(let node): "<\(shape(node.expression))>"
        case .subquery(let node): "(subquery \(shape(node.expression)))"
        default: expression.description
        }
    }

    @Test(arguments: [
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("1 - 2 - 3", "(- (- 1 2) 3)"),
        ("2 ^ 3 ^ 4", "(^ 2 (^ 3 4))"),
        ("-a ^ b", "(neg (^ a b))"),
        ("-a * b", "(* (neg a) b)"),
        ("2 ^ -a * b", "(* (^ 2 (neg a)) b)"),
        ("-2 ^ 2", "(neg (^ 2 2))"),
        ("-2 * 2", "(* -2 2)"),
        ("a or b and c", "(or a (and b c))"),
        ("a unless b or c", "(or (unless a b) c)"),
        ("a == b + c", "(== a (+ b c))"),
        ("a > b == c", "(== (> a b) c)"),
        ("a % b atan2 c", "(atan2 (% a b) c)"),
        ("h </ a + b", "(</ h (+ a b))"),
        ("(a + b) * c", "(* <(+ a b)> c)"),
        ("a + b offset 5m", "(+ a b offset 5m)"),
        ("-a offset 5m", "(neg a offset 5m)"),
        ("a offset -2 ^ 2", "(^ a offset -2s 2)"),
        ("a offset (2) ^ 2", "a offset (2) ^ 2"),
        ("a and and", "(and a and)"),
        ("sum + sum", "(+ sum sum)"),
    ])
    func `operators bind as their precedence says`(query: String, expected: String) throws {
        #expect(try shape(query) == expected)
    }

    @Test(
        arguments: [
            ("0x1F", 31.0), ("017", 15), ("08", 8), ("1_000.5", 1000.5), ("1e3", 1000), ("1E-2", 0.01), (".5", 0.5), ("5.", 5), ("0b", nil),
            ("9223372036854775808", 9_223_372_036_854_775_808), ("5m", 300), ("1h1ms", 3600.001), ("+5", 5), ("- - 5", 5), ("-1d", -86400),
            ("iNf", .infinity), ("-INF", -.infinity), ("0x", nil), ("1__0", nil), ("1e999", nil), ("0xfffffffffffffffff", nil),
        ] as [(String, Double?)])
    func `numbers are read as Prometheus reads them`(text: String, expected: Double?) throws {
        guard let expected else {
            #expect(throws: QueryError.self) { try parser.parse(text) }
            return
        }
        guard case .number(let literal) = try parser.parse(text) else {
            Issue.record("\(text) is no number")
            return
        }
        #expect(literal.value == expected)
    }

    @Test(arguments: [
        (#""a\n\t\\\"""#, "a\n\t\\\""), (#"'it\'s "so"'"#, "it's \"so\""), (#"`\n"'`"#, #"\n"'"#), (#""\u00e9\U0001F600""#, "é😀"),
        (#""\x41\102""#, "AB"), ("\"\"", ""),
    ])
    func `strings are unquoted`(text: String, expected: String) throws {
        guard case .string(let literal) = try parser.parse(text) else {
            Issue.record("\(text) is no string")
            return
        }
        #expect(literal.value == expected)
        #expect(literal.invalidBytes == nil)
    }

    @Test func `bytes that are no text are kept`() throws {
        guard case .string(let literal) = try parser.parse(#""a\xc5z""#) else {
            Issue.record("no string")
            return
        }
        #expect(literal.invalidBytes == [0x61, 0xc5, 0x7a])
        #expect(literal.quoted == #""a\xc5z""#)
    }

    @Test func `selectors hold their name as a matcher too`() throws {
        guard case .selector(let node) = try parser.parse("up{job=\"api\", zone!~\"a|b\"}") else {
            Issue.record("no selector")
            return
        }
        #expect(node.name == "up")
        #expect(node.matchers.map(\.name) == ["job", "zone", "__name__"])
        #expect(node.matchers.map(\.operator) == [.equal, .notMatches, .equal])
        #expect(node.position == SourceRange(0, 26))
    }

    @Test func `quoted names may stand in braces`() throws {
        guard case .selector(let node) = try parser.parse(#"{"http.requests", 'service.name'=~`a.*`}"#) else {
            Issue.record("no selector")
            return
        }
        #expect(node.name == nil)
        #expect(node.matchers.map(\.description) == [#"__name__="http.requests""#, #""service.name"=~"a.*""#])
    }

    @Test func `modifiers may stand in any order`() throws {
        for query in ["up[5m] @ 10 offset 1m", "up[5m] offset 1m @ 10"] {
            guard case .range(let node) = try parser.parse(query) else {
                Issue.record("no range")
                return
            }
            #expect(node.range == .milliseconds(300_000))
            #expect(node.selector.offset == .milliseconds(60_000))
            #expect(node.selector.anchor == .timestamp(10_000))
        }
    }

    @Test func `a subquery holds range, step and modifiers`() throws {
        guard case .subquery(let node) = try parser.parse("sum(up)[1h:90] offset -5s @ end()") else {
            Issue.record("no subquery")
            return
        }
        #expect(node.range == .milliseconds(3_600_000))
        #expect(node.step == .milliseconds(90_000))
        #expect(node.offset == .milliseconds(-5000))
        #expect(node.anchor == .end)
    }

    @Test func `matching is there between vectors only`() throws {
        func matching(_ query: String) throws -> VectorMatching? {
            guard case .binary(let node) = try parser.parse(query) else { return nil }
            return node.matching
        }
        #expect(try matching("a + 1") == nil)
        #expect(try matching("1 + 1") == nil)
        #expect(try matching("a + b") == VectorMatching())
        #expect(try matching("a or b") == VectorMatching(cardinality: .manyToMany))
        #expect(
            try matching("a / on (x, y,) group_left (z) b")
                == VectorMatching(cardinality: .manyToOne, labels: ["x", "y"], isOn: true, include: ["z"]))
        #expect(try matching("a / fill (3) b") == VectorMatching(fillLeft: 3, fillRight: 3))
        #expect(try matching("a / fill_right (-1m) b") == VectorMatching(fillRight: -60))
    }

    @Test func `words of the language may be names`() throws {
        guard case .aggregation(let node) = try parser.parse("sum by (by, on, sum, \"a b\", offset, a:b) (without{group=\"x\"})") else {
            Issue.record("no aggregation")
            return
        }
        #expect(node.grouping == ["by", "on", "sum", "a b", "offset", "a:b"])
        #expect(node.expression.description == "without{group=\"x\"}")
    }

    @Test func `every function is known and experimental ones need their feature`() throws {
        #expect(FunctionSignature.all.count == 90)
        let stable = PromQLParser()
        for function in FunctionSignature.all where function.isExperimental {
            let error = #expect(throws: QueryError.self) { try stable.parse("\(function.name)(1)") }
            #expect(error?.message == "1:1: parse error: function \"\(function.name)\" is not enabled")
        }
    }

    @Test func `a metric is its labels`() throws {
        #expect(try parser.parseMetric("up") == ["__name__": "up"])
        #expect(try parser.parseMetric("up{b=\"2\", a=\"1\",}") == ["__name__": "up", "a": "1", "b": "2"])
        #expect(try parser.parseMetric("{\"my.metric\", \"a b\"='c'}") == ["__name__": "my.metric", "a b": "c"])
        #expect(try parser.parseMetric("") == [:])
        #expect(try parser.parseMetric("{}") == [:])
    }

    @Test func `a selector for the APIs is parsed without type check`() throws {
        #expect(try parser.parseSelector("up{a=\"b\"}").matchers.count == 2)
        #expect(try parser.parseSelector("{a=~\".*\"}").matchers.count == 1)
        let error = #expect(throws: QueryError.self) { try parser.parseSelector("up[5m]") }
        #expect(error?.message == "1:3: parse error: unexpected \"[\"")
    }
}
