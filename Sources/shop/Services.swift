internal import ArgumentParser
internal import ShopKit

extension Shop {
    /// The services that `shop up` starts.
    static let services: [ServiceName] = configuration.subcommands.compactMap { ($0 as? any ServiceCommand.Type)?.service }
}

/// A command that runs a service.
protocol ServiceCommand {
    static var service: ServiceName { get }
}

extension Serve: ServiceCommand {
    static var service: ServiceName { Service.name }
}
