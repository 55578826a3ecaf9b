internal import GoTemplate
internal import TestSupport
internal import Testing

@testable internal import LogQL

/// `line_format` and `label_format`.
struct TemplateStageTests {
    private func line(
        _ template: String, _ line: String = "the line", labels: [String: String] = ["app": "a", "level": "error"]
    ) throws -> StageRun {
        var stage = try LineFormatStage(template)
        return StageRun(line, stream: labels) { stage.run(on: &$0) }
    }

    private func label(_ formats: [LabelFormat], labels: [String: String] = ["app": "a", "level": "error"]) throws -> StageRun {
        var stage = try LabelFormatStage(formats)
        return StageRun("the line", stream: labels) { stage.run(on: &$0) }
    }

    @Test(arguments: [
        ("L={{.level}}", "L=error"), ("{{.level}}", "error"), ("V={{.missing}}", "V="), ("{{.missing}}", ""),
        ("{{.level | upper}}", "ERROR"), ("plain", "plain"),
        ("{{__line__}}!", "the line!"), ("{{.}}", "map[app:a level:error]"),
        ("{{range $k, $v := .}}{{$k}}={{$v}};{{end}}", "app=a;level=error;"),
        ("{{index . \"app\"}}", "a"), ("{{if eq .level \"error\"}}bad{{else}}fine{{end}}", "bad"),
        ("{{.app}}-{{.level}}-{{.app}}", "a-error-a"),
        ("{{__timestamp__ | unixEpochNanos}}", "0"), ("{{ .level | default \"x\" }} {{ .no | default \"x\" }}", "error x"),
    ])
    func `the line becomes what the template says`(template: String, output: String) throws {
        let run = try line(template)
        #expect(run.line == output)
        #expect(run.error == nil)
        #expect(run.labels == [:])
    }

    @Test func `a template that fails leaves the line and says why`() throws {
        let run = try line("{{ div 1 0 }}")
        #expect(run.line == "the line")
        #expect(run.error == "TemplateFormatErr")
        #expect(
            run.details == #"template: line:1:3: executing "line" at <div 1 0>: error calling div: runtime error: integer divide by zero"#)
    }

    @Test func `the error is a label that templates see`() throws {
        var stage = try LineFormatStage("{{.__error__}}: {{__line__}}")
        let run = StageRun("x") { context in
            context.setError(.json, details: "d")
            stage.run(on: &context)
        }
        #expect(run.line == "JSONParserErr: x")
    }

    @Test func `what is no template is refused`() {
        #expect(throws: StageError(#"invalid line template: template: line:1: function "nosuchfunc" not defined"#)) {
            try line("{{ nosuchfunc }}")
        }
        #expect(throws: StageError("invalid template for label 'a': template: label:1: unclosed action")) {
            try label([LabelFormat(label: "a", source: .template("{{"))])
        }
        #expect(throws: StageError("__error__ cannot be formatted")) { try label([LabelFormat(label: "__error__", source: .rename("a"))]) }
        #expect(throws: StageError("multiple label name 'a' not allowed in a single format operation")) {
            try label([LabelFormat(label: "a", source: .rename("b")), LabelFormat(label: "a", source: .rename("c"))])
        }
    }

    @Test func `labels are renamed and made of others`() throws {
        var visible: [String: String] = [:]
        var stage = try LabelFormatStage([
            LabelFormat(label: "lvl", source: .rename("level")),
            LabelFormat(label: "route", source: .template("{{.app}}-{{.lvl}}-{{.level}}")),
            LabelFormat(label: "app", source: .template("{{.app}}!")), LabelFormat(label: "x", source: .rename("missing")),
        ])
        _ = StageRun("x", stream: ["app": "a", "level": "error"]) { context in
            stage.run(on: &context)
            for label in context.labels where label.isVisible {
                visible[String(decoding: context.bytes[label.name], as: UTF8.self)] = String(
                    decoding: context.bytes[label.value], as: UTF8.self)
            }
        }
        #expect(visible == ["lvl": "error", "route": "a-error-", "app": "a!"])
    }

    @Test func `templates of one stage do not see each other's results`() throws {
        let run = try label([
            LabelFormat(label: "app", source: .template("{{.level}}")), LabelFormat(label: "level", source: .template("{{.app}}")),
        ])
        #expect(run.labels == ["app": "error", "level": "a"])
    }

    @Test func `one label that fails does not keep the others back`() throws {
        let run = try label([
            LabelFormat(label: "x", source: .template("{{div 1 0}}")), LabelFormat(label: "y", source: .template("{{.app}}")),
        ])
        #expect(run.labels == ["y": "a"])
        #expect(run.error == "TemplateFormatErr")
    }

    @Test func `the labels that a stage looks at are known`() throws {
        #expect(try LineFormatStage("{{.a}} {{if .b}}{{.c.d}}{{end}}").labels == ["a", "b", "c", "d"].map { Array($0.utf8) })
        #expect(try LineFormatStage("{{.}}").labels == nil)
        #expect(try LineFormatStage("x").labels == [])
        #expect(
            try LabelFormatStage([LabelFormat(label: "a", source: .rename("b")), LabelFormat(label: "c", source: .template("{{.d}}"))])
                .labels
                == [Array("b".utf8), Array("d".utf8)])
    }

    @Test func `the short way and the long way of a template agree`() throws {
        var generator = SeededGenerator(seed: .random(in: 0...UInt64.max))
        for _ in 0..<300 {
            let pieces = (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                ["x", " é ", "{{.app}}", "{{.level}}", "{{.missing}}", "{{ .app }}"].randomElement(using: &generator) ?? ""
            }
            let text = pieces.joined()
            #expect(try line(text).line == line(text + "{{if false}}{{end}}").line, "seed \(generator.seed): \(text)")
        }
    }
}
