internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import PerchMetrics
public import ShopKit

/// The inventory: how much there is of each product, and what is put aside for orders.
public enum InventoryService: ShopService {
    public static let name = ServiceName.inventory

    public static func assemble(_ service: ServiceAssembly) async throws {
        let stock = Stock(try service.openDatabase(Stock.migrations))
        let stockMetrics = StockMetrics(service.telemetry.metrics)
        stockMetrics.show(try await stock.levels())
        addStock(service, stock, stockMetrics)
        addReservations(service, stock, stockMetrics)
        service.add(Restocking(stock: stock, metrics: stockMetrics, logger: service.logger))
    }

    private static func addStock(_ service: ServiceAssembly, _ stock: Stock, _ metrics: StockMetrics) {
        let audit = service.audit
        service.router.get("/inventory/{product_id}") { _, context -> StockLevel in
            let product = try context.number("product_id")
            guard let level = try await stock.level(of: product) else {
                throw Problem(.notFound, "there is no product \(product) in stock")
            }
            return level
        }
        let administration = service.router.group("/inventory").add(middleware: RequireAdmin(service.tokens))
        administration.put("/{product_id}") { request, context -> StockLevel in
            let product = try context.number("product_id")
            let available = try await request.decode(as: StockRequest.self, context: context).checked().available
            try await stock.set(product, available: available)
            metrics.show(try await stock.levels())
            audit.record(actor: context.user.actor, action: "set stock", object: "product \(product)")
            guard let level = try await stock.level(of: product) else {
                throw Problem(.notFound, "there is no product \(product) in stock")
            }
            return level
        }
    }

    private static func addReservations(_ service: ServiceAssembly, _ stock: Stock, _ stockMetrics: StockMetrics) {
        let (faults, logger) = (service.faults, service.logger)
        let metrics = InventoryMetrics(in: service.telemetry.metrics)
        service.router.post("/reservations") { request, context -> EditedResponse<Reservation> in
            let wanted = try await request.decode(as: ReservationRequest.self, context: context)
            let fault = faults.setting(of: .stockOut)?.value
            let outcome = try await stock.reserve(wanted.orderID, wanted.merged()) { fault == .text("all") || fault == .number(Double($0)) }
            switch outcome {
            case .short(let shortages):
                metrics.reservations[.short].increment()
                let products = shortages.map { "\($0.productID)" }.joined(separator: ", ")
                logger.info("stock is short", metadata: ["order_id": .string(wanted.orderID), "products": .string(products)])
                throw Problem(.conflict, "too little of product \(products)", members: ["short": .array(shortages.map(\.json))])
            case .reserved(let reservation, let isNew):
                if isNew {
                    metrics.reservations[.reserved].increment()
                    stockMetrics.show(try await stock.levels())
                }
                return EditedResponse(status: isNew ? .created : .ok, response: reservation)
            }
        }
        service.router.post("/reservations/{order_id}/commit") { _, context -> HTTPResponse.Status in
            if try await stock.commit(orderID(context)) { metrics.reservations[.committed].increment() }
            return .noContent
        }
        service.router.delete("/reservations/{order_id}") { _, context -> HTTPResponse.Status in
            if try await stock.release(orderID(context)) {
                metrics.reservations[.released].increment()
                stockMetrics.show(try await stock.levels())
            }
            return .noContent
        }
    }

    private static func orderID(_ context: ShopContext) throws(Problem) -> String {
        guard let text = context.parameters.get("order_id"), !text.isEmpty, text.utf8.count <= 64 else {
            throw Problem(.notFound, "there is no such order")
        }
        return text
    }
}
