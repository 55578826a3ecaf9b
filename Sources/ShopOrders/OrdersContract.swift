internal import PerchMetrics

/// The metrics of the service.
struct OrdersContract: TelemetryContract {
    enum OrderOutcome: String, LabelValue { case placed, paid, shipped, rejected, failed, cancelled }
    enum CheckoutOutcome: String, LabelValue { case paid, rejected, failed }
    enum StepOutcome: String, LabelValue { case ok, refused, failed }

    let orders: CounterFamily<OrderOutcome>
    let orderValue: HistogramFamily<>
    let checkoutDuration: HistogramFamily<CheckoutOutcome>
    let sagaSteps: CounterFamily<CheckoutSaga.Step, StepOutcome>

    init(_ declare: MetricDeclarations) {
        orders = declare.counter("shop_orders_total", help: "Orders by what became of them.", labels: Label<OrderOutcome>("outcome"))
        orderValue = declare.histogram(
            "shop_order_value_euros", help: "What orders are worth.", unit: "euros",
            buckets: .classic(bounds: [5, 10, 25, 50, 100, 250, 500, 1000, 2500]))
        checkoutDuration = declare.histogram(
            "shop_checkout_duration_seconds", help: "Time from an order's placing until it is paid, or has come to nothing.",
            unit: "seconds",
            labels: Label<CheckoutOutcome>("outcome"))
        sagaSteps = declare.counter(
            "shop_saga_steps_total", help: "Calls to other services for an order, and what they said.",
            labels: Label<CheckoutSaga.Step>("step"), Label<StepOutcome>("outcome"))
    }
}

extension CheckoutSaga.Step: LabelValue {}
