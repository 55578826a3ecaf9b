internal import GoTemplate
internal import TestSupport
internal import Testing

/// Templates that mean harm end with an error, soon.
struct TemplateLimitTests {
    private let limits = TemplateLimits(bytesMax: 10_000, stepsMax: 5000, depthMax: 100)

    @Test(arguments: [
        "{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}", "{{range 9223372036854775807}}{{end}}",
        "{{range 1000}}{{range 1000}}{{end}}{{end}}",
        "{{$x := \"aaaaaaaaaa\"}}{{range 100}}{{$x = double $x}}{{end}}", "{{printf \"%999999d\" 1}}", "{{printf \"%.999999f\" 1.5}}",
        "{{range 100}}{{printf \"%9000d\" 1}}{{end}}", "{{define \"x\"}}{{expand \"x\" 1}}{{end}}{{template \"x\"}}",
        "{{range 100}}{{printf \"%*d\" 999999 1}}{{end}}",
        "{{$x := .list}}{{range 1000}}{{range $x}}{{print $x}}{{end}}{{end}}",
    ])
    func `no template costs more than it may`(text: String) {
        #expect(failure(text, limits: limits) != nil)
    }

    @Test func `nesting has an end`() {
        for (open, close) in [("{{if 1}}", "{{end}}"), ("{{range 1}}", "{{end}}"), ("{{block \"x\" 1}}", "{{end}}")] {
            let text = String(repeating: open, count: 20_000) + String(repeating: close, count: 20_000)
            #expect(failure(text) == "template: t:1: max expression depth exceeded")
        }
        let parentheses = "{{" + String(repeating: "(", count: 20_000) + "1" + String(repeating: ")", count: 20_000) + "}}"
        #expect(failure(parentheses) == "template: t:1: max expression depth exceeded")
        #expect(
            failure("{{if 0}}" + String(repeating: "{{else if 0}}", count: 20_000) + "{{end}}")
                == "template: t:1: max expression depth exceeded")
        #expect(failure(String(repeating: "{{if 1}}", count: 60) + String(repeating: "{{end}}", count: 60)) == nil)
    }

    @Test func `damaged templates never trap`() throws {
        var generator = SeededGenerator(seed: 23)
        let text = """
            {{define "a"}}{{range $i, $e := .list}}{{if eq $i 1}}{{continue}}{{end}}{{printf "%d %5.2f %q" $i 1.5 $.s}}{{end}}{{end -}}
            {{template "a" .}}{{with $x := index .map "a"}}{{$x | print 0x1F 'a' `raw`}}{{else}}{{end}}{{/* c */}}{{(.person).Greet "x" 1}}
            """
        let run = { (bytes: [UInt8]) in _ = failure(String(decoding: bytes, as: UTF8.self), limits: limits) }
        #expect(failure(text, limits: limits) == nil)
        checkTruncationNeverTraps(Array(text.utf8), mustThrow: false, decode: run)
        checkDamageNeverTraps(Array(text.utf8), rounds: 3000, using: &generator, decode: run)
        let tokens = [
            "{{", "}}", "if", "end", "range", " ", ".", "$x", ":=", "|", "(", ")", "1", "\"a\"", "define", "else", "-", ",", ".x",
            "template", "\n", "with", "nil",
        ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...15, using: &generator)).map { _ in tokens.randomElement(using: &generator) ?? "" }.joined()
            _ = failure("{{" + text + "}}", limits: limits)
        }
    }
}
