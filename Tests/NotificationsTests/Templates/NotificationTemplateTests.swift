import AlertModel
import AlertRouting
import Foundation
import GoTemplate
import TelemetryModel
import TestSupport
import Testing

@testable import Notifications

@Suite struct NotificationTemplateTests {
    private let resolved = Samples.alert(
        [("alertname", "Down"), ("instance", "b:9100"), ("severity", "warning")], annotations: [], isResolved: true)

    @Test(arguments: [
        ("{{ .Receiver }} {{ .Status }} {{ .ExternalURL }}", "r firing http://perch.example"), ("{{ .Alerts | len }}", "2"),
        ("{{ len .Alerts.Firing }} {{ len .Alerts.Resolved }}", "1 1"), ("{{ .GroupLabels.alertname }}", "Down"),
        ("{{ .CommonLabels }}", "alertname=Down"), ("{{ .CommonAnnotations }}", ""), ("{{ .NotificationReason }}", "first notification"),
        ("{{ range .Alerts }}{{ .Labels.instance }} {{ .Status }};{{ end }}", "a:9100 firing;b:9100 resolved;"),
        ("{{ (index .Alerts 0).Labels.SortedPairs.Names | join \",\" }}", "alertname,instance,severity"),
        ("{{ with index .Alerts 0 }}{{ .Labels.SortedPairs.Values.Join \"|\" }}{{ end }}", "Down|a:9100|critical"),
        ("{{ ((index .Alerts 0).Labels.Remove (stringSlice \"alertname\" \"x\")).Names }}", "[instance severity]"),
        ("{{ range $k, $v := (index .Alerts 0).Labels }}{{ $k }}={{ $v }},{{ end }}", "alertname=Down,instance=a:9100,severity=critical,"),
        ("{{ index (index .Alerts 0).Labels \"severity\" }}", "critical"), ("[{{ (index .Alerts 0).Labels.nothing }}]", "[]"),
        ("{{ (index .Alerts 0).StartsAt.Format \"15:04:05\" }}", "23:04:24"), ("{{ (index .Alerts 0).EndsAt.IsZero }}", "true"),
        ("{{ (index .Alerts 1).EndsAt.UTC.Format \"15:04:05\" }}", "23:05:23"),
        ("{{ (index .Alerts 0).GeneratorURL }}", "http://prometheus.example/graph?g0.expr=up"),
        ("{{ len (index .Alerts 0).Fingerprint }}", "16"), ("{{ if .CommonLabels.SortedPairs }}y{{ end }}", "y"),
        ("{{ range .GroupLabels.SortedPairs }}{{ .Name }}:{{ .Value }}{{ end }}", "alertname:Down"),
        ("{{ .GroupLabels.Values }}", "[Down]"),
    ])
    func `templates see a notification as Alertmanager shows it`(template: String, expected: String) throws {
        #expect(try Samples.text(template, alerts: [Samples.alert(), resolved]) == expected)
    }

    @Test(arguments: [
        ("{{ \"aB\" | toUpper }}{{ \"aB\" | toLower }}", "ABab"), ("{{ title \"hello wORLD\" }}", "Hello World"),
        ("[{{ trimSpace \" a \" }}]", "[a]"),
        ("{{ stringSlice \"a\" \"b\" | join \"-\" }}", "a-b"), ("{{ match \"^a.c$\" \"abc\" }}", "true"),
        ("{{ reReplaceAll \"(a+)\" \"<$1>\" \"baab\" }}", "b<aa>b"), ("{{ safeHtml \"<b>\" }}", "<b>"), ("{{ safeUrl \"x:y\" }}", "x:y"),
        ("{{ urlUnescape \"a%20b+c\" }}", "a b c"), ("{{ date \"2006\" .Alerts.Firing | printf \"%s\" }}", "!"),
        ("{{ range .Alerts }}{{ date \"15:04\" .StartsAt }}{{ end }}", "23:04"),
        ("{{ range .Alerts }}{{ .StartsAt | tz \"Europe/Berlin\" | date \"15:04 MST\" }}{{ end }}", "00:04 CET"),
        ("{{ range .Alerts }}{{ since .StartsAt }}{{ end }}", "1m0s"),
        ("{{ range .Alerts }}{{ since .StartsAt | humanizeDuration }}{{ end }}", "1m 0s"),
        ("{{ humanizeDuration 3725 }}", "1h 2m 5s"), ("{{ (toDate \"2006-01-02\" \"2026-11-22\").Year }}", "2026"),
        ("{{ (toDate \"2006-01-02\" \"x\").IsZero }}", "true"),
        ("{{ .GroupLabels | toJson }}", "{\"alertname\":\"Down\"}"), ("{{ stringSlice \"a\" \"b\" | toJson }}", "[\"a\",\"b\"]"),
        ("{{ .Alerts.Resolved | toJson }}", "[]"),
        ("{{ dict \"a\" 1 \"b\" \"x\" | toJson }}", "{\"a\":1,\"b\":\"x\"}"), ("{{ list 1 \"a\" true | toJson }}", "[1,\"a\",true]"),
        ("{{ append (list 1) 2 | toJson }}", "[1,2]"),
        ("{{ base64encode \"a>?~\" }}", "YT4_fg=="), ("{{ base64decode \"YT4_fg==\" }}", "a>?~"), ("{{ .Receiver | urlquery }}", "r"),
        ("{{ now.Year }}", "2026"),
        ("{{ routeLabels \"team\" }}", ""), ("{{ .GroupLabels.Remove .GroupLabels.Names | toJson }}", "{}"),
    ])
    func `templates have Alertmanager's functions`(template: String, expected: String) throws {
        guard expected != "!" else {
            #expect(throws: DeliveryFailure.self) { try Samples.text(template) }
            return
        }
        #expect(try Samples.text(template) == expected)
    }

    @Test(arguments: [
        "{{ tz \"No/Where\" now }}", "{{ reReplaceAll \"(\" \"a\" \"b\" }}", "{{ mustToDate \"2006\" \"x\" }}", "{{ template \"none\" }}",
        "{{ .Nothing }}", "{{ dict 1 }}", "{{ urlUnescape \"%zz\" }}", "{{",
    ])
    func `what cannot be carried out is no notification`(template: String) throws {
        let failure = #expect(throws: DeliveryFailure.self) { try Samples.text(template) }
        #expect(failure?.isRetried == false && failure?.reason == .configuration)
    }

    @Test func `there are all the templates that configurations refer to`() throws {
        let templates = try NotificationTemplates { SystemTimeZones.zone($0) }
        let names = [
            "__alertmanager", "__alertmanagerURL", "__subject", "__description", "__text_alert_list", "__text_alert_list_markdown",
            "slack.default.title", "slack.default.username", "slack.default.fallback", "slack.default.callbackid", "slack.default.pretext",
            "slack.default.titlelink", "slack.default.iconemoji", "slack.default.iconurl", "slack.default.text", "slack.default.footer",
            "slack.default.color", "pagerduty.default.description", "pagerduty.default.client", "pagerduty.default.clientURL",
            "pagerduty.default.instances", "opsgenie.default.message", "opsgenie.default.description", "opsgenie.default.source",
            "wechat.default.message", "wechat.default.to_user", "wechat.default.to_party", "wechat.default.to_tag",
            "wechat.default.agent_id",
            "victorops.default.state_message", "victorops.default.entity_display_name", "victorops.default.monitoring_tool",
            "pushover.default.title", "pushover.default.message", "pushover.default.url", "sns.default.subject", "sns.default.message",
            "telegram.default.message", "discord.default.content", "discord.default.title", "discord.default.message",
            "webex.default.message", "msteams.default.summary", "msteams.default.title", "msteams.default.text", "msteamsv2.default.title",
            "msteamsv2.default.text", "jira.default.summary", "jira.default.description", "jira.default.priority",
            "rocketchat.default.title", "rocketchat.default.alias", "rocketchat.default.titlelink", "rocketchat.default.emoji",
            "rocketchat.default.iconurl", "rocketchat.default.text", "mattermost.default.color", "mattermost.default.username",
            "mattermost.default.title", "mattermost.default.titlelink", "mattermost.default.fallback", "mattermost.default.text",
            "email.default.subject", "email.default.html",
        ]
        #expect(Set(names).subtracting(templates.names).isEmpty)
        for name in names {
            let argument = name.hasPrefix("__text") || name.hasSuffix("instances") ? ".Alerts" : "."
            let text = "{{ template \"\(name)\" \(argument) }}"
            #expect(throws: Never.self) { try Samples.text(text, alerts: [Samples.alert(), resolved]) }
            #expect(throws: Never.self) { try Samples.delivery(alerts: [resolved]).templates.html(text) }
        }
    }

    @Test func `the subject says what is up and what all alerts have in common`() throws {
        #expect(try Samples.text("{{ template \"__subject\" . }}") == "[FIRING:1] Down (a:9100 critical)")
        #expect(try Samples.text("{{ template \"__subject\" . }}", alerts: [resolved]) == "[RESOLVED] Down (b:9100 warning)")
        #expect(try Samples.text("{{ template \"__alertmanagerURL\" . }}") == "http://perch.example/#/alerts?receiver=r")
        #expect(try Samples.text("{{ template \"jira.default.priority\" . }}") == "High")
        #expect(try Samples.text("{{ template \"jira.default.priority\" . }}", alerts: [resolved]) == "Medium")
    }

    @Test func `a list of alerts shows annotations, labels and times`() throws {
        let text = try Samples.text("{{ template \"__text_alert_list\" .Alerts }}", alerts: [Samples.alert(), resolved])
        #expect(
            text == """
                Down: a is down
                  instance = a:9100
                  severity = critical
                  since 2026-11-22 23:04:24 UTC
                  http://prometheus.example/graph?g0.expr=up
                Down
                  instance = b:9100
                  severity = warning
                  since 2026-11-22 23:04:24 UTC, until 2026-11-22 23:05:23 UTC
                  http://prometheus.example/graph?g0.expr=up

                """)
    }

    @Test func `what an alert says cannot become markup of a mail`() throws {
        let hostile = Samples.alert(
            [("alertname", "<script>"), ("x", "\"><img src=x>")], annotations: [Label(name: "summary", value: "</td><b>")])
        var changed = hostile
        changed.generatorURL = "javascript:alert(1)"
        let html = try Samples.delivery(alerts: [changed]).templates.html(EmailSettings.defaultHTML)
        #expect(!html.contains("<script>") && !html.contains("<img") && !html.contains("<b>") && !html.contains("javascript:"))
        #expect(html.contains("&lt;script&gt;") && html.contains("href=\"#ZgotmplZ\""))
        #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("</html>"))
    }

    @Test func `files replace templates by their names`() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("{{ define \"slack.default.title\" }}mine: {{ .Status }}{{ end }}{{ define \"own\" }}x{{ end }}", to: "a.tmpl")
        _ = try folder.write("{{ define \"own\" }}y{{ end }}", to: "b.tmpl")
        let sink = try await HTTPSink { _ in .status(200, body: "ok") }
        let configuration = try AlertmanagerConfiguration(
            parsing: """
                route: {receiver: r}
                receivers: [{name: r, slack_configs: [{api_url: '\(sink.url)', text: '{{ template "own" . }}'}]}]
                templates: ['*.tmpl']
                """, file: "a.yml", folder: folder.path)
        #expect(configuration.templateFiles == [folder.path + "/a.tmpl", folder.path + "/b.tmpl"])
        let sender = try NotificationSender(configuration, externalURL: "http://perch.example")
        let id = IntegrationID(receiver: "r", kind: "slack", index: 0)
        let attempt = await sender.send(Samples.notification(id), deadline: WallClock.milliseconds + 90_000)
        await sender.shutdown()
        #expect(attempt.outcome == .delivered, "\(attempt.detail)")
        #expect(sink.requests.first?.text.contains("\"title\":\"mine: firing\"") == true)
        #expect(sink.requests.first?.text.contains("\"text\":\"y\"") == true)
        _ = try folder.write("a\n{{ if }}", to: "c.tmpl")
        let error = #expect(throws: ConfigErrorBox.self) { try ConfigErrorBox.of { () throws in try configuration.checkTemplates() } }
        #expect(error?.text.hasPrefix(folder.path + "/c.tmpl:2:") == true)
    }

    @Test func `labels of routes are templates, and templates see them`() async throws {
        let sink = try await HTTPSink()
        let configuration = try AlertmanagerConfiguration(
            parsing: """
                route: {receiver: r, labels: {team: 'team-{{ .GroupLabels.alertname }}', bad: '{{'}}
                receivers: [{name: r, webhook_configs: [{url: '\(sink.url)', payload: {a: '{{ routeLabels "team" }}', b: '{{ .RouteLabels.team }}'}}]}]
                """, file: "a.yml")
        let sender = try NotificationSender(configuration, externalURL: "http://perch.example")
        let id = IntegrationID(receiver: "r", kind: "webhook", index: 0)
        let route = try #require(configuration.routing.routes.first?.id)
        let attempt = await sender.send(Samples.notification(id, routeID: route), deadline: WallClock.milliseconds + 90_000)
        await sender.shutdown()
        #expect(attempt.outcome == .delivered, "\(attempt.detail)")
        #expect(try sink.requests.first?.json == Samples.json("{\"a\": \"team-Down\", \"b\": \"team-Down\"}"))
    }

    @Test func `no data and no template make expanding fail otherwise than by an error`() throws {
        var random = SeededGenerator(seed: .random(in: 0...UInt64.max))
        let pieces = [
            "{{", "}}", ".Alerts", ".Labels", "range ", "end", " | ", "join ", "\",\"", "toJson", "index ", "0", "(", ")", "-", "$x := ",
            ".Firing", "since ",
        ]
        for _ in 0..<300 {
            let labels = (0..<3).map {
                (String(decoding: random.bytes($0 + 1), as: UTF8.self), String(decoding: random.bytes(5), as: UTF8.self))
            }
            let delivery = try Samples.delivery(alerts: [Samples.alert(labels)])
            let template =
                "{{" + (0..<Int.random(in: 1...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined() + "}}"
            _ = try? delivery.text(template)
            #expect(throws: Never.self, "seed \(random.seed)") { try delivery.text("{{ template \"__subject\" . }}") }
            #expect(throws: Never.self, "seed \(random.seed)") { try delivery.templates.html(EmailSettings.defaultHTML) }
        }
    }
}

/// A configuration's error as an untyped one.
struct ConfigErrorBox: Error {
    var text: String

    static func of(_ body: () throws -> Void) throws {
        do { try body() } catch { throw ConfigErrorBox(text: "\(error)") }
    }
}
