internal import GoTemplate
internal import Testing

/// Errors in Go's words, with the place.
struct TemplateErrorTests {
    @Test(arguments: [
        ("{{nosuchfunc}}", #"template: t:1: function "nosuchfunc" not defined"#), ("{{.x", "template: t:1: unclosed action"),
        ("a\n{{.x\n", "template: t:3: unclosed action started at t:2"), ("{{", "template: t:1: unclosed action"),
        ("{{/* x", "template: t:1: unclosed comment"),
        ("{{/* x */ }}", "template: t:1: comment ends before closing delimiter"), ("{{if .x}}", "template: t:1: unexpected EOF"),
        ("{{end}}", "template: t:1: unexpected {{end}}"), ("{{else}}", "template: t:1: unexpected {{else}}"),
        ("{{}}", "template: t:1: missing value for command"),
        ("{{if}}{{end}}", "template: t:1: missing value for if"), ("{{$x}}", #"template: t:1: undefined variable "$x""#),
        ("{{.x | 1}}", "template: t:1: non executable command in pipeline stage 2"),
        ("{{(.x}}", "template: t:1: unclosed left paren"), ("{{.x)}}", "template: t:1: unexpected right paren"),
        ("{{\"x}}", "template: t:1: unterminated quoted string"), ("{{`x}}", "template: t:1: unterminated raw quoted string"),
        ("{{'x}}", "template: t:1: unterminated character constant"), ("{{1x}}", #"template: t:1: bad number syntax: "1x""#),
        ("{{.x!}}", "template: t:1: bad character U+0021 '!'"), ("{{#}}", ##"template: t:1: unexpected "#" in command"##),
        ("{{break}}", "template: t:1: {{break}} outside {{range}}"),
        ("{{if 1}}{{else}}{{else}}{{end}}", "template: t:1: expected end; found {{else}}"),
        ("{{$x, $y := 1}}", "template: t:1: too many declarations in command"),
        ("{{template .x}}", #"template: t:1: unexpected ".x" in template clause"#),
        ("{{define \"x\"}}", "template: t:1: unexpected EOF"), ("{{1.x}}", #"template: t:1: bad number syntax: "1.x""#),
        ("{{true.x}}", #"template: t:1: unexpected . after term "true""#),
        ("{{99999999999999999999}}", #"template: t:1: integer overflow: "99999999999999999999""#),
        ("{{09}}", #"template: t:1: illegal number syntax: "09""#), ("{{'ab'}}", "template: t:1: malformed character constant: 'ab'"),
        ("{{\"\\q\"}}", "template: t:1: invalid syntax"), ("{{x: }}", "template: t:1: function \"x\" not defined"),
        ("{{.x : 1}}", "template: t:1: expected :="),
        ("{{define \"a\"}}1{{end}}{{define \"a\"}}2{{end}}", #"template: t: template: multiple definition of template "a""#),
        ("{{é\u{80}}}", "template: t:1: bad character U+0080"),
        ("\u{1}{{\u{1}}}", "template: t:1: unrecognized character in action: U+0001"),
    ])
    func `what is no template is refused`(text: String, message: String) {
        #expect(failure(text) == message)
    }

    @Test(arguments: [
        ("{{.s.x}}", #"template: t:1:4: executing "t" at <.s.x>: can't evaluate field x in type string"#),
        ("a\nb {{.n.x}}", #"template: t:2:6: executing "t" at <.n.x>: can't evaluate field x in type int"#),
        ("{{.person.Nothing}}", #"template: t:1:9: executing "t" at <.person.Nothing>: can't evaluate field Nothing in type *main.Person"#),
        ("{{fail 1}}", #"template: t:1:2: executing "t" at <fail 1>: error calling fail: it failed"#),
        ("{{upper}}", #"template: t:1:2: executing "t" at <upper>: wrong number of args for upper: want 1 got 0"#),
        ("{{upper 1}}", #"template: t:1:8: executing "t" at <1>: expected string; found 1"#),
        ("{{upper .n}}", #"template: t:1:8: executing "t" at <.n>: wrong type for value; expected string; got int"#),
        ("{{upper .missing}}", #"template: t:1:8: executing "t" at <.missing>: invalid value; expected string"#),
        ("{{upper nil}}", #"template: t:1:8: executing "t" at <nil>: cannot assign nil to string"#),
        ("{{plus 1 1.5}}", #"template: t:1:9: executing "t" at <1.5>: expected integer; found 1.5"#),
        ("{{printf}}", #"template: t:1:2: executing "t" at <printf>: wrong number of args for printf: want at least 1 got 0"#),
        ("{{nil}}", #"template: t:1:2: executing "t" at <nil>: nil is not a command"#),
        ("{{1 2}}", #"template: t:1:2: executing "t" at <1>: can't give argument to non-function 1"#),
        ("{{.map.a 1}}", #"template: t:1:6: executing "t" at <.map.a>: a is not a method but has arguments"#),
        ("{{template \"x\"}}", #"template: t:1:11: executing "t" at <{{template "x"}}>: template "x" not defined"#),
        (
            "{{range .n}}{{end}}{{range $i, $x := .n}}{{end}}",
            #"template: t:1:27: executing "t" at <$i, $x := .n>: can't use 17 to iterate over more than one variable"#
        ),
        ("{{eq 1 1.0}}", #"template: t:1:2: executing "t" at <eq 1 1.0>: error calling eq: incompatible types for comparison"#),
        ("{{index .list 5}}", #"template: t:1:2: executing "t" at <index .list 5>: error calling index: index out of range: 5"#),
        (
            "{{define \"d\"}}\n{{fail .}}{{end}}{{template \"d\" 1}}",
            #"template: t:2:2: executing "d" at <fail .>: error calling fail: it failed"#
        ),
    ])
    func `what cannot be carried out is named with its place`(text: String, message: String) {
        #expect(failure(text) == message)
    }

    @Test func `a rendering that fails leaves the output as it was`() throws {
        var set = TemplateSet()
        try set.add("abc{{index 1 2}}", name: "t")
        var output = Array("before".utf8)
        #expect(throws: TemplateError.self) { try set.render("t", .none, into: &output) }
        #expect(output == Array("before".utf8))
    }
}
