import GoTemplate
import QueryModel
import Rules
import TelemetryModel
import Testing

@Suite struct RuleTemplateTests {
    private static let time: Timestamp = 1_353_755_652_000

    private func expand(
        _ text: String, _ labels: LabelSet = [:], _ value: Double = 0, found: [(LabelSet, Double)] = []
    ) -> String {
        let surroundings = TemplateSurroundings(
            externalLabels: ["cluster": "eu"], externalURL: "http://testhost:9090/path/prefix")
        return RuleTemplate(text, alert: "T", surroundings: surroundings)
            .expand(labels, .float(value), at: Self.time) { _ throws(TemplateFault) in
                found.map { VectorSample(labels: $0.0, timestamp: Self.time, value: .float($0.1)) }
            }
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("{ a", "{ a"), ("{{ 1 }}", "1"), ("{{ $value }}", "1.5"), ("{{ .Value }}", "1.5"),
        ("{{ $labels.job }}/{{ .Labels.job }}/{{ $labels.none }}/", "shop/shop//"), ("{{ $labels.__name__ }}", "up"),
        ("{{ $externalLabels.cluster }} {{ $externalURL }}", "eu http://testhost:9090/path/prefix"),
        ("{{ externalURL }} {{ pathPrefix }}", "http://testhost:9090/path/prefix /path/prefix"),
        ("{{ with $labels.job }}a {{ . }}{{ end }}{{ if gt $value 1.0 }} high{{ else }} low{{ end }}", "a shop high"),
        ("{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}", "__name__=up;job=shop;"),
        ("{{ printf \"%.2f|%5s|%q\" $value $labels.job \"x\" }}", "1.50| shop|\"x\""),
        ("{{define \"x\"}}{{.arg0}} {{.arg1}}{{end}}{{template \"x\" (args 1 \"2\")}}", "1 2"),
        ("{{ reReplaceAll \"(a)b\" \"x$1\" \"ab\" }}", "xa"), ("{{ \"a-b\" | reReplaceAll \"-.*\" \"\" }}", "a"),
        ("{{ match \"a+\" \"aa\" }} {{ match \"a+\" \"b\" }}", "true false"), ("{{ \"aa bb CC\" | title }}", "Aa Bb CC"),
        ("{{ \"aa bb CC\" | toUpper }}{{ \"aA bB CC\" | toLower }}", "AA BB CCaa bb cc"),
        ("{{ graphLink \"up\" }} {{ tableLink \"a > b\" }}", "/graph?g0.expr=up&g0.tab=0 /graph?g0.expr=a+%3E+b&g0.tab=1"),
        ("{{ urlQueryEscape \"a b&c\" }}", "a+b%26c"), ("{{ \"<b>\" }}{{ \"<b>\" | safeHtml }}", "<b><b>"),
        ("{{ now }}", "1.353755652e+09"), ("{{ (now | toTime).Format \"Mon Jan 2 15:04:05 2006\" }}", "Sat Nov 24 11:14:12 2012"),
        ("{{ (1435065584.128 | toTime).Format \"2006\" }}", "2015"), ("{{ (\"1435065584.128\" | toTime).Year }}", "2015"),
        ("{{ (1800 | toDuration).String }} {{ (\"90\" | toDuration).Minutes }}", "30m0s 1.5"),
        ("{{ (\"-30m\" | parseDuration | toDuration | (now | toTime).Add).UnixMilli }}", "1353753852000"),
        ("{{ printf \"%0.2f\" (parseDuration \"1h2m10ms\") }} {{ parseDuration \"-1h\" }}", "3720.01 -3600"),
        (
            "{{ -0.22222 | humanizePercentage }}:{{ 0.1234567 | humanizePercentage }}:{{ 1.23456 | humanizePercentage }}",
            "-22.22%:12.35%:123.5%"
        ),
        ("{{ 1435065584.128 | humanizeTimestamp }}", "2015-06-23 13:19:44.128 +0000 UTC"),
        ("{{ \"foo.example.com:12345\" | stripPort }} {{ \"foo.example.com\" | stripPort }}", "foo.example.com foo.example.com"),
        ("{{ \"[2001:0DB8::1]:12345\" | stripPort }} {{ \"2001:0DB8::1\" | stripPort }}", "2001:0DB8::1 2001:0DB8::1"),
        ("{{ \"[2001:0DB8::1]::12345\" | stripPort }}", "[2001:0DB8::1]::12345"),
        ("{{ \"foo.example.com\" | stripDomain }} {{ \"foo.example.com:12345\" | stripDomain }}", "foo foo:12345"),
        ("{{ \"192.0.2.1:12345\" | stripDomain }} {{ \"[2001:0DB8::1]:12345\" | stripDomain }}", "192.0.2.1:12345 [2001:0DB8::1]:12345"),
    ])
    func `a template gives what Prometheus makes of it`(text: String, wanted: String) {
        #expect(expand(text, ["__name__": "up", "job": "shop"], 1.5) == wanted)
    }

    private static let readable: [(String, [(Double, String)])] = [
        ("humanize", [(0, "0"), (1, "1"), (1_234_567, "1.235M"), (0.12, "120m"), (-1, "-1"), (9.223372036854775e18, "9.223E")]),
        ("humanize1024", [(0, "0"), (1, "1"), (1_048_576, "1Mi"), (0.12, "0.12"), (1_234_567, "1.177Mi")]),
        ("humanizeDuration", durations),
        ("humanizePercentage", [(0, "0%"), (1_234_567, "1.235e+08%")]),
        ("humanizeTimestamp", [(0, "1970-01-01 00:00:00 +0000 UTC"), (-1, "1969-12-31 23:59:59 +0000 UTC")]),
    ]

    private static let durations: [(Double, String)] = [
        (0, "0s"), (1, "1s"), (60, "1m 0s"), (3600, "1h 0m 0s"), (86400, "1d 0h 0m 0s"), (-183_845, "-2d 3h 4m 5s"), (899.99, "14m 59s"),
        (0.1, "100ms"), (0.0001, "100us"), (0.12345, "123.5ms"), (60.5, "1m 0s"), (1.2345, "1.234s"), (12.345, "12.35s"),
    ]

    @Test(arguments: readable)
    func `numbers are made readable`(function: String, cases: [(Double, String)]) {
        for (value, wanted) in cases {
            #expect(expand("{{ \(function) $value }}", [:], value) == wanted, "\(value)")
            #expect(expand("{{ \(function) \"\(FloatText.fixed(value))\" }}", [:], 0) == wanted, "\(value) as text")
        }
        for (value, text) in [(Double.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN")] {
            #expect(expand("{{ \(function) $value }}", [:], value) == text + (function == "humanizePercentage" ? "%" : ""))
        }
    }

    @Test func `templates query`() {
        let found: [(LabelSet, Double)] = [(["__name__": "m", "instance": "b"], 21), (["__name__": "m", "instance": "a"], 11)]
        #expect(expand("{{ query \"m\" | first | value }}", found: found) == "21")
        #expect(expand("{{ query \"m\" | first | label \"instance\" }}", found: found) == "b")
        #expect(expand("{{ $x := query \"m\" | first }}{{ $x.Labels.instance }}{{ $x.Labels.none }}{{ $x.Value }}", found: found) == "b21")
        #expect(
            expand("{{ range query \"m\" | sortByLabel \"instance\" }}{{.Labels.instance}}:{{.Value}}: {{end}}", found: found)
                == "a:11: b:21: ")
        #expect(expand("{{ query \"m\" | first | strvalue }}", found: [(["__value__": "v"], 1)]) == "v")
        #expect(expand("{{ len (query \"m\") }}", found: found) == "2")
    }

    @Test(arguments: [
        (
            "{{ query \"m\" | first }}",
            "executing \"__alert_T\" at <first>: error calling first: first() called on vector with no elements>"
        ),
        ("{{ humanize \"one\" }}", "error calling humanize: strconv.ParseFloat: parsing \"one\": invalid syntax>"),
        ("{{ humanize \"1e999\" }}", "error calling humanize: strconv.ParseFloat: parsing \"1e999\": value out of range>"),
        ("{{ match \"(\" \"a\" }}", "error calling match: error parsing regexp"),
        ("{{ humanizeTimestamp 1e300 }}", "1e+300 cannot be represented as a nanoseconds timestamp since it overflows int64>"),
        ("{{ parseDuration \"x\" }}", "error calling parseDuration: not a valid duration string: \"x\">"),
        ("{{ .Nope }}", "can't evaluate field Nope in type"),
    ])
    func `what fails says so in the text`(template: String, wanted: String) {
        let text = expand(template)
        #expect(text.hasPrefix("<error expanding template: error executing template __alert_T: template: __alert_T:1:"))
        #expect(text.contains(wanted), "\(text)")
    }

    @Test func `a template that cannot be parsed says so in the text`() {
        #expect(
            expand("{{ $labels.x") == "<error expanding template: error parsing template __alert_T: template: __alert_T:1: unclosed action>"
        )
        #expect(expand("{{ nope }}").contains("function \"nope\" not defined"))
    }
}
