internal import Logging
internal import ServiceLifecycle
internal import ShopKit

/// Brings new stock, a little now and then, so that a shop that runs for long does not sell out.
struct Restocking: Service {
    static let units = 10
    static let interval = Duration.seconds(15)

    let stock: Stock
    let metrics: StockMetrics
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Restocking.interval)) != nil {
                do {
                    if try await stock.restock(Restocking.units) { metrics.show(try await stock.levels()) }
                } catch {
                    logger.error("no new stock", error: error)
                }
            }
        }
    }
}
