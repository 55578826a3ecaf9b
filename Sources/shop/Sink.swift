internal import ArgumentParser
internal import Foundation
internal import Hummingbird
internal import Logging
internal import ShopKit

/// `shop sink`: somebody to notify.
struct Sink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Receive notifications of alerts and print a line for each.",
        discussion: """
            Takes what `webhook_configs` of an Alertmanager configuration sends to any path.

            EXAMPLES
              shop sink --port 9799

            EXIT STATUS
              0 ended by a signal, 1 the port is taken, 2 wrong usage
            """)

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on.")
    var port = 9799

    func run() async throws {
        let router = Router()
        for path in ["/", "/**"] as [RouterPath] {
            router.post(path) { request, context -> HTTPResponse.Status in
                let notification = try await request.decode(as: AlertNotification.self, context: context)
                for alert in notification.alerts { print(alert.line(receiver: notification.receiver)) }
                fflush(nil)
                return .ok
            }
        }
        var logger = Logger(label: "sink") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname(host, port: port)), logger: logger)
        try await application.runService()
    }
}

/// A notification as Alertmanager sends it to webhooks (version 4), as far as a line needs it.
struct AlertNotification: Decodable, Sendable {
    struct Alert: Decodable, Sendable {
        let status: String
        let labels: [String: String]
        let annotations: [String: String]

        /// Such as `FIRING PaymentsFail (severity page) to people: 80 % of payments fail`.
        func line(receiver: String) -> String {
            let name = labels["alertname"] ?? "an alert without a name"
            let severity = labels["severity"].map { " (severity \($0))" } ?? ""
            let summary = annotations["summary"].map { ": \($0)" } ?? ""
            return "\(status.uppercased()) \(name)\(severity) to \(receiver)\(summary)"
        }
    }

    let receiver: String
    let alerts: [Alert]
}
