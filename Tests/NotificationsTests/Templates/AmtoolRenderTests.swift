import AlertModel
import Foundation
import GoTemplate
import TelemetryModel
import TestSupport
import Testing

@testable import Notifications

/// Templates expanded here and by Alertmanager's own tool, which is Go's `text/template` and `html/template`.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/amtool"), "amtool is not installed"))
struct AmtoolRenderTests {
    private static let alerts = [
        Samples.alert(
            [("alertname", "Down <&>"), ("instance", "a'b\"c+d"), ("severity", "critical")],
            annotations: [
                Label(name: "link", value: "https://x.example/a b?c=d&e=%41"), Label(name: "summary", value: "is <b>down</b> — ünï"),
                Label(name: "script", value: "javascript:alert(1)"),
            ]),
        Samples.alert([("alertname", "Up"), ("instance", "z"), ("severity", "info")], annotations: [], isResolved: true),
    ]

    /// What amtool makes of a template; nil where it fails.
    private func amtool(_ template: String, _ delivery: Delivery, type: String, in folder: TemporaryFolder) throws -> String? {
        let data = try folder.write(
            String(decoding: JSONText.bytes(.object(DataObject(data: delivery.data))), as: UTF8.self), to: "data.json")
        let file = try folder.write("{{ define \"none\" }}{{ end }}", to: "none.tmpl")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/amtool")
        process.arguments = [
            "template", "render", "--template.glob=\(file)", "--template.data=\(data)", "--template.type=\(type)",
            "--template.text=\(template)",
        ]
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? said : nil
    }

    private static let texts = [
        "{{ .Receiver }} {{ .Status | toUpper }} {{ .ExternalURL }}",
        "{{ len .Alerts }} {{ .Alerts.Firing | len }}",
        "{{ range .Alerts }}{{ .Annotations.Names }};{{ .Annotations.Values | join \"|\" }}\n{{ end }}",
        "{{ range $i, $a := .Alerts }}{{ $i }}:{{ $a.Labels.alertname }} {{ $a.Status }} {{ $a.StartsAt }} {{ $a.Fingerprint }},{{ end }}",
        "{{ ((index .Alerts 0).Labels.Remove (stringSlice \"alertname\")).Names }}",
        "{{ range (index .Alerts 0).Labels.SortedPairs }}{{ .Name }}={{ .Value }} {{ end }}",
        "{{ range $k, $v := (index .Alerts 0).Labels }}{{ $k }}={{ $v }};{{ end }}", "{{ title \"hELLO wörld o'neil a_b\" }}",
        "{{ reReplaceAll \"(.)o\" \"$1-0\" \"foo boo\" }}",
        "{{ match \"D.*n\" (index .Alerts 0).Labels.alertname }}",
        "{{ (index .Alerts 0).StartsAt.Format \"Mon Jan _2 15:04:05 2006\" }} {{ (index .Alerts 1).EndsAt.Unix }}",
        "{{ ((index .Alerts 1).EndsAt.Sub (index .Alerts 1).StartsAt).Seconds }}",
        "{{ (index .Alerts 1).EndsAt.Sub (index .Alerts 1).StartsAt }}",
        "{{ with .CommonLabels.nothing }}a{{ else }}b{{ end }}[{{ .CommonLabels.nothing }}]",
        "{{ if and (eq .Status \"firing\") (gt (len .Alerts) 1) }}y{{ end }}",
        "{{ .GroupLabels.SortedPairs.Values | join \",\" }}", "{{ printf \"%s %q %d\" .Status .Receiver (len .Alerts) }}",
        "{{ safeHtml \"<b>\" }}",
        "{{ .ExternalURL | urlquery }}", "{{ print (index .Alerts 0).Labels.alertname | html }}",
    ]

    @Test func `texts are the same`() throws {
        let folder = try TemporaryFolder()
        let delivery = try Samples.delivery(alerts: Self.alerts)
        let template = Self.texts.joined(separator: "\n=====\n")
        let expected = try #require(try amtool(template, delivery, type: "text", in: folder))
        let parts = zip(
            Self.texts, zip(expected.components(separatedBy: "\n=====\n"), try delivery.text(template).components(separatedBy: "\n=====\n"))
        )
        for (template, (theirs, ours)) in parts { #expect(ours == theirs, "\(template)") }
    }

    private static let documents = [
        "<p>{{ (index .Alerts 0).Labels.alertname }}</p>",
        "<p title=\"{{ (index .Alerts 0).Labels.instance }}\">{{ (index .Alerts 0).Annotations.summary }}</p>",
        "<p title='{{ (index .Alerts 0).Labels.instance }}' class=a>", "<p title={{ (index .Alerts 0).Labels.instance }} class=a>",
        "<a href=\"{{ (index .Alerts 0).Annotations.link }}\">x</a>",
        "<a href=\"{{ (index .Alerts 0).Annotations.script }}\">x</a>", "<a href=\"/a?b={{ (index .Alerts 0).Annotations.link }}\">x</a>",
        "<a href=\"/a/{{ (index .Alerts 0).Annotations.link }}\">x</a>",
        "<a href='#q={{ .Receiver | urlquery }}'>x</a>", "<a href={{ (index .Alerts 0).Annotations.link }}>x</a>",
        "<p style=\"color: {{ .Status }}\">", "<p style=\"color: {{ (index .Alerts 0).Labels.instance }}\">",
        "{{ safeHtml \"<i>a</i>\" }}<b title=\"{{ safeHtml \"<i>a&amp;</i>\" }}\">", "a<!-- {{ .Status }} -->b",
        "<title>{{ (index .Alerts 0).Annotations.summary }}</title>{{ .Status }}",
        "<textarea>{{ (index .Alerts 0).Annotations.summary }}</textarea>",
        "<p data-link=\"{{ (index .Alerts 0).Annotations.script }}\" data-url=\"{{ (index .Alerts 0).Annotations.script }}\">",
        "<script>var a = {{ (index .Alerts 0).Labels.alertname }}; var b = '{{ (index .Alerts 0).Labels.instance }}'</script>{{ .Status }}",
        "{{ len .Alerts }} < 3 & <!DOCTYPE html></ x> <1> {{ .Status }}<",
        "<img src=\"{{ (index .Alerts 0).GeneratorURL }}\" alt=\"\">", "<br/>{{ (index .Alerts 0).Labels.instance | html }}<hr>",
        "{{ range .Alerts }}<li>{{ .Labels.alertname }}</li>{{ end }}",
    ]

    @Test(arguments: documents)
    func `documents are the same`(template: String) throws {
        let folder = try TemporaryFolder()
        let delivery = try Samples.delivery(alerts: Self.alerts)
        let expected = try #require(try amtool(template, delivery, type: "html", in: folder))
        #expect(try delivery.templates.html(template) == expected)
    }

    @Test func `documents put together by chance are the same, where Go can tell what they mean`() throws {
        var random = SeededGenerator(seed: .random(in: 0...UInt64.max))
        let folder = try TemporaryFolder()
        let pieces = [
            "<p>", "</p>", "<a href=\"", "\">", "{{ .Receiver }}", "{{ (index .Alerts 0).Labels.instance }}",
            "{{ (index .Alerts 0).Annotations.link }}", "?q=", " ", "text", "<br>",
            "<b title='", "'>", "{{ (index .Alerts 0).Annotations.summary }}", "<i class=x>", "/", "&amp;",
        ]
        var compared = 0
        for _ in 0..<30 {
            let template =
                (0..<Int.random(in: 2...9, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
                + "{{ .Status }}"
            let value = String(decoding: (0..<6).map { _ in "<>&\"'a +%:/?#=".utf8.randomElement(using: &random) ?? 0 }, as: UTF8.self)
            let delivery = try Samples.delivery(alerts: [
                Samples.alert(
                    [("alertname", "A"), ("instance", value)],
                    annotations: [Label(name: "link", value: "http://" + value), Label(name: "summary", value: value)])
            ])
            guard let expected = try amtool(template, delivery, type: "html", in: folder) else { continue }
            compared += 1
            #expect(try delivery.templates.html(template) == expected, "\(template), seed \(random.seed)")
        }
        #expect(compared > 3)
    }
}
