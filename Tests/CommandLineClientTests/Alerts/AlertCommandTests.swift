import Foundation
import Testing

@testable import CommandLineClient

@Suite struct AlertCommandTests {
    private let terminal = Terminal(width: 200, height: 40)
    private let now: Int64 = 1_795_845_600_000  // 2026-11-28T06:00:00Z

    private let alerts = """
        [{"annotations":{"summary":"it is down"},"endsAt":"2026-11-28T06:05:00.000Z","fingerprint":"00000000000000aa",\
        "receivers":[{"name":"team"}],"startsAt":"2026-11-28T05:57:00.000Z","status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],\
        "state":"active"},"updatedAt":"2026-11-28T05:57:00.000Z","labels":{"alertname":"Down","job":"x"}},\
        {"annotations":{},"endsAt":"2026-11-28T06:05:00.000Z","fingerprint":"00000000000000bb","receivers":[{"name":"team"}],\
        "startsAt":"2026-11-28T03:55:00.000Z","status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":["s"],"state":"suppressed"},\
        "updatedAt":"2026-11-28T05:57:00.000Z","labels":{"alertname":"Slow\\u001b[31m","job":"y"}}]
        """

    private func list(_ options: AlertsListCommand.Options) async -> (CommandStatus, CapturedOutput, CannedServer) {
        let server = CannedServer(["/api/v2/alerts": (200, alerts)])
        let captured = CapturedOutput()
        let command = AlertsListCommand(client: server.client, options: options, terminal: terminal, now: now)
        return (await command.run(output: captured.output), captured, server)
    }

    @Test func `alerts are listed oldest first, with what keeps them back`() async {
        let (status, captured, server) = await list(.init(matchers: ["Down", "job=~x"], receiver: "team"))
        #expect(status == .success)
        #expect(
            captured.result == """
                STATE     ALERT           SINCE  LABELS   SUMMARY
                silenced  Slow\\u{1b}[31m  2h5m   job="y"
                active    Down            3m     job="x"  it is down

                """)
        #expect(
            server.requests.first?.parameters.map { [$0.name, $0.value] } == [
                ["filter", "alertname=\"Down\""], ["filter", "job=~x"], ["receiver", "team"],
            ])
    }

    @Test func `states may be chosen, in JSON too`() async throws {
        let (_, active, _) = await list(.init(active: true))
        #expect(active.result.contains("Down") && !active.result.contains("Slow"))
        let (_, silenced, _) = await list(.init(silenced: true, format: .json))
        let read = try JSONSerialization.jsonObject(with: Data(silenced.result.utf8)) as? [[String: Any]]
        #expect(read?.map { $0["fingerprint"] as? String } == ["00000000000000bb"])
        let (_, all, _) = await list(.init(format: .json))
        #expect(all.result == alerts + "\n")
    }

    @Test func `an error of the Alertmanager API is one line`() async {
        let server = CannedServer(["/api/v2/alerts": (400, "\"bad matcher format: a^\"")])
        let captured = CapturedOutput()
        let status = await AlertsListCommand(client: server.client, options: .init(matchers: ["a^="]), terminal: terminal, now: now)
            .run(output: captured.output)
        #expect(status == .usage)
        #expect(captured.remarks == "error: bad matcher format: a^\n")
    }

    @Test func `a silence is posted with its matchers and times`() async {
        let server = CannedServer(["/api/v2/silences": (200, #"{"silenceID":"abc"}"#)])
        let captured = CapturedOutput()
        let options = SilencesAddCommand.Options(
            matchers: ["Down", "job!~x.*"], duration: "2h", author: "me", comment: "c", recurring: ["weekdays=mon"])
        let status = await SilencesAddCommand(client: server.client, options: options, now: now).run(output: captured.output)
        #expect(status == .success && captured.result == "abc\n")
        #expect(
            server.requests.first?.json == """
                {"matchers":[{"name":"alertname","value":"Down","isRegex":false,"isEqual":true},\
                {"name":"job","value":"x.*","isRegex":true,"isEqual":false}],"startsAt":"2026-11-28T06:00:00Z",\
                "endsAt":"2026-11-28T08:00:00Z","createdBy":"me","comment":"c","recurrence":[{"weekdays":["monday"]}]}
                """)
    }

    @Test(arguments: [
        SilencesAddCommand.Options(matchers: [], author: ""), .init(matchers: ["a=b"], duration: "1h", end: "now+1h", author: ""),
        .init(matchers: ["a=b"], end: "now-1h", author: ""), .init(matchers: ["a=b"], author: "", recurring: ["weekdays=mon"]),
        .init(matchers: ["a=~("], author: ""),
    ])
    func `a silence that cannot be meant is refused before anything is asked`(options: SilencesAddCommand.Options) async {
        let server = CannedServer([:])
        let captured = CapturedOutput()
        #expect(await SilencesAddCommand(client: server.client, options: options, now: now).run(output: captured.output) == .usage)
        #expect(server.requests.isEmpty)
    }

    @Test func `an alert is explained as it stands and as it came to that`() async {
        let reply = """
            {"status":"success","data":{"alerts":[{"labels":{"alertname":"Down","job":"x"},"fingerprint":"00000000000000aa","state":"active",\
            "told":true,"summary":"","startsAt":"2026-11-28T05:57:00.000Z","endsAt":"2026-11-28T06:05:00.000Z","receivers":[{\
            "receiver":"team","verdict":"told","text":"team/webhook[0] was told at 2026-11-28T05:57:30.000Z.","route":"{}",\
            "groupKey":"{}:{}","groupLabels":{},"nextFlush":"2026-11-28T06:02:00.000Z","decidedBy":[],"integrations":[]}],"timeline":[\
            {"time":"2026-11-28T05:57:00.000Z","kind":"firing","rule":"g/Down","detail":"value 1"},\
            {"time":"2026-11-28T05:57:30.000Z","kind":"notified","receiver":"team","integration":"webhook[0]","detail":"200",\
            "payload":"{}"}]}]}}
            """
        let server = CannedServer(["/api/v1/alerts/why": (200, reply)])
        let captured = CapturedOutput()
        let options = AlertsWhyCommand.Options(name: "Down", matchers: ["job=x y", "a=~\"b\""], showsPayloads: true)
        let status = await AlertsWhyCommand(client: server.client, options: options, terminal: terminal, now: now)
            .run(output: captured.output)
        #expect(status == .success)
        #expect(
            captured.result == """
                Down{job="x"}  active
                  Fires since 2026-11-28 05:57:00 UTC (3m ago).
                  team: told; team/webhook[0] was told at 2026-11-28 05:57:30 UTC (2m30s ago).
                    route {}
                    group {}:{}, looked at next in 2m

                  2026-11-28
                  05:57:00  firing    rule g/Down: value 1
                  05:57:30  notified  team/webhook[0]: 200
                            {}

                """)
        #expect(server.requests.first?.parameters.first?.value == "{alertname=\"Down\",job=\"x y\",a=~\"b\"}")
    }
}
