internal import PerchMetrics

enum ReservationOutcome: String, LabelValue {
    case reserved, short, released, committed
}

struct InventoryMetrics: TelemetryContract {
    let reservations: CounterFamily<ReservationOutcome>

    init(_ declare: MetricDeclarations) {
        reservations = declare.counter(
            "shop_reservations_total", help: "What became of reservations of stock.", labels: Label<ReservationOutcome>("outcome"))
    }
}

/// `shop_stock_units`, a series for each product. Their number is bounded by ``Stock/productsMax``.
struct StockMetrics: Sendable {
    private let units: LabelledFamily<Gauge>

    init(_ metrics: MetricRegistry) {
        units = metrics.gauges("shop_stock_units", help: "Units of a product that can be bought.", labelNames: "product_id")
    }

    func show(_ levels: [StockLevel]) {
        for level in levels { units.with(String(level.productID)).set(Double(level.available)) }
    }
}
