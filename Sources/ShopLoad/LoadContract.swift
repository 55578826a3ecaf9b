internal import PerchMetrics

/// The metrics of the load generator.
struct LoadContract: TelemetryContract {
    let shoppersActive: GaugeFamily<>
    let journeys: CounterFamily<Shopper.Outcome>
    let journeyDuration: HistogramFamily<>

    init(_ declare: MetricDeclarations) {
        shoppersActive = declare.gauge("shop_load_shoppers_active", help: "Shoppers who are in the shop now.")
        journeys = declare.counter(
            "shop_load_journeys_total", help: "Visits by what became of them.", labels: Label<Shopper.Outcome>("outcome"))
        journeyDuration = declare.histogram(
            "shop_load_journey_duration_seconds", help: "How long visits took, the shoppers' thinking included.", unit: "seconds",
            buckets: .classic(bounds: [0.5, 1, 2.5, 5, 10, 20, 40]))
    }
}

extension Shopper.Outcome: LabelValue {}
