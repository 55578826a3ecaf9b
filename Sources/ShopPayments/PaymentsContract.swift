internal import PerchMetrics

/// The metrics of the service.
struct PaymentsContract: TelemetryContract {
    enum Outcome: String, LabelValue {
        case accepted, declined
        /// The provider did not answer, or with an error; nobody was charged.
        case failed
        /// The request had been answered before.
        case replayed
        case refunded
    }

    let payments: CounterFamily<Outcome>
    let amount: CounterFamily<>

    init(_ declare: MetricDeclarations) {
        payments = declare.counter(
            "shop_payments_total", help: "Requests to pay or refund, and what came of them.", labels: Label<Outcome>("outcome"))
        amount = declare.counter("shop_payment_amount_euros_total", help: "What was charged, refunds not taken off.", unit: "euros")
    }
}
