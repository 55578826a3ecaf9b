import Logging
import PerchInstrumentation
import PerchMetrics
import PerchTestKit
import PerchTracing
import Testing

enum Outcome: String, LabelValue { case accepted, declined }
enum Tier: String, LabelValue { case gold, silver }

struct ShopTelemetry: TelemetryContract {
    let orders: CounterFamily<Outcome, Tier>
    let visits: CounterFamily<OpenValue>
    let placing: SpanDeclaration<String, Tier>
    let placed: LogDeclaration<String, Int>

    init(_ declare: MetricDeclarations) {
        orders = declare.counter(
            "shop_orders_total", help: "Orders by what became of them.", labels: Label<Outcome>("outcome"), Label<Tier>("tier"))
        visits = declare.counter("shop_visits_total", help: "Visits.", labels: OpenLabel("customer", atMost: 100))
        placing = declare.span("place order", attributes: ContractField<String>("order.id"), ContractField<Tier>("tier"))
        placed = declare.log("order placed", metadata: ContractField<String>("order.id"), ContractField<Int>("items"))
    }
}

private func declare(_ telemetry: Telemetry, _ logger: Logger, customer: String) async throws {
    let shop = ShopTelemetry(in: telemetry.metrics)
    shop.orders[.accepted, .gold].increment()
    shop.visits[OpenValue(customer)].increment()
    await shop.placing.with("o-17", .gold) { span in
        shop.placed.log("o-17", 3, to: logger)
    }
    print(ShopTelemetry.schema(service: "shop"))
}
