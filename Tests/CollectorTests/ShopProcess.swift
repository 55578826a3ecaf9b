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
        for _ in 0..<1200 where !child.printed.contains("The shop is open") {
            guard child.isRunning else { throw PerchProcess.Failure("the shop closed at once:\n" + child.printed) }
            try await Task.sleep(for: .milliseconds(50))
        }
        guard child.printed.contains("The shop is open") else { throw PerchProcess.Failure("the shop does not open:\n" + child.printed) }
    }

    /// Eight ports in a row that nobody has.
    static func freePorts() throws -> Int {
        for _ in 0..<50 {
            // Below the ports that the system gives to whoever asks for any.
            let first = Int.random(in: 20_000..<32_000)
            if (first..<first + jobs.count).allSatisfy(isFree) { return first }
        }
        throw PerchProcess.Failure("there are no eight free ports in a row")
    }

    func address(of job: String) -> String { "127.0.0.1:\(firstPort + (Self.jobs.firstIndex(of: job) ?? 0))" }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
