internal import Foundation
internal import Testing

@testable internal import shop

@Suite struct SinkTests {
    @Test func `each alert of a notification is a line`() throws {
        let text = """
            {"version":"4","groupKey":"{}:{}","status":"firing","receiver":"pages","externalURL":"","truncatedAlerts":0,"groupLabels":{},
             "alerts":[
              {"status":"firing","labels":{"alertname":"PaymentsFail","severity":"page"},"annotations":{"summary":"80 % of payments fail"},
               "startsAt":"2026-11-28T09:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"1"},
              {"status":"resolved","labels":{},"annotations":{}}
             ]}
            """
        let notification = try JSONDecoder().decode(AlertNotification.self, from: Data(text.utf8))
        #expect(
            notification.alerts.map { $0.line(receiver: notification.receiver) } == [
                "FIRING PaymentsFail (severity page) to pages: 80 % of payments fail", "RESOLVED an alert without a name to pages",
            ])
    }
}
