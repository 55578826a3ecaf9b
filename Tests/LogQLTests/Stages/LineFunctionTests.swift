internal import GoTemplate
internal import TestSupport
internal import Testing

@testable internal import LogQL

/// The functions of templates in log queries.
struct LineFunctionTests {
    private func render(_ template: String) throws -> String {
        var stage = try LineFormatStage(template)
        var details: String?
        let run = StageRun("a log line", stream: ["s": "Some Text", "n": "42", "json": #"{"a":[1,"x",{"b":true}],"c":null}"#]) { context in
            stage.run(on: &context)
        }
        details = run.details
        return details ?? run.line
    }

    @Test(arguments: [
        (
            "{{lower .s}}|{{upper .s}}|{{ToLower .s}}|{{ToUpper .s}}|{{upper \"straße éß\"}}",
            "some text|SOME TEXT|some text|SOME TEXT|STRAßE Éß"
        ),
        ("{{title \"the quick-brown fox_x 1a éa\"}}", "The Quick-Brown Fox_x 1a Éa"),
        ("{{trunc 4 .s}}|{{trunc -4 .s}}|{{trunc 99 .s}}|{{trunc -99 .s}}", "Some|Text|Some Text|Some Text"),
        ("{{substr 0 4 .s}}|{{substr 5 -1 .s}}|{{substr 5 99 .s}}|{{substr -1 4 .s}}", "Some|Text|Text|Some"),
        ("{{contains \"me T\" .s}} {{hasPrefix \"So\" .s}} {{hasSuffix \"xt\" .s}} {{contains \"z\" .s}}", "true true true false"),
        ("{{trim \"  a \\n\"}}|{{trimAll \"$\" \"$a$\"}}|{{trimPrefix \"a\" \"aab\"}}|{{trimSuffix \"b\" \"abb\"}}", "a|a|ab|ab"),
        (
            "{{Trim \"xaxx\" \"x\"}}|{{TrimLeft \"xax\" \"x\"}}|{{TrimRight \"xax\" \"x\"}}|{{TrimPrefix \"ab\" \"a\"}}|{{TrimSuffix \"ab\" \"b\"}}|{{TrimSpace \" a \"}}",
            "a|ax|xa|b|a|a"
        ),
        (
            "{{replace \"e\" \"E\" .s}}|{{Replace .s \"e\" \"E\" 1}}|{{Replace \"ab\" \"\" \"-\" -1}}|{{replace \" \" \"_\" .s}}",
            "SomE TExt|SomE Text|-a-b-|Some_Text"
        ),
        ("{{indent 2 \"a\\nb\"}}|{{nindent 1 \"a\"}}|{{repeat 3 \"ab\"}}|{{repeat 0 \"ab\"}}", "  a\n  b|\n a|ababab|"),
        (
            "{{alignLeft 5 \"abc\"}}|{{alignLeft 2 \"abc\"}}|{{alignRight 5 \"abc\"}}|{{alignRight 2 \"abc\"}}|{{alignLeft -1 \"abc\"}}|{{alignRight 2 \"éè\"}}",
            "abc  |ab|  abc|bc|abc|éè"
        ),
        ("{{b64enc \"hello\"}} {{b64dec \"aGVsbG8=\"}} {{b64dec \"aGVsbG8\"}}", "aGVsbG8= hello hello"),
        ("{{b64dec \"a*b\"}}", "illegal base64 data at input byte 1"),
        ("{{urlencode \"a b&c/é\"}} {{urldecode \"a+b%26c%2F%C3%A9\"}}", "a+b%26c%2F%C3%A9 a b&c/é"),
    ])
    func `text`(template: String, output: String) throws {
        #expect(try render(template) == output)
    }

    @Test(arguments: [
        ("{{regexReplaceAll \"(S)ome\" .s \"${1}um\"}}|{{regexReplaceAllLiteral \"(S)ome\" .s \"${1}\"}}", "Sum Text|${1} Text"),
        ("{{count \"e\" .s}} {{count \"[aeiou]\" .s}} {{count \"x*\" \"axb\"}} {{.s | count \"T\"}}", "2 3 3 1"),
        (
            "{{regexReplaceAll \"(\" .s \"\"}}",
            #"template: line:1:2: executing "line" at <regexReplaceAll "(" .s "">: error calling regexReplaceAll: error parsing regexp: missing closing ): `(`"#
        ),
        ("{{fromJson .json}}", "map[a:[1 x map[b:true]] c:<nil>]"), ("{{range (fromJson .json).a}}<{{.}}>{{end}}", "<1><x><map[b:true]>"),
        ("{{(fromJson .json).c}}", "<no value>"),
        ("{{fromJson \"{\"}}", "<no value>"), ("{{index (fromJson .json).a 1}}", "x"),
        ("{{bytes \"1KB\"}} {{duration \"1m30s\"}} {{duration_seconds \"250ms\"}}", "1000 90 0.25"),
        (
            "{{duration \"x\"}}",
            #"template: line:1:2: executing "line" at <duration "x">: error calling duration: time: invalid duration "x""#
        ),
        (
            "{{urldecode \"%zz\"}}",
            #"template: line:1:2: executing "line" at <urldecode "%zz">: error calling urldecode: invalid URL escape "%zz""#
        ),
    ])
    func `expressions, JSON and conversions`(template: String, output: String) throws {
        #expect(try render(template) == output)
    }

    @Test(arguments: [
        ("{{add 1 2 .n}} {{sub 5 2}} {{mul 2 3 4}} {{div 7 2}} {{mod 7 2}} {{div -7 2}}", "45 3 24 3 1 -3"),
        ("{{max 1 .n 3}} {{min 4 2 3}}", "42 2"),
        (
            "{{addf 0.1 0.2}} {{subf 0.3 0.1 0.1}} {{mulf 1.1 1.1}} {{divf 1 3}} {{divf 10 4 2}} {{addf .n 0.5}}",
            "0.3 0.1 1.21 0.3333333333333333 1.25 42.5"
        ),
        (
            "{{maxf 1 2.5 .n}} {{minf 1 0.5}} {{ceil 1.2}} {{floor -1.2}} {{round 2.5 0}} {{round 3.14159 2}} {{round 0.4 0 0.3}} {{round \"7.5\" 0}}",
            "42 0.5 2 -2 3 3.14 1 8"
        ),
        (
            "{{int \"12.7\"}} {{int 3.9}} {{int \"x\"}} {{int true}} {{int \"0x10\"}} {{int \"-5\"}} {{float64 \"1.5\"}} {{float64 \"x\"}}",
            "12 3 0 1 16 -5 1.5 0"
        ),
        ("{{printf \"%.2f\" (float64 \"1.5\")}} {{.n | int | printf \"%05d\"}}", "1.50 00042"),
        ("{{divf 1 0}}", #"template: line:1:2: executing "line" at <divf 1 0>: error calling divf: decimal division by 0"#),
        ("{{default 5 0}} {{default \"a\" \"\"}} {{default \"a\" \"b\"}} {{default 1}}", "5 a b 1"), ("{{addf}} {{add}}", "0 0"),
        (
            "{{repeat 999999999 \"aaaa\"}}",
            #"template: line:1:2: executing "line" at <repeat 999999999 "aaaa">: error calling repeat: more than 1048576 bytes"#
        ),
    ])
    func `numbers`(template: String, output: String) throws {
        #expect(try render(template) == output)
    }

    @Test(arguments: [
        ("{{toDate \"2006-01-02\" \"2023-11-14\" | unixEpoch}}", "1699920000"),
        ("{{\"1700000000\" | unixToTime | date \"2006-01-02T15:04:05Z07:00\"}}", "2023-11-14T22:13:20Z"),
        (
            "{{unixEpochMillis (unixToTime \"1700000000123\")}} {{unixEpochNanos (unixToTime \"1700000000123456\")}}",
            "1700000000123 1700000000123456000"
        ),
        ("{{date \"2006\" 0}} {{unixToTime \"19373\" | date \"2006-01-02\"}}", "1970 2023-01-16"),
        ("{{__timestamp__ | date \"2006-01-02\"}}", "1970-01-01"),
        ("{{gt (now | unixEpoch | int) 1700000000}}", "true"),
        (
            "{{unixToTime \"x\"}}",
            #"template: line:1:2: executing "line" at <unixToTime "x">: error calling unixToTime: unable to parse time 'x': strconv.ParseInt: parsing "x": invalid syntax"#
        ),
        ("{{toDateInZone \"2006-01-02\" \"Nowhere/Land\" \"2023-11-14\" | unixEpoch}}", "1699920000"),
        ("{{toDate \"2006\" \"x\"}}", "0001-01-01 00:00:00 +0000 UTC"),
    ])
    func `times`(template: String, output: String) throws {
        #expect(try render(template) == output)
    }

    @Test func `zones are those of the system`() throws {
        // Machines without a database of zones take them for UTC.
        let expected = SystemTimeZones.zone("Europe/Berlin") == nil ? "1699920000" : "1699916400"
        #expect(try render("{{toDateInZone \"2006-01-02\" \"Europe/Berlin\" \"2023-11-14\" | unixEpoch}}") == expected)
        #expect(SystemTimeZones.zone("../../etc/passwd") == nil)
        #expect(SystemTimeZones.zone("Europe/../../../../etc/passwd") == nil)
    }

    @Test func `every function takes every argument without a trap`() throws {
        var generator = SeededGenerator(seed: 31)
        let values = [
            "1", "-1", "9223372036854775807", "-9223372036854775808", "1.5", "1e308", "\"\"", "\"a%\"", ".s", ".n", "true", "nil", ".",
            "(fromJson .json)", "__timestamp__", "\"é\\xff\"",
        ]
        let names = [
            "ToLower", "Replace", "Trim", "TrimLeft", "regexReplaceAll", "regexReplaceAllLiteral", "count", "urldecode", "urlencode",
            "bytes", "duration", "unixEpochMillis",
            "unixEpochNanos", "toDateInZone", "unixToTime", "alignLeft", "alignRight", "b64dec", "b64enc", "lower", "upper", "title",
            "trunc", "substr", "contains", "hasPrefix",
            "hasSuffix", "indent", "nindent", "replace", "repeat", "trim", "trimAll", "trimSuffix", "trimPrefix", "int", "float64", "add",
            "sub", "mul", "div", "mod", "addf",
            "subf", "mulf", "divf", "max", "min", "maxf", "minf", "ceil", "floor", "round", "fromJson", "date", "toDate", "unixEpoch",
            "default", "index", "slice", "len", "printf",
        ]
        for name in names {
            for _ in 0..<60 {
                let arguments = (0..<Int.random(in: 0...4, using: &generator)).map { _ in values.randomElement(using: &generator) ?? "1" }
                _ = try render("{{\(name) \(arguments.joined(separator: " "))}}")
            }
        }
    }
}
