internal import Foundation
internal import ShopKit

/// How one service is started.
struct Launch: Sendable {
    var name: ServiceName
    var arguments: [String]
    var environment: [String: String]
    /// Where standard output goes; nil for the standard output of `shop up`.
    var logPath: String?
    var address: String
}

/// What `shop up` starts.
struct LaunchPlan: Sendable {
    var host: String
    var portBase: Int
    var dataDirectory: String
    var logDirectory: String?

    func launches(
        _ services: [ServiceName], environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> [Launch] {
        var shared = environment
        // The shoppers of a shop that is looked at log in several times a second.
        if shared["SHOP_PASSWORD_COST"] == nil { shared["SHOP_PASSWORD_COST"] = "12" }
        for service in ServiceName.allCases where shared[service.addressVariable] == nil {
            shared[service.addressVariable] = address(service)
        }
        return services.map { service in
            Launch(
                name: service,
                arguments: [
                    service.rawValue, "--host", host, "--port", String(portBase + service.offset), "--data-dir", dataDirectory,
                    "--until-input-ends",
                ],
                environment: shared, logPath: logDirectory.map { "\($0)/\(service.rawValue).log" }, address: address(service))
        }
    }

    /// Where the service is found from this machine.
    private func address(_ service: ServiceName) -> String {
        let reachable = ["0.0.0.0", "::", ""].contains(host) ? "127.0.0.1" : host
        return "http://\(reachable.contains(":") ? "[\(reachable)]" : reachable):\(portBase + service.offset)"
    }
}
