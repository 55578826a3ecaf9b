import CoreMetrics
import Logging
import PerchTestKit
import Testing
import Tracing

struct Shop {
    let orders: Counter
    let tracer: any Tracer
    let logger: Logger

    func placeOrder(_ id: String) {
        tracer.withAnySpan("place order") { span in
            span.attributes["order.id"] = id
            orders.increment()
            logger.info("order placed", metadata: ["order.id": .string(id)])
        }
    }
}

@Test func ordersAreCounted() async throws {
    let telemetry = TestTelemetry()
    let orders = Counter(label: "orders.placed", dimensions: [("tier", "gold")], factory: telemetry.metricsFactory)
    let shop = Shop(orders: orders, tracer: telemetry.tracer, logger: telemetry.logger("shop"))
    shop.placeOrder("o-1")
    telemetry.expectMetric("orders_placed_total", ["tier": "gold"], 1)
    telemetry.expectSpan("place order", attributes: ["order.id": "o-1"])
    telemetry.expectLog("order placed", level: .info)
}
