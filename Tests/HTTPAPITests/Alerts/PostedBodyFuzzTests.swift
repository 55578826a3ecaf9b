import AlertModel
import AlertRouting
import HTTPTypes
import LabelMatching
import NIOCore
import TelemetryModel
import TestSupport
import Testing

@testable import HTTPAPI

@Suite struct PostedBodyFuzzTests {
    private let alerts = """
        [{"labels":{"alertname":"Down","größe":"1\\n"},"annotations":{"summary":""},"startsAt":"2026-11-28T05:00:00.5+01:00",\
        "endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://x/","unknown":[{"a":[1,null,true]}]},{"labels":{}}]
        """
    private let silence = """
        {"id":"d3b07384-d9a0-4c9b-8f0e-000000000000","matchers":[{"name":"a","value":"b","isRegex":false},\
        {"name":"c","value":"d.*","isRegex":true,"isEqual":false}],"startsAt":"2026-11-28T05:00:00Z","endsAt":"2026-11-28T06:00:00Z",\
        "createdBy":"me","comment":"","annotations":null,"recurrence":[{"times":[{"start_time":"22:00","end_time":"24:00"}],\
        "weekdays":["monday:friday"],"days_of_month":["1:-1"],"months":["may"],"years":["2026:2027"],"location":"Europe/Berlin"}]}
        """

    @Test func `what Prometheus and amtool post is read`() throws {
        let posted = try PostedBody.alerts(Array(alerts.utf8))
        #expect(posted.count == 2)
        #expect(posted[0].labels == [Label(name: "alertname", value: "Down"), Label(name: "größe", value: "1\n")])
        #expect(posted[0].startsAt == 1_795_838_400_500)
        #expect(posted[0].endsAt == nil)
        let silence = try PostedBody.silence(Array(silence.utf8))
        #expect(silence.matchers == [LabelMatcher("a", equals: "b"), try LabelMatcher("c", .notMatches, "d.*")])
        #expect(
            silence.recurrence == [
                TimeInterval(
                    times: [1320..<1440], weekdays: [1...5], daysOfMonth: [.init(1, -1)], months: [5...5], years: [2026...2027],
                    location: "Europe/Berlin")
            ])
    }

    @Test func `bodies that end early or are damaged never trap`() {
        var generator = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        for (text, read) in [
            (alerts, { (bytes: [UInt8]) in _ = try PostedBody.alerts(bytes) }), (silence, { _ = try PostedBody.silence($0) }),
        ] {
            checkTruncationNeverTraps(Array(text.utf8), decode: read)
            checkDamageNeverTraps(Array(text.utf8), rounds: 2_000, using: &generator, decode: read)
        }
    }

    @Test(arguments: [
        ("{}", "matchers in body is required", 422), ("[", "parsing silence body", 400),
        (
            #"{"matchers":[],"startsAt":"2026-11-28T05:00:00Z","endsAt":"2026-11-28T06:00:00Z","createdBy":"","comment":""}"#, "at least 1",
            422
        ),
        (
            #"{"matchers":[{"name":"a","value":"("}],"startsAt":"2026-11-28T05:00:00Z","endsAt":"2026-11-28T06:00:00Z","createdBy":"","comment":""}"#,
            "matchers.0.isRegex in body is required", 422
        ),
        (
            #"{"matchers":[{"name":"a","value":"(","isRegex":true}],"startsAt":"2026-11-28T05:00:00Z","endsAt":"","createdBy":"","comment":""}"#,
            "invalid regular expression", 400
        ),
    ])
    func `what is wrong with a silence is said`(body: String, message: String, status: Int) {
        do throws(AlertmanagerFault) {
            _ = try PostedBody.silence(Array(body.utf8))
            Issue.record("taken")
        } catch {
            let reply = error.reply
            #expect(reply.status.code == status)
            #expect(String(buffer: reply.body[0]).contains(message), "\(String(buffer: reply.body[0]))")
        }
    }
}
