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

    /// The kinds of events of an alert, oldest first.
    func eventKinds(of name: String) async throws -> [String] {
        let answer = try await get("/api/v1/alerts/history?match%5B%5D=\(Self.encoded(name))")
        guard answer.status == 200, let events = (answer.json as? [String: Any])?["data"] as? [[String: Any]] else {
            throw Failure("history answered \(answer.status): \(answer.text)")
        }
        return events.compactMap { $0["kind"] as? String }
    }
}
