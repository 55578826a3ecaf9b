internal import PerchMetrics

enum DeliveryOutcome: String, LabelValue {
    case ok
    case failed
}

struct OutboxMetrics: TelemetryContract {
    let pending: GaugeFamily<>
    let deliveries: CounterFamily<DeliveryOutcome>

    init(_ declare: MetricDeclarations) {
        pending = declare.gauge("shop_outbox_pending", help: "Events that somebody has not been told of yet.")
        deliveries = declare.counter(
            "shop_outbox_deliveries_total", help: "Attempts to tell somebody of an event.", labels: Label<DeliveryOutcome>("outcome"))
    }
}
