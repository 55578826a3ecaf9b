import AlertModel
import AlertRouting
import ConfigFile
import Foundation
import OutboundHTTP
import Testing

@testable import Notifications

@Suite struct TextTests {
    @Test(arguments: [("abc", 3, "abc"), ("abcdef", 5, "abcd…"), ("abcdef", 2, "ab"), ("ééééé", 4, "ééé…"), ("abcd", 0, "")])
    func `texts are cut by characters`(text: String, count: Int, expected: String) {
        #expect(Truncation.characters(text, count) == expected)
    }

    @Test(arguments: [
        ("abc", 3, "abc"), ("abcdef", 5, "ab…"), ("éééé", 6, "é…"), ("abcdef", 3, "…"), ("abcdef", 2, ".."), ("abcdef", 0, ""),
    ])
    func `texts are cut by bytes`(text: String, count: Int, expected: String) {
        #expect(Truncation.bytes(text, count) == expected)
        #expect(expected.utf8.count <= max(count, 0))
    }

    @Test(arguments: [
        ("1m30s", 90_000 as Int64?), ("1.5h", 5_400_000), ("300ms", 300), ("0", 0), ("-2s", -2000), (".5s", 500), ("1s1s", 2000), ("", nil),
        ("5", nil), ("s", nil), ("1d", nil), ("1.2.3s", nil), ("999999999999h", nil), (".s", nil),
    ])
    func `durations are those of Go`(text: String, expected: Int64?) {
        #expect(GoDurationText.milliseconds(text) == expected)
    }

    @Test func `secrets are left out in all their forms`() {
        var scrubber = SecretScrubber()
        scrubber.add("pass\"word/+")
        scrubber.add("abc")
        scrubber.add("https://hooks.example/services/T000/B000/XXXX")
        let text =
            "pass\"word/+ pass\\\"word/+ pass%22word%2F%2B \(Data("pass\"word/+".utf8).base64EncodedString()) abc /services/T000/B000/XXXX hooks.example"
        #expect(scrubber.clean(text) == "<secret> <secret> <secret> <secret> abc <secret> hooks.example")
    }

    @Test func `secrets do not print`() {
        let secret = HTTPSecret.literal("s3cr3t")
        #expect("\(secret) \(String(reflecting: secret)) \([secret])" == "<secret> <secret> [<secret>]")
        var output = ""
        dump(EmailSettingsHolder(secret: secret), to: &output)
        #expect(!output.contains("s3cr3t"))
    }

    private struct EmailSettingsHolder { var secret: HTTPSecret }

    @Test func `the shown configuration has no secrets, and errors show none`() throws {
        let text = """
            global:
              smtp_auth_password: hidden-1
              slack_api_url: https://hooks.example/hidden-2
              opsgenie_api_key: hidden-3
              http_config: {proxy_url: 'http://u:hidden-4@p.example:1', basic_auth: {username: shown-1, password: hidden-5}}
            route: {receiver: r}
            receivers:
            - name: r
              webhook_configs: [{url: 'http://x.example/hidden-6', http_config: {authorization: {credentials: hidden-7}, http_headers: {A: {secrets: [hidden-8], values: [shown-2]}}}}]
              pagerduty_configs: [{routing_key: hidden-9, url: 'http://pd.example/shown-3'}]
              victorops_configs: [{routing_key: shown-4, api_key: hidden-10}]
              telegram_configs: [{bot_token: hidden-11, chat_id: 1}]
              pushover_configs: [{user_key: hidden-12, token: hidden-13}]
              discord_configs: [{webhook_url: 'http://d.example/hidden-14'}]
              opsgenie_configs: [{api_url: 'http://o.example/shown-5', api_key: hidden-15}]
              email_configs: [{to: shown-6@x.example, from: a@x.example, smarthost: 'x.example:25', auth_password: hidden-16, tls_config: {key: hidden-17, cert: shown-7}}]
            """
        let configuration = try AlertmanagerConfiguration(parsing: text, file: "a.yml")
        #expect(!configuration.redactedText.contains("hidden"), "\(configuration.redactedText)")
        for number in 1...7 { #expect(configuration.redactedText.contains("shown-\(number)"), "\(number)") }
        // What is shown is a configuration itself.
        #expect(throws: Never.self) {
            try ConfigErrorBox.of { _ = try AlertmanagerConfiguration(parsing: configuration.redactedText, file: "b.yml") }
        }
        for bad in [
            "smtp_auth_password: [hidden]", "slack_api_url: 'hidden.example'", "opsgenie_api_key: {hidden: hidden}",
            "slack_api_url: 'http://hidden host/'", "mattermost_webhook_url: [hidden]",
        ] {
            let error = #expect(throws: ConfigErrorBox.self) {
                try ConfigErrorBox.of {
                    _ = try AlertmanagerConfiguration(
                        parsing: "global: {\(bad)}\nroute: {receiver: r}\nreceivers: [{name: r}]", file: "a.yml")
                }
            }
            #expect(error?.text.contains("hidden") == false, "\(error?.text ?? "")")
        }
    }

    @Test func `what is read and yet does nothing is told`() throws {
        let configuration = try AlertmanagerConfiguration(
            parsing:
                "route: {receiver: r}\ntracing: {}\nreceivers:\n- name: r\n  slack_configs: [{api_url: 'http://x.example', text: '{{ .A'}]\n",
            file: "a.yml")
        #expect(configuration.warnings.map(\.line) == [2, 5])
        #expect(configuration.integrations["r"]?.map(\.id.description) == ["r/slack[0]"])
        #expect(configuration.integrations["r"]?.first?.sendResolved == false)
    }
}
