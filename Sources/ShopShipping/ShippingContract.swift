internal import PerchMetrics

/// The metrics of the service.
struct ShippingContract: TelemetryContract {
    let shipments: CounterFamily<ShipmentStatus>

    init(_ declare: MetricDeclarations) {
        shipments = declare.counter(
            "shop_shipments_total", help: "Shipments by what became of them.", labels: Label<ShipmentStatus>("outcome"))
    }
}

extension ShipmentStatus: LabelValue {}
