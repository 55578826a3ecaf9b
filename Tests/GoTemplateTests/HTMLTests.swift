import GoTemplate
import TestSupport
import Testing

@Suite struct HTMLTests {
    private let values: [String: TemplateValue] = [
        "a": .text("<b>&\"'+"), "link": .text("javascript:alert(1)"), "web": .text("https://x.example/a b?q=1&r=<"), "n": .int(5),
        "markup": .object(TemplateMarkup(Array("<i>x &amp; y</i>".utf8), as: .markup)),
        "odd": .object(TemplateMarkup(Array("tel:1 2".utf8), as: .address)), "none": .none, "color": .text("red"), "css": .text("x;y"),
        "word": .text("two words"), "name": .text("title"), "event": .text("onclick"),
    ]

    private func html(_ text: String) throws -> String {
        var set = TemplateSet()
        try set.add(text, name: "t")
        let root = TemplateValue.map(TemplateMap(values.map { (key: Array($0.key.utf8), value: $0.value) }))
        return try set.text("t", root, isHTML: true)
    }

    @Test(arguments: [
        ("{{.a}}", "&lt;b&gt;&amp;&#34;&#39;&#43;"), ("{{.markup}}", "<i>x &amp; y</i>"), ("a{{.none}}b", "ab"), ("{{.n}}", "5"),
        ("{{.a | html}}", "&lt;b&gt;&amp;&#34;&#39;+"), ("{{if lt 1 2}}<p>{{.a}}</p>{{end}}", "<p>&lt;b&gt;&amp;&#34;&#39;&#43;</p>"),
        ("1 < 2 {{.a}}", "1 &lt; 2 &lt;b&gt;&amp;&#34;&#39;&#43;"),
        ("<title>{{.markup}}</title>{{.markup}}", "<title>&lt;i&gt;x &amp; y&lt;/i&gt;</title><i>x &amp; y</i>"),
    ])
    func `text is escaped, markup of the host is not`(template: String, expected: String) throws {
        #expect(try html(template) == expected)
    }

    @Test(arguments: [
        ("<p title=\"{{.a}}\">", "<p title=\"&lt;b&gt;&amp;&#34;&#39;&#43;\">"), ("<p title='{{.markup}}'>", "<p title='x &amp; y'>"),
        ("<p title={{.word}} id=x>", "<p title=two&#32;words id=x>"), ("<p {{.name}}=1>", "<p title=1>"),
        ("<p {{.event}}=1>", "<p ZgotmplZ=1>"),
        ("<p title = {{.n}}>{{.a}}", "<p title = 5>&lt;b&gt;&amp;&#34;&#39;&#43;"),
    ])
    func `attributes are escaped as their quotes ask for`(template: String, expected: String) throws {
        #expect(try html(template) == expected)
    }

    @Test(arguments: [
        ("<a href=\"{{.link}}\">", "<a href=\"#ZgotmplZ\">"),
        ("<a href=\"{{.web}}\">", "<a href=\"https://x.example/a%20b?q=1&amp;r=%3c\">"),
        ("<a href=\"/x?q={{.web}}\">", "<a href=\"/x?q=https%3a%2f%2fx.example%2fa%20b%3fq%3d1%26r%3d%3c\">"),
        ("<a href=\"{{.odd}}\">", "<a href=\"tel:1%202\">"),
        ("<a href=\"#q={{.web | urlquery}}\">", "<a href=\"#q=https%3A%2F%2Fx.example%2Fa&#43;b%3Fq%3D1%26r%3D%3C\">"),
        ("<img src={{.web}}>", "<img src=https://x.example/a%20b?q&#61;1&amp;r&#61;%3c>"),
        ("<a data-url='{{.link}}'>", "<a data-url='#ZgotmplZ'>"),
        ("<a href=\"/p/{{.link}}\">", "<a href=\"/p/javascript:alert%281%29\">"),
    ])
    func `addresses lead nowhere dangerous`(template: String, expected: String) throws {
        #expect(try html(template) == expected)
    }

    @Test(arguments: [
        ("<p style=\"color: {{.color}}\">", "<p style=\"color: red\">"), ("<p style=\"color: {{.css}}\">", "<p style=\"color: ZgotmplZ\">"),
        ("<style>p { color: {{.color}} }</style>{{.n}}", "<style>p { color: red }</style>5"),
        (
            "<script>var a = {{.a}}, b = {{.n}}, c = '{{.a}}';</script>",
            "<script>var a = \"\\u003cb\\u003e\\u0026\\\"'+\", b =  5 , c = '\\u003cb\\u003e\\u0026\\u0022\\u0027\\u002b';</script>"
        ),
        ("<p onclick=\"f({{.color}})\">", "<p onclick=\"f(&#34;red&#34;)\">"), ("a<!-- {{.a}} -->b", "ab"),
    ])
    func `styles, scripts and comments take no markup`(template: String, expected: String) throws {
        #expect(try html(template) == expected)
    }

    @Test func `a template that is called goes on where the caller stands`() throws {
        #expect(
            try html("{{define \"q\"}}/a?x={{.}}{{end}}<a href=\"{{template \"q\" .word}}\">{{.a}}</a>")
                == "<a href=\"/a?x=two%20words\">&lt;b&gt;&amp;&#34;&#39;&#43;</a>")
    }

    @Test func `no text of a template or value makes it fail, and no value in text or in quotes opens a tag`() throws {
        var random = SeededGenerator(seed: .random(in: 0...UInt64.max))
        let pieces = ["<", ">", "\"", "'", "=", " ", "a", "href", "style", "on", "script", "/", "<!--", "-->", "{{.}}", "?", "\\", "é"]
        for _ in 0..<400 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            var set = TemplateSet()
            try set.add(text, name: "t")
            _ = try set.text("t", .string(random.bytes(6)), isHTML: true)
            let value = String(decoding: random.bytes(12), as: UTF8.self)
            var fixed = TemplateSet()
            try fixed.add("<p title=\"{{.}}\">{{.}}</p>", name: "t")
            let output = try fixed.text("t", .text(value), isHTML: true)
            #expect(output.utf8.count { $0 == UInt8(ascii: "<") } == 2, "seed \(random.seed)")
            #expect(output.utf8.count { $0 == UInt8(ascii: "\"") } == 2, "seed \(random.seed)")
        }
    }
}

@Suite struct PlainObjectTests {
    /// A list with a method.
    struct Words: TemplateObject {
        var typeName: String { "main.Words" }
        var printed: [UInt8] { Array("words".utf8) }
        var plain: TemplateValue? { .list([.text("a"), .text("b")]) }
        func member(_ name: String) -> TemplateMember? {
            name == "Size" ? .method(TemplateFunction([]) { _ throws(TemplateFault) in .int(2) }) : nil
        }
    }

    @Test(arguments: [
        ("{{range .}}{{.}},{{end}}", "a,b,"), ("{{len .}}", "2"), ("{{index . 1}}", "b"), ("{{.Size}}", "2"), ("{{.}}", "words"),
        ("{{if .}}y{{end}}", "y"), ("{{slice . 1}}", "[b]"), ("{{(index . 0) | printf \"%s!\"}}", "a!"),
    ])
    func `an object that is a list as well is taken for one`(template: String, expected: String) throws {
        var set = TemplateSet()
        try set.add(template, name: "t")
        #expect(try set.text("t", .object(Words())) == expected)
    }

    @Test(
        arguments: [
            (0, "0s"), (15, "15ns"), (1500, "1.5µs"), (2_000_000, "2ms"), (1_000_000_000, "1s"), (3_723_500_000_000, "1h2m3.5s"),
            (-60_000_000_000, "-1m0s"), (Int64.min, "-2562047h47m16.854775808s"),
        ] as [(Int64, String)])
    func `durations print as in Go`(nanoseconds: Int64, expected: String) {
        #expect(GoDuration(nanoseconds: nanoseconds).description == expected)
    }
}
