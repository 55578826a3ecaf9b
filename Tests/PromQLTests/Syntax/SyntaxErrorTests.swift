internal import PromQL
internal import QueryModel
internal import Testing

/// What users read when a query is wrong: message, line, column and the range in the text.
struct SyntaxErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let query: String
        let message: String
        var testDescription: String { query }

        init(_ query: String, _ message: String) {
            self.query = query
            self.message = message
        }
    }

    private func message(_ query: String, _ features: LanguageFeatures = .all) -> String {
        do {
            return "parsed: \(try PromQLParser(features: features).parse(query))"
        } catch {
            #expect(error.code == .badInput)
            return error.message
        }
    }

    static let tokens: [Case] = [
        Case("", "unknown position: parse error: no expression found in input"),
        Case(" # nothing\n", "1:1: parse error: no expression found in input"),
        Case("a b", "1:3: parse error: unexpected identifier \"b\""),
        Case("a\n+\n  %", "3:3: parse error: unexpected <op:%>"),
        Case("a +", "1:4: parse error: unexpected end of input"),
        Case("a:b(c)", "1:4: parse error: unexpected \"(\""),
        Case("(a", "1:3: parse error: unclosed left parenthesis"),
        Case("a)", "1:3: parse error: unexpected right parenthesis ')'"),
        Case("a $ b", "1:3: parse error: unexpected character: '$'"),
        Case("a é", "1:3: parse error: unexpected character: 'é'"),
        Case("a =~ b", "1:3: parse error: unexpected character after '=': '~'"),
        Case("a ! b", "1:3: parse error: unexpected character after '!': ' '"),
        Case("a = b", "1:3: parse error: unexpected \"=\""),
        Case("\"abc", "1:1: parse error: unterminated quoted string"),
        Case("`abc", "1:1: parse error: unterminated raw string"),
        Case(#""a\q""#, "1:1: parse error: unknown escape sequence U+0071 'q'"),
        Case(#""\uD800""#, "1:1: parse error: escape sequence is an invalid Unicode code point"),
        Case(#""\xg0""#, "1:1: parse error: illegal character U+0067 'g' in escape sequence"),
        Case("1.2.3", "1:1: parse error: bad number or duration syntax: \"1.2.\""),
        Case("0.2.3", "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"0.2.3\": invalid syntax"),
        Case("1e999", "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1e999\": value out of range"),
        Case("0b1", "1:1: parse error: bad number or duration syntax: \"0\""),
        Case("5mm", "1:1: parse error: bad number or duration syntax: \"5mm\""),
        Case("5m1h", "1:1: parse error: not a valid duration string: \"5m1h\""),
        Case("1.5h", "1:1: parse error: unknown unit \".\" in duration \"1.5h\""),
        Case("sum(up) by (job) by (x)", "1:18: parse error: unexpected <by>"),
        Case("bool", "1:1: parse error: unexpected <bool>"),
        Case("a + group_left b", "1:5: parse error: unexpected <group_left>"),
    ]

    @Test(arguments: tokens)
    func `tokens that cannot stand where they stand`(example: Case) { #expect(message(example.query) == example.message) }

    static let contexts: [Case] = [
        Case("a{", "1:3: parse error: unexpected end of input inside braces"),
        Case("a{1}", "1:3: parse error: unexpected character inside braces: '1'"),
        Case("a{=}", "1:3: parse error: unexpected \"=\" in label matching, expected identifier or \"}\""),
        Case("a{b}", "1:4: parse error: unexpected \"}\" in label matching, expected label matching operator"),
        Case("a{b=c}", "1:5: parse error: unexpected identifier \"c\" in label matching, expected string"),
        Case("a{b=\"c\" d}", "1:9: parse error: unexpected identifier \"d\" in label matching, expected \",\" or \"}\""),
        Case("a{b=\"c\",,}", "1:9: parse error: unexpected \",\" in label matching, expected identifier or \"}\""),
        Case("a{b=~\"(\"}", "1:3: parse error: error parsing regexp: missing closing ): `^(?s:()$`"),
        Case("a[", "1:3: parse error: unexpected end of input in duration expression"),
        Case("a[]", "1:3: parse error: unexpected \"]\" in subquery or range selector, expected number, duration, step(), or range()"),
        Case("a[5m", "1:5: parse error: unclosed left bracket"),
        Case("a[5m,1]", "1:5: parse error: unexpected \",\" in subquery or range, expected \":\" or \"]\""),
        Case("a[:5m]", "1:4: parse error: unexpected colon before duration in duration expression"),
        Case("a[5m:x]", "1:6: parse error: unexpected character: 'x', expected ':'"),
        Case("a[5m:1m:1m]", "1:8: parse error: unexpected colon ':'"),
        Case("a[5m:,]", "1:6: parse error: unexpected \",\" in subquery selector, expected number, duration, step(), range(), or \"]\""),
        Case("a[5m:1m,]", "1:8: parse error: unexpected \",\" in subquery selector, expected \"]\""),
        Case("a[0]", "1:3: parse error: duration must be greater than 0"),
        Case("a[-5m]", "1:3: parse error: duration must be greater than 0"),
        Case("a[5m / 0]", "1:6: parse error: division by zero"),
        Case("a[1e10]", "1:3: parse error: duration out of range"),
        Case("a offset", "1:9: parse error: unexpected end of input in offset, expected number, duration, step(), or range()"),
        Case("a offset b", "1:10: parse error: unexpected identifier \"b\" in offset, expected number, duration, step(), or range()"),
        Case("a @ b", "1:5: parse error: unexpected identifier \"b\" in @, expected timestamp"),
        Case("a @ start", "1:10: parse error: unexpected end of input in @, expected timestamp"),
        Case("a @ Inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"),
        Case("a @ 1e19", "1:1: parse error: timestamp out of bounds for @ modifier: 10000000000000000000.000000"),
        Case("sum(a b)", "1:7: parse error: unexpected identifier \"b\" in aggregation"),
        Case("sum(rate(a b))", "1:12: parse error: unexpected identifier \"b\" in aggregation"),
        Case("rate(a b)", "1:8: parse error: unexpected identifier \"b\""),
        Case("sum by a", "1:8: parse error: unexpected identifier \"a\" in grouping opts, expected \"(\""),
        Case("sum by (1) (a)", "1:9: parse error: unexpected number \"1\" in grouping opts, expected label"),
        Case("sum by (a b) (c)", "1:11: parse error: unexpected identifier \"b\" in grouping opts, expected \",\" or \")\""),
        Case("sum by (\"\") (c)", "1:9: parse error: invalid label name for grouping: \"\""),
        Case("a + on b", "1:8: parse error: unexpected identifier \"b\" in grouping opts, expected \"(\""),
    ]

    @Test(arguments: contexts)
    func `the place is named`(example: Case) { #expect(message(example.query) == example.message) }

    static let meaning: [Case] = [
        Case("foo(1)", "1:1: parse error: unknown function with name \"foo\""),
        Case("rate()", "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 0"),
        Case("label_join(a)", "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 1"),
        Case("round(a, 1, 2)", "1:1: parse error: expected at most 2 argument(s) in call to \"round\", got 3"),
        Case("rate(a, )", "1:7: parse error: trailing commas not allowed in function call args"),
        Case("rate(a)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"),
        Case("abs(1)", "1:5: parse error: expected type instant vector in call to function \"abs\", got scalar"),
        Case("sum()", "1:1: parse error: no arguments for aggregate expression provided"),
        Case("topk(a)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"),
        Case("sum(1)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar"),
        Case("topk(a, b)", "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"),
        Case("count_values(1, b)", "1:14: parse error: expected type string in aggregation parameter, got scalar"),
        Case("1 > 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        Case("a + bool b", "1:3: parse error: bool modifier can only be used on comparison operators"),
        Case("1 and a", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"),
        Case("a and on (x) group_left b", "1:1: parse error: no grouping allowed for \"and\" operation"),
        Case("a + on (x) group_left (x) b", "1:3: parse error: label \"x\" must not occur in ON and GROUP clause at once"),
        Case("a + on (x) 1", "1:1: parse error: vector matching only allowed between instant vectors"),
        Case("a + fill (1) 1", "1:1: parse error: filling in missing series only allowed between instant vectors"),
        Case("a or fill (1) b", "1:1: parse error: filling in missing series not allowed for set operators"),
        Case("a + \"b\"", "1:5: parse error: binary expression must contain only scalar and instant vector types"),
        Case("-\"b\"", "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"string\""),
        Case(
            "-a[5m]",
            "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\""),
        Case("1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"),
        Case("(a)[5m]", "1:4: parse error: ranges only allowed for vector selectors"),
        Case("a offset 1m [5m]", "1:13: parse error: no offset modifiers allowed before range"),
        Case("a @ 1 [5m]", "1:7: parse error: no @ modifiers allowed before range"),
        Case("a offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"),
        Case("a @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"),
        Case(
            "(a) offset 1m",
            "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery"),
        Case("1 @ 1", "1:1: parse error: @ modifier must be preceded by an instant vector selector or range vector selector or a subquery"),
        Case("a anchored smoothed", "1:1: parse error: anchored and smoothed modifiers cannot be used together"),
        Case("{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        Case("{a=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        Case("a{__name__=\"b\"}", "1:1: parse error: metric name must not be set twice: \"a\" or \"b\""),
        Case("info(a, b)", "1:9: parse error: expected label selectors only, got vector selector instead"),
        Case("info(a, 1)", "1:1: parse error: expected type instant vector in call to function \"info\", got scalar"),
    ]

    @Test(arguments: meaning)
    func `what is well formed but means nothing`(example: Case) { #expect(message(example.query) == example.message) }

    static let disabled: [Case] = [
        Case(
            "limitk(1, a)",
            "1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions"),
        Case("a + fill (1) b", "1:1: parse error: binop fill modifiers are experimental and not enabled"),
        Case("a[5m + 1m]", "1:3: parse error: experimental duration expression is not enabled"),
        Case("a offset step()", "1:10: parse error: experimental duration expression is not enabled"),
        Case("a smoothed", "1:1: parse error: smoothed modifier is experimental and not enabled"),
    ]

    @Test(arguments: disabled)
    func `features that are off are refused`(example: Case) { #expect(message(example.query, []) == example.message) }

    @Test func `the range lies where the message says`() {
        let error = #expect(throws: QueryError.self) { try SyntaxSamples.parser.parse("up +\n rate(x)") }
        #expect(error?.message.hasPrefix("2:7: ") == true)
        #expect(error?.range == SourceRange(11, 12))
    }

    @Test(arguments: [
        String(repeating: "(", count: 1_000_000), String(repeating: "-", count: 1_000_000), "1" + String(repeating: "+1", count: 500_000),
        "1" + String(repeating: "^1", count: 500_000), "a" + String(repeating: "[1m:]", count: 200_000),
        String(repeating: "abs(", count: 200_000), "a[" + String(repeating: "(", count: 1_000_000),
        "a[1" + String(repeating: "+1", count: 500_000) + "]", "a[" + String(repeating: "-", count: 1_000_000) + "step()]",
    ])
    func `hostile nesting is refused`(query: String) {
        let text = message(query)
        #expect(text.contains("expression is nested more than") || text.contains("expression chains more than"))
    }
}
