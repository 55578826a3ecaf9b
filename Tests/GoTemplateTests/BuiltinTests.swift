internal import GoTemplate
internal import Testing

/// The functions that every template has.
struct BuiltinTests {
    @Test(arguments: [
        ("{{and 1 0 (fail 1)}}", "0"), ("{{and 1 2}}", "2"), ("{{or 0 3 (fail 1)}}", "3"), ("{{or 0 \"\"}}", ""),
        ("{{not 0}} {{not .s}}", "true false"),
        ("{{0 | and 1}}", "0"), ("{{len .s}} {{len .list}} {{len .map}} {{len \"é\"}}", "4 3 2 2"),
    ])
    func `logic looks no further than it must`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }

    @Test(arguments: [
        ("{{eq 1 1}} {{eq 1 2}} {{eq 1 2 3 1}} {{eq \"a\" \"a\"}} {{eq 1.5 1.5}} {{eq true true}}", "true false true true true true"),
        ("{{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{ge 2 2}}", "true true true false true"),
        ("{{lt \"a\" \"b\"}} {{gt 1.5 0.5}}", "true true"),
        ("{{eq .missing nil}} {{eq .s nil}}", "true false"), ("{{eq .s \"text\"}}", "true"),
    ])
    func `values compare`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }

    @Test(arguments: [
        ("{{index .list 1}}", "two"), ("{{index .map \"a\"}}", "1"), ("{{index .map \"x\"}}!", "!"), ("{{index .s 0}}", "116"),
        ("{{index .person.Tags \"b\"}}", "2"),
        ("{{index . \"map\" \"a\"}}", "1"), ("{{index .list}}", "[1 two 3]"),
        ("{{slice .s 1}} {{slice .s 1 3}} {{slice .list 1 2}} {{slice .s}}", "ext ex [two] text"),
    ])
    func `parts are taken`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }

    @Test(arguments: [
        ("{{slice .s 5}}", "index out of range: 5"), ("{{slice .s 3 1}}", "invalid slice index: 3 > 1"),
        ("{{index .none 1}}", "index of untyped nil"),
        ("{{slice .n 1}}", "can't slice item of type int"), ("{{index .list \"a\"}}", "cannot index slice/array with type string"),
        ("{{index .map 1}}", "value has type int; should be string"), ("{{len .n}}", "len of type int"),
        ("{{lt true false}}", "invalid type for comparison"),
        ("{{eq .list .list}}", "non-comparable type [1 two 3]: []interface {}"), ("{{eq 1}}", "missing argument for comparison"),
        ("{{call .n}}", "non-function call .n of type int"), ("{{call .add 1}}", "wrong number of args for call .add 1: got 1 want 2"),
        ("{{index .list -1}}", "index out of range: -1"),
    ])
    func `what does not fit is an error`(text: String, message: String) throws {
        let text = try #require(failure(text))
        #expect(text.hasSuffix(": " + message), "\(text)")
    }

    @Test(arguments: [
        ("{{print 1 2 \"a\" \"b\" 3 4}}", "1 2ab3 4"), ("{{println 1 \"a\"}}", "1 a\n"), ("{{print}}", ""),
        ("{{print 1.5 true nil}}", "1.5 true <nil>"),
        ("{{html \"<a href='x'>&\"}}", "&lt;a href=&#39;x&#39;&gt;&amp;"), ("{{js \"it's <\\n>é\"}}", "it\\'s \\u003C\\u000A\\u003Eé"),
        ("{{urlquery \"a b&c=é~\"}}", "a+b%26c%3D%C3%A9~"), ("{{html 1 2}}", "1 2"),
    ])
    func `text is printed and escaped`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }
}
