internal import GoTemplate
internal import Testing

/// What templates mean, as Go has it.
struct LanguageTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("{{.s}}", "text"), ("a {{.s}} b", "a text b"), ("{{.n}} {{.f}} {{.yes}}", "17 1.5 true"),
        ("{{.missing}}", "<no value>"), ("{{.map.b}}-{{.map.missing}}-", "2--"), ("{{.missing.deeper}}", "<no value>"),
        ("{{.none}}", "<no value>"),
        ("{{print nil}}", "<nil>"), ("{{.list}}", "[1 two 3]"), ("{{.map}}", "map[a:1 b:2]"), ("{{$.s}}", "text"),
        ("{{.person.Name}}", "Ann"),
        ("{{.person.Tags.a}}", "1"), ("{{.person.Greet \"x\" 1 2}}", "hello x 2"), ("{{\"y\" | .person.Greet}}", "hello y 0"),
        ("{{.person}}", "person"),
        ("{{(.person).Name}}", "Ann"), ("{{(index .list 1)}}", "two"), ("{{given}}", "given"), ("{{given | upper}}", "GIVEN"),
        ("{{.time.Year}} {{.time.Format \"15:04\"}}", "2023 22:13"), ("{{call .add 1 2}}", "3"),
        ("{{.time}}", "2023-11-14 22:13:20 +0000 UTC"),
    ])
    func `values are printed`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }

    @Test(arguments: [
        (#"{{"a\tb\x41\u00e9\101\""}}"#, "a\tbAéA\""), ("{{`raw \\n`}}", "raw \\n"), ("{{'a'}} {{'\\n'}} {{'é'}}", "97 10 233"),
        ("{{1_000}}", "1000"),
        ("{{0x1F}} {{0b101}} {{0o17}} {{017}} {{-5}} {{+5}}", "31 5 15 15 -5 5"),
        ("{{1.5e3}} {{1e3}} {{.5}} {{0x1p4}}", "1500 1000 0.5 16"),
        ("{{true}} {{false}}", "true false"), ("{{1.0}}", "1"), ("{{1e10}}", "1e+10"),
    ])
    func `literals are read`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }

    @Test(arguments: [
        ("a  {{- \" b \" -}}  c", "a b c"), ("a\n\t{{- 1}} {{2 -}}\r\n b", "a1 2b"), ("a {{/* note */}} b", "a  b"),
        ("a {{- /* note */ -}} b", "ab"),
        ("{{/* a\nb */}}x", "x"), ("{{ -1 }}", "-1"), ("{{1 -}} x", "1x"), ("{{\n1\n}}", "1"),
    ])
    func `blanks are trimmed where that is marked`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }

    @Test(arguments: [
        ("{{if .yes}}1{{end}}", "1"), ("{{if .no}}1{{else}}2{{end}}", "2"), ("{{if .no}}1{{else if .n}}2{{else}}3{{end}}", "2"),
        ("{{if .no}}1{{else if .empty}}2{{else}}3{{end}}", "3"), ("{{if .missing}}1{{end}}", ""), ("{{if 0}}1{{else}}2{{end}}", "2"),
        ("{{if .list}}1{{end}}{{if .map}}2{{end}}{{if .f}}3{{end}}{{if .person}}4{{end}}", "1234"),
        ("{{with .s}}{{.}}{{end}}", "text"), ("{{with .empty}}x{{else}}{{.n}}{{end}}", "17"),
        ("{{with .empty}}x{{else with .n}}{{.}}{{end}}", "17"),
        ("{{with $x := .n}}{{$x}}{{end}}", "17"), ("{{if and .yes .n}}x{{end}}", "x"), ("{{if $y := .n}}{{$y}}{{end}}", "17"),
    ])
    func `conditions choose`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }

    @Test(arguments: [
        ("{{range .list}}<{{.}}>{{end}}", "<1><two><3>"), ("{{range $i, $e := .list}}{{$i}}={{$e}},{{end}}", "0=1,1=two,2=3,"),
        ("{{range $e := .list}}{{$e}},{{end}}", "1,two,3,"), ("{{range $k, $v := .map}}{{$k}}={{$v}},{{end}}", "a=1,b=2,"),
        ("{{range 3}}{{.}}{{end}}", "012"), ("{{range $i := 3}}{{$i}}{{end}}", "012"), ("{{range .empty}}x{{end}}", "!"),
        ("{{range .missing}}x{{else}}none{{end}}", "none"), ("{{range 0}}x{{else}}none{{end}}", "none"),
        ("{{range .list}}{{if eq (print .) \"two\"}}{{break}}{{end}}{{.}}{{end}}", "1"),
        ("{{range .list}}{{if eq (print .) \"two\"}}{{continue}}{{end}}{{.}}{{end}}", "13"),
        ("{{range $i, $e := .list}}{{range $j := 2}}{{if eq $j 1}}{{break}}{{end}}{{$i}}{{$j}} {{end}}{{end}}", "00 10 20 "),
        ("{{$i := 5}}{{$e := 6}}{{range $i, $e = .list}}{{end}}{{$i}} {{$e}}", "2 3"),
    ])
    func `ranges go over lists, maps in the order of keys, and numbers`(text: String, output: String) throws {
        if output == "!" {
            #expect(failure(text) == "template: t:1:8: executing \"t\" at <.empty>: range can't iterate over ")
        } else {
            #expect(try render(text) == output)
        }
    }

    @Test(arguments: [
        ("{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}", "12"), ("{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"),
        ("{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"), ("{{$x := .person}}{{$x.Name}}", "Ann"),
        ("{{$x := .person}}{{$x.Greet \"a\"}}", "hello a 0"),
        ("{{range .list}}{{$.n}} {{end}}", "17 17 17 "),
    ])
    func `variables hold until their block ends`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }

    @Test(arguments: [
        ("{{define \"a\"}}[{{.}}]{{end}}{{template \"a\" .s}}{{template \"a\"}}", "[text][<no value>]"),
        ("{{block \"b\" .n}}({{.}}){{end}}", "(17)"), ("{{define \"a\"}}{{$}}{{end}}{{template \"a\" 5}}", "5"),
        ("{{template \"a\" .n}}{{define \"a\"}}{{if gt . 15}}{{template \"a\" 3}}{{else}}{{.}}{{end}}{{end}}", "3"),
        ("{{define `r`}}x{{end}}{{template `r`}}", "x"), ("{{define \"a\"}}<{{.}}>{{end}}{{expand \"a\" .s | upper}}", "<TEXT>"),
    ])
    func `templates call one another`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }

    @Test(arguments: [
        ("{{.s | upper | printf \"%s-%d\" | print}}", "TEXT-%!d(MISSING)"), ("{{upper (print .s 1)}}", "TEXT1"),
        ("{{half 3}} {{half 1e1}}", "1.5 5"),
        ("{{plus 1 2.0}}", "3"), ("{{plus 'a' 1}}", "98"), ("{{1 | plus 2}}", "3"), ("{{printf \"%d\" (plus 1 (plus 2 3))}}", "6"),
    ])
    func `pipelines hand values on as the last argument`(text: String, output: String) throws {
        #expect(try render(text) == output)
    }

    @Test func `a later text of a set takes the place of an earlier one, and a copy of the set is its own`() throws {
        var set = TemplateSet()
        try set.add("{{define \"a\"}}1{{end}}{{define \"b\"}}{{template \"a\"}}{{end}}", name: "file")
        var copy = set
        try copy.add("{{define \"a\"}}2{{end}}", name: "other")
        try copy.add("  ", name: "b")
        #expect(try set.text("b", .none) == "1")
        #expect(try copy.text("b", .none) == "2")
        #expect(copy.names == ["a", "b", "file", "other"])
        #expect(throws: TemplateError.self) { try set.text("nowhere", .none) }
    }

    @Test func `what a template looks at is known`() throws {
        var set = TemplateSet()
        try set.add("a{{.x}}b{{.y}}", name: "simple")
        try set.add("{{if .x}}{{range .y.z}}{{.}}{{end}}{{end}}{{$.w | print}}", name: "other")
        let simple = set.use("simple")
        #expect(simple?.pieces == [.text(Array("a".utf8)), .field("x"), .text(Array("b".utf8)), .field("y")])
        #expect(simple?.fields == ["x", "y"])
        #expect(simple?.usesRoot == false)
        let other = set.use("other")
        #expect(other?.pieces == nil)
        #expect(other?.fields == ["x", "y", "z", "w"])
        #expect(other?.usesRoot == true)
    }

    @Test func `bytes that are no UTF-8 go through`() throws {
        var set = TemplateSet()
        try set.add("<{{.}}{{len .}}>", name: "t")
        var output: [UInt8] = [1]
        try set.render("t", .string([0xff, 0x41]), into: &output)
        #expect(output == [1, 0x3c, 0xff, 0x41, 0x32, 0x3e])
    }
}
