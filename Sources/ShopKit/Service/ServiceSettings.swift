public import Foundation

/// What a service is told when it starts.
public struct ServiceSettings: Sendable {
    public var host = "127.0.0.1"
    /// 0 for any that is free.
    public var port: Int
    public var dataDirectory: String
    /// The variables of the process: addresses of the other services, the secret of the tokens.
    public var environment: [String: String]
    /// Whether the service ends when standard input does.
    public var endsWithInput = false
    /// The wall clock.
    public var now: @Sendable () -> Date = { Date() }

    public init(port: Int, dataDirectory: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.port = port
        self.dataDirectory = dataDirectory
        self.environment = environment
    }

    /// Where another service is: `SHOP_CATALOG_URL` and so on, or this host and the usual port.
    public func address(of service: ServiceName) throws(SettingsError) -> String {
        guard let text = environment[service.addressVariable], !text.isEmpty else { return "http://127.0.0.1:\(service.port)" }
        guard let url = URL(string: text), url.scheme == "http" || url.scheme == "https", url.host() != nil else {
            throw SettingsError("\(service.addressVariable) is \(text), which is no address such as http://127.0.0.1:\(service.port)")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// A number from the environment.
    public func number(_ variable: String, default standard: Double, in range: ClosedRange<Double>) throws(SettingsError) -> Double {
        guard let text = environment[variable], !text.isEmpty else { return standard }
        guard let number = Double(text), range.contains(number) else {
            throw SettingsError("\(variable) is \(text), which is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// A setting that the service cannot run with.
public struct SettingsError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
