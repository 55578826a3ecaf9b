import Foundation
import Testing

/// The shop of this build, all its services on ports of their own.
final class ShopProcess: Sendable {
    /// The services that scrapers are to know: job and port, in the order of the ports.
    static let jobs = [
        "gateway", "product-catalog", "order-management", "users", "payments", "shipping", "inventory", "recommendations",
    ]

    let child: ChildProcess
    let firstPort: Int

    /// Starts the shop and waits until all services answer.
    ///
    /// - Parameter firstPort: the gateway's; the others follow it.
    init(firstPort: Int, folder: String, environment: [String: String]) async throws {
        self.firstPort = firstPort
        child = try ChildProcess(
            PerchProcess.program("shop"),
            ["up", "--port-base", String(firstPort), "--data-dir", folder + "/shop", "--log-dir", folder + "/shop-logs"],
            environment: environment)
        let end = ContinuousClock.now + PerchProcess.patience
        while !child.printed.contains("The shop is open"), ContinuousClock.now < end {
            guard child.isRunning else { throw PerchProcess.Failure("the shop closed at once:\n" + child.printed) }
            try await Task.sleep(for: .milliseconds(50))
        }
        guard child.printed.contains("The shop is open") else { throw PerchProcess.Failure("the shop does not open:\n" + child.printed) }
    }

    func address(of job: String) -> String { "127.0.0.1:\(firstPort + (Self.jobs.firstIndex(of: job) ?? 0))" }
}
