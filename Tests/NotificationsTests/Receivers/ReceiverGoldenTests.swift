import AlertModel
import Foundation
import NIOHTTP1
import TelemetryModel
import Testing

@testable import Notifications

/// What each service is sent, held against what its documentation asks for.
@Suite struct ReceiverGoldenTests {
    private static let ended = Samples.alert(isResolved: true)

    /// Sends and gives the requests that came.
    private func requests(
        _ kind: String, global: String = "{}", alerts: [Alert] = [Samples.alert()], answer: HTTPSink.Answer = .status(200),
        _ entries: (String) -> String
    ) async throws -> [HTTPSink.Request] {
        let sink = try await HTTPSink { _ in answer }
        let attempt = try await Samples.send(kind, entries(sink.url), global: global, alerts: alerts)
        #expect(attempt.outcome == .delivered, "\(attempt.detail)")
        return sink.requests
    }

    private func expect(_ request: HTTPSink.Request?, _ json: String) throws {
        let expected = try Samples.json(json.replacingOccurrences(of: "$HASH", with: Samples.groupHash))
        #expect(request?.json == expected, "\(request?.text ?? "nothing")")
    }

    @Test func `a webhook gets version 4 of Alertmanager's JSON`() async throws {
        let alerts = [Samples.alert(), Samples.alert([("alertname", "Down"), ("instance", "b:9100")], annotations: [], isResolved: true)]
        let request = try await requests("webhook", alerts: alerts) { "webhook_configs: [{url: '\($0)/hook?a=b'}]" }.first
        #expect(request?.method == "POST" && request?.uri == "/hook?a=b")
        #expect(request?.headers.first(name: "content-type") == "application/json")
        try expect(
            request,
            """
            {"receiver": "r", "status": "firing", "version": "4", "groupKey": "{}:{alertname=\\"Down\\"}", "truncatedAlerts": 0,
             "notification_reason": "first notification", "externalURL": "http://perch.example", "routeLabels": {},
             "groupLabels": {"alertname": "Down"}, "commonLabels": {"alertname": "Down"}, "commonAnnotations": {},
             "alerts": [
              {"status": "firing", "labels": {"alertname": "Down", "instance": "a:9100", "severity": "critical"},
               "annotations": {"summary": "a is down"}, "startsAt": "2026-11-22T23:04:24Z", "endsAt": "0001-01-01T00:00:00Z",
               "generatorURL": "http://prometheus.example/graph?g0.expr=up", "fingerprint": "\(alerts[0].fingerprint)"},
              {"status": "resolved", "labels": {"alertname": "Down", "instance": "b:9100"}, "annotations": {},
               "startsAt": "2026-11-22T23:04:24Z", "endsAt": "2026-11-22T23:05:23Z",
               "generatorURL": "http://prometheus.example/graph?g0.expr=up", "fingerprint": "\(alerts[1].fingerprint)"}]}
            """)
        // Members stand in Alertmanager's order.
        #expect(request?.text.hasPrefix("{\"receiver\":\"r\",\"status\":\"firing\",\"alerts\":[{\"status\":") == true)
    }

    @Test func `max_alerts leaves alerts out and says how many`() async throws {
        let alerts = (0..<5).map { Samples.alert([("alertname", "Down"), ("n", String($0))]) }
        let request = try await requests("webhook", alerts: alerts) { "webhook_configs: [{url: '\($0)', max_alerts: 2}]" }.first
        let json = try #require(request?.json as? [String: Any])
        #expect(json["truncatedAlerts"] as? Int == 3)
        #expect((json["alerts"] as? [Any])?.count == 2)
    }

    @Test func `a webhook's address and payload are templates`() async throws {
        let request = try await requests("webhook") {
            "webhook_configs: [{url: '\($0)/{{ .CommonLabels.severity }}', payload: {'{{ .Status }}': [1, true, '{{ .Alerts | len }}', '{{ .GroupLabels | toJson }}', 'v{{ .Status }}']}}]"
        }.first
        #expect(request?.uri == "/critical")
        try expect(request, "{\"firing\": [1, true, 1, {\"alertname\": \"Down\"}, \"vfiring\"]}")
    }

    @Test func `Slack gets one attachment`() async throws {
        let request = try await requests("slack", answer: .status(200, body: "ok")) { url in
            """
            slack_configs: [{api_url: '\(url)/services/T/B/x', channel: '#{{ .CommonLabels.severity }}', title: 't', text: 'hi {{ .Status }}',
              fields: [{title: a, value: '{{ .Status }}'}, {title: b, value: c, short: true}], actions: [{type: button, text: x, url: 'http://r.example'},
              {type: button, text: x, name: n, value: v, confirm: {text: sure}}], link_names: true, message_text: top}]
            """
        }.first
        try expect(
            request,
            """
            {"channel": "#critical", "username": "Perch", "link_names": true, "text": "top", "attachments": [
              {"title": "t", "title_link": "http://perch.example/#/alerts?receiver=r", "text": "hi firing",
               "fallback": "[FIRING:1] Down (a:9100 critical) | http://perch.example/#/alerts?receiver=r", "callback_id": "", "footer": "",
               "fields": [{"title": "a", "value": "firing", "short": false}, {"title": "b", "value": "c", "short": true}],
               "actions": [{"type": "button", "text": "x", "url": "http://r.example"},
                           {"type": "button", "text": "x", "name": "n", "value": "v", "confirm": {"text": "sure"}}],
               "color": "danger", "mrkdwn_in": ["fallback", "pretext", "text"]}]}
            """)
    }

    @Test func `Slack's API for apps gets the token`() async throws {
        let answer = HTTPSink.Answer.status(200, headers: ["content-type": "application/json"], body: "{\"ok\": true}")
        let request = try await requests("slack", answer: answer) {
            "slack_configs: [{app_token: xoxb-1, app_url: '\($0)/api/chat.postMessage', channel: c}]"
        }.first
        #expect(request?.uri == "/api/chat.postMessage")
        #expect(request?.headers.first(name: "authorization") == "Bearer xoxb-1")
    }

    @Test func `PagerDuty gets an event of its API v2`() async throws {
        let entries = { (url: String) in
            """
            pagerduty_configs: [{routing_key: secret-routing-key, url: '\(url)/v2/enqueue', client: c, client_url: u, description: '{{ .Status }}', severity: '{{ .CommonLabels.severity }}',
              class: k, component: m, group: g, details: {own: '{{ .GroupLabels.alertname }}', deep: {n: [1, '{{ .Status }}']}}, images: [{src: s, alt: a, href: h}, {alt: none}], links: [{href: l, text: t}, {text: none}]}]
            """
        }
        let request = try await requests("pagerduty", answer: .status(202), entries).first
        let alert =
            "{\"status\":\"firing\",\"labels\":{\"alertname\":\"Down\",\"instance\":\"a:9100\",\"severity\":\"critical\"},\"annotations\":{\"summary\":\"a is down\"},\"startsAt\":\"2026-11-22T23:04:24Z\",\"endsAt\":\"0001-01-01T00:00:00Z\",\"generatorURL\":\"http://prometheus.example/graph?g0.expr=up\",\"fingerprint\":\"\(Samples.alert().fingerprint)\"}"
        try expect(
            request,
            """
            {"routing_key": "secret-routing-key", "dedup_key": "$HASH", "event_action": "trigger", "client": "c", "client_url": "u",
             "payload": {"summary": "firing", "source": "c", "severity": "critical", "class": "k", "component": "m", "group": "g",
               "custom_details": {"own": "Down", "deep": {"n": [1, "firing"]}, "firing": [\(alert)], "resolved": [], "num_firing": 1, "num_resolved": 0}},
             "images": [{"src": "s", "alt": "a", "href": "h"}], "links": [{"href": "l", "text": "t"}]}
            """)
        let second = try await requests("pagerduty", alerts: [Self.ended], answer: .status(202), entries).first
        let json = try #require(second?.json as? [String: Any])
        #expect(json["event_action"] as? String == "resolve" && json["dedup_key"] as? String == Samples.groupHash)
    }

    @Test func `PagerDuty's API v1 gets an event for a service key`() async throws {
        let sink = try await HTTPSink()
        let configuration = try Samples.configuration(
            "pagerduty_configs: [{service_key: a-service-key, client: c, client_url: u, description: d, details: {a: b, firing: '', resolved: '', num_firing: '', num_resolved: ''}}]"
        )
        guard case .pagerDuty(let settings) = configuration.settings.values.first?.kind else { throw ConfigErrorBox(text: "no PagerDuty") }
        let delivery = try Samples.delivery()
        let client = ReceiverClient()
        _ = try await HTTPSender(
            receiver: PagerDutyReceiver(settings: settings, firstVersionURL: sink.url + "/create_event.json"), client: client
        ).send(delivery)
        await client.shutdown()
        try expect(
            sink.requests.first,
            """
            {"service_key": "a-service-key", "incident_key": "$HASH", "event_type": "trigger", "description": "d", "client": "c", "client_url": "u",
             "details": {"a": "b", "firing": "", "resolved": "", "num_firing": "", "num_resolved": ""}}
            """)
        #expect(!delivery.payload.contains("a-service-key"))
    }

    @Test func `an event that is too large for PagerDuty goes without details`() async throws {
        let alert = Samples.alert(annotations: [Label(name: "big", value: String(repeating: "x", count: 600_000))])
        let request = try await requests("pagerduty", alerts: [alert]) { "pagerduty_configs: [{routing_key: k, url: '\($0)'}]" }.first
        let payload = try #require((request?.json as? [String: Any])?["payload"] as? [String: Any])
        #expect((payload["custom_details"] as? [String: String])?.keys.sorted() == ["error"])
        #expect((payload["summary"] as? String)?.unicodeScalars.count ?? 9999 <= 1024)
    }

    @Test func `Opsgenie gets an alert, updates of it, and its end`() async throws {
        let entries = { (url: String) in
            """
            opsgenie_configs: [{api_key: genie-key, api_url: '\(url)', message: '{{ .Status }}', description: d, source: s, details: {own: '{{ .Status }}', severity: low}, entity: e,
              responders: [{name: 'a,b', type: teams}, {username: '{{ .CommonLabels.nobody }}', name: '', id: '', type: '{{ .CommonLabels.nobody }}'}, {name: x, type: team}], actions: 'p, q', tags: 't1,,t2', note: n, priority: P2, update_alerts: true}]
            """
        }
        let sent = try await requests("opsgenie", answer: .status(202), entries)
        #expect(
            sent.map(\.uri) == [
                "/v2/alerts", "/v2/alerts/\(Samples.groupHash)/message?identifierType=alias",
                "/v2/alerts/\(Samples.groupHash)/description?identifierType=alias",
            ])
        #expect(sent.map(\.method) == ["POST", "PUT", "PUT"])
        #expect(sent.allSatisfy { $0.headers.first(name: "authorization") == "GenieKey genie-key" })
        try expect(
            sent.first,
            """
            {"alias": "$HASH", "message": "firing", "description": "d", "source": "s", "entity": "e", "note": "n", "priority": "P2",
             "details": {"alertname": "Down", "instance": "a:9100", "own": "firing", "severity": "low"}, "tags": ["t1", "t2"], "actions": ["p", " q"],
             "responders": [{"name": "a", "type": "team"}, {"name": "b", "type": "team"}, {"name": "x", "type": "team"}]}
            """)
        try expect(sent[1], "{\"message\": \"firing\"}")
        let closed = try await requests("opsgenie", alerts: [Self.ended], entries)
        #expect(closed.map(\.uri) == ["/v2/alerts/\(Samples.groupHash)/close?identifierType=alias"])
        try expect(closed.first, "{\"source\": \"s\"}")
    }

    @Test func `Teams gets an adaptive card`() async throws {
        let request = try await requests("msteamsv2") { "msteamsv2_configs: [{webhook_url: '\($0)/w', title: '{{ .Status }}', text: x}]" }
            .first
        try expect(
            request,
            """
            {"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content":
              {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.2", "msteams": {"width": "full"},
               "body": [{"type": "TextBlock", "text": "firing", "weight": "Bolder", "size": "Medium", "wrap": true, "style": "heading", "color": "Attention"},
                        {"type": "TextBlock", "text": "x", "wrap": true}]}}]}
            """)
    }

    @Test func `connectors of Teams get a message card`() async throws {
        let request = try await requests("msteams", alerts: [Self.ended]) {
            "msteams_configs: [{webhook_url: '\($0)/w', title: t, summary: s, text: x}]"
        }.first
        try expect(
            request,
            "{\"@context\": \"http://schema.org/extensions\", \"type\": \"MessageCard\", \"title\": \"t\", \"summary\": \"s\", \"text\": \"x\", \"themeColor\": \"2DC72D\"}"
        )
    }

    @Test func `Discord gets an embed`() async throws {
        let long = String(repeating: "é", count: 300)
        let request = try await requests("discord", answer: .status(204)) {
            "discord_configs: [{webhook_url: '\($0)/d', title: '\(long)', message: m, content: c, username: u, avatar_url: 'http://a.example'}]"
        }.first
        let title = String(repeating: "é", count: 255) + "…"
        try expect(
            request,
            "{\"content\": \"c\", \"embeds\": [{\"title\": \"\(title)\", \"description\": \"m\", \"color\": 10038562}], \"username\": \"u\", \"avatar_url\": \"http://a.example\"}"
        )
    }

    @Test func `Telegram gets a message`() async throws {
        let request = try await requests("telegram", answer: .status(200, body: "{\"ok\": true}")) {
            "telegram_configs: [{bot_token: '123:abc', api_url: '\($0)', chat_id: -100, message: '<b>{{ .Status }}</b> {{ \"<&\" }}', disable_notifications: true, message_thread_id: 7}]"
        }.first
        #expect(request?.uri == "/bot123:abc/sendMessage")
        try expect(
            request,
            "{\"chat_id\": \"-100\", \"text\": \"<b>firing</b> &lt;&amp;\", \"parse_mode\": \"HTML\", \"disable_web_page_preview\": true, \"disable_notification\": true, \"message_thread_id\": 7}"
        )
    }

    @Test func `Telegram gets no longer messages than it takes`() async throws {
        let long = "{{ range $i := 5000 }}x{{ end }}"
        for (mode, expected) in [("HTML", "A notification could not be shown"), ("Markdown", String(repeating: "x", count: 4095) + "…")] {
            let request = try await requests("telegram") {
                "telegram_configs: [{bot_token: t, api_url: '\($0)', chat_id: 1, parse_mode: \(mode), message: '\(long)'}]"
            }.first
            let text = try #require((request?.json as? [String: Any])?["text"] as? String)
            #expect(text.hasPrefix(expected) && text.unicodeScalars.count <= 4096)
        }
    }

    @Test func `Pushover gets a form`() async throws {
        let sink = try await HTTPSink()
        let configuration = try Samples.configuration(
            "pushover_configs: [{user_key: the-user, token: the-token, title: '{{ .Status }}', message: ' ', url: u, url_title: ut, device: d, sound: s, retry: 30s, expire: 1h, ttl: 90s}]"
        )
        guard case .pushover(let settings) = configuration.settings.values.first?.kind else { throw ConfigErrorBox(text: "no Pushover") }
        let delivery = try Samples.delivery()
        let client = ReceiverClient()
        _ = try await HTTPSender(receiver: PushoverReceiver(settings: settings, url: sink.url), client: client).send(delivery)
        await client.shutdown()
        #expect(
            sink.requests.first?.form == [
                "token": "the-token", "user": "the-user", "title": "firing", "message": "(no details)", "url": "u", "url_title": "ut",
                "priority": "2", "retry": "30", "expire": "3600", "device": "d", "sound": "s", "ttl": "90",
            ])
        #expect(
            !delivery.payload.contains("the-user") && !delivery.payload.contains("the-token") && delivery.payload.contains("title: firing"))
    }

    @Test func `VictorOps gets a message with the key in its address`() async throws {
        let entries = { (url: String) in
            "victorops_configs: [{api_key: vo-key, api_url: '\(url)/alert', routing_key: 'a b', message_type: odd, state_message: s, entity_display_name: e, monitoring_tool: m, custom_fields: {team: '{{ .Status }}'}}]"
        }
        let request = try await requests("victorops", entries).first
        #expect(request?.uri == "/alert/vo-key/a%20b")
        try expect(
            request,
            "{\"message_type\": \"CRITICAL\", \"entity_id\": \"$HASH\", \"entity_display_name\": \"e\", \"state_message\": \"s\", \"monitoring_tool\": \"m\", \"team\": \"firing\"}"
        )
        let ended = try await requests("victorops", alerts: [Self.ended], entries).first
        #expect(ended?.text.contains("\"message_type\":\"RECOVERY\"") == true)
    }

    @Test func `Webex gets markdown`() async throws {
        let request = try await requests("webex") {
            "webex_configs: [{api_url: '\($0)/v1/messages', room_id: room, message: '{{ range $i := 8000 }}é{{ end }}', http_config: {authorization: {credentials: wx-token}}}]"
        }.first
        #expect(request?.headers.first(name: "authorization") == "Bearer wx-token")
        let json = try #require(request?.json as? [String: String])
        #expect(json["roomId"] == "room" && json["markdown"]?.utf8.count ?? 9999 <= 7439 && json["markdown"]?.hasSuffix("é…") == true)
    }

    @Test func `Mattermost gets attachments, and a priority that it takes`() async throws {
        let request = try await requests("mattermost") {
            "mattermost_configs: [{webhook_url: '\($0)/hooks/x', channel: c, text: '{{ .Status }}', title: t, fields: [{title: a, value: b, short: true}], props: {card: k}, priority: {priority: Important, requested_ack: true, persistent_notifications: true}}]"
        }.first
        try expect(
            request,
            """
            {"channel": "c", "username": "Perch", "props": {"card": "k"}, "priority": {"priority": "important", "requested_ack": true},
             "attachments": [{"text": "firing", "title": "t", "title_link": "http://perch.example/#/alerts?receiver=r", "color": "danger",
               "fallback": "[FIRING:1] Down (a:9100 critical) | http://perch.example/#/alerts?receiver=r", "fields": [{"title": "a", "value": "b", "short": true}]}]}
            """)
    }

    @Test func `Jira's issues are found, created, updated, closed and opened again`() async throws {
        let entries = { (url: String) in
            "jira_configs: [{api_url: '\(url)/rest/api/2', project: P, issue_type: Bug, summary: s, description: {template: d, enable_update: false}, labels: [x], priority: '{{ template \"jira.default.priority\" . }}', reopen_transition: Reopen, resolve_transition: Done, reopen_duration: 1h, wont_fix_resolution: Never, fields: {customfield_1: {value: '{{ .Status }}'}}, http_config: {basic_auth: {username: u, password: p}}}]"
        }
        let known = HTTPSink.Answer.status(
            200, body: "{\"issues\": [{\"key\": \"P-1\", \"fields\": {\"status\": {\"statusCategory\": {\"key\": \"done\"}}}}]}")
        let opened = HTTPSink.Answer.status(
            200, body: "{\"issues\": [{\"key\": \"P-1\", \"fields\": {\"status\": {\"statusCategory\": {\"key\": \"new\"}}}}]}")
        let transitions = HTTPSink.Answer.status(
            200, body: "{\"transitions\": [{\"id\": \"5\", \"name\": \"Reopen\"}, {\"id\": \"6\", \"name\": \"Done\"}]}")
        func run(_ search: HTTPSink.Answer, _ alert: Alert) async throws -> [HTTPSink.Request] {
            let sink = try await HTTPSink { request in
                request.uri.hasSuffix("/search") ? search : request.method == "GET" ? transitions : .status(201, body: "{\"key\": \"P-9\"}")
            }
            let attempt = try await Samples.send("jira", entries(sink.url), alerts: [alert])
            #expect(attempt.outcome == .delivered, "\(attempt.detail)")
            return sink.requests
        }
        let created = try await run(.status(200, body: "{\"issues\": []}"), Samples.alert())
        #expect(created.map(\.uri) == ["/rest/api/2/search", "/rest/api/2/issue"])
        let query = (created[0].json as? [String: Any])?["jql"] as? String
        #expect(
            query
                == "(resolution is EMPTY or resolution != \"Never\") and (resolutiondate is EMPTY OR resolutiondate >= -60m) and project=\"P\" and labels=\"ALERT{\(Samples.groupHash)}\" order by status ASC,resolutiondate DESC"
        )
        try expect(
            created[1],
            """
            {"fields": {"project": {"key": "P"}, "issuetype": {"name": "Bug"}, "summary": "s", "description": "d", "labels": ["ALERT{$HASH}", "x"],
              "priority": {"name": "High"}, "customfield_1": {"value": "firing"}}}
            """)
        let reopened = try await run(known, Samples.alert())
        #expect(
            reopened.map { $0.method + " " + $0.uri } == [
                "POST /rest/api/2/search", "PUT /rest/api/2/issue/P-1", "GET /rest/api/2/issue/P-1/transitions",
                "POST /rest/api/2/issue/P-1/transitions",
            ])
        #expect(!reopened[1].text.contains("description"))
        try expect(reopened[3], "{\"transition\": {\"id\": \"5\"}}")
        let closed = try await run(opened, Self.ended)
        try expect(closed.last, "{\"transition\": {\"id\": \"6\"}}")
        #expect(try await run(.status(200, body: "{\"issues\": []}"), Self.ended).count == 1)
    }
}
