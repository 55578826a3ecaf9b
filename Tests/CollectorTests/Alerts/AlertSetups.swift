import Foundation
import Testing

/// Alertmanager files of tests.
enum AlertSetups {
    /// One webhook, quick groups.
    static func webhook(
        _ url: String, groupWait: String = "100ms", groupInterval: String = "300ms", repeatInterval: String = "1h"
    ) -> String {
        """
        route:
          receiver: sink
          group_by: [alertname]
          group_wait: \(groupWait)
          group_interval: \(groupInterval)
          repeat_interval: \(repeatInterval)
        receivers:
          - name: sink
            webhook_configs: [{url: '\(url)/hook'}]
        """
    }
}

extension PerchProcess {
    /// Posts alerts as a program does.
    func postAlerts(_ alerts: [[String: Any]]) async throws -> Answer {
        let body = try JSONSerialization.data(withJSONObject: alerts)
        return try await post("/api/v2/alerts", headers: ["Content-Type": "application/json"], body: [UInt8](body))
    }

    /// Comes back when all that was decided about alerts so far is on the disk: a silence is, before it is acknowledged, and what was decided
    /// before it goes with it at the latest.
    func syncAlerts() async throws {
        let silence: [String: Any] = [
            "matchers": [["name": "alertname", "value": "Nobody", "isRegex": false, "isEqual": true]], "createdBy": "test",
            "comment": "sync",
            "startsAt": Date().ISO8601Format(), "endsAt": Date(timeIntervalSinceNow: 3600).ISO8601Format(),
        ]
        let body = try JSONSerialization.data(withJSONObject: silence)
        let answer = try await post("/api/v2/silences", headers: ["Content-Type": "application/json"], body: [UInt8](body))
        guard answer.status == 200 else { throw Failure("a silence was answered \(answer.status): \(answer.text)") }
    }

    /// The kinds of events of an alert, oldest first.
    func eventKinds(of name: String) async throws -> [String] {
        let answer = try await get("/api/v1/alerts/history?match%5B%5D=\(Self.encoded(name))")
        guard answer.status == 200, let events = (answer.json as? [String: Any])?["data"] as? [[String: Any]] else {
            throw Failure("history answered \(answer.status): \(answer.text)")
        }
        return events.compactMap { $0["kind"] as? String }
    }
}
