internal import ArgumentParser
internal import ShopCatalog
internal import ShopGateway
internal import ShopInventory
internal import ShopKit
internal import ShopOrders
internal import ShopPayments
internal import ShopRecommendations
internal import ShopShipping
internal import ShopUsers

@main
struct Shop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shop",
        abstract: "A small shop of eight services, instrumented with Perch's client libraries.",
        discussion: """
            Each service is a process of its own; `shop up` starts them all.

            EXAMPLES
              shop up --data-dir ./data/shop --log-dir ./data/shop/logs
              shop load --rate 5
              shop fault set failing-payments 0.8 --for 60s
              shop fault list
              shop catalog --port 9081

            EXIT STATUS
              0 success, 1 the operation failed, 2 wrong usage
            """,
        version: ServiceRunner.version,
        subcommands: [
            Serve<GatewayService>.self,
            Serve<CatalogService>.self,
            Serve<OrdersService>.self,
            Serve<PaymentsService>.self,
            Serve<ShippingService>.self,
            Serve<UsersService>.self,
            Serve<InventoryService>.self,
            Serve<RecommendationsService>.self,
            Up.self,
            Load.self,
            FaultCommand.self,
            Sink.self,
        ]
    )

    /// Exits 2 on wrong usage, where the argument parser's own habit is 64.
    static func main() async {
        do {
            var command = try await asyncParseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            exit(withError: code)
        } catch {
            let code = exitCode(for: error)
            guard code != .success else { exit(withError: error) }
            StandardError.write(fullMessage(for: error) + "\n")
            exit(withError: ExitCode(code == .validationFailure ? 2 : 1))
        }
    }
}
