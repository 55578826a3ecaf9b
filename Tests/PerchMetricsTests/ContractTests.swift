internal import Foundation
internal import PerchMetrics
internal import Testing

private enum Outcome: String, LabelValue { case accepted, declined }
private enum Urgent: String, LabelValue { case no = "false", yes = "true" }
private enum Tier: String, LabelValue { case gold, silver, bronze }

private struct ShopMetrics: TelemetryContract {
    let orders: CounterFamily<Outcome, Tier>
    let queue: GaugeFamily<Urgent>
    let work: HistogramFamily<Outcome>
    let starts: CounterFamily<>

    init(_ declare: MetricDeclarations) {
        orders = declare.counter(
            "shop_orders_total", help: "Orders \"placed\".", labels: Label<Outcome>("outcome"), Label<Tier>("tier"))
        queue = declare.gauge("shop_queue_length", help: "Waiting.", labels: Label<Urgent>("urgent"))
        work = declare.histogram(
            "shop_work_seconds", help: "Work.", unit: "seconds", buckets: .classic(bounds: [1]), labels: Label<Outcome>("outcome"))
        starts = declare.counter("shop_starts_total", help: "Starts.")
    }
}

@Suite struct ContractTests {
    @Test func `every combination of values is a series of its own, at zero from the beginning`() {
        let registry = MetricRegistry()
        let metrics = ShopMetrics(in: registry)
        for (number, outcome) in Outcome.allCases.enumerated() {
            for (place, tier) in Tier.allCases.enumerated() { metrics.orders[outcome, tier].increment(by: number * 10 + place) }
        }
        metrics.queue[.yes].set(3)
        metrics.work[.declined].record(0.5)
        metrics.starts[].increment()
        var output: [UInt8] = []
        registry.render(.prometheus, into: &output)
        let text = String(decoding: output, as: UTF8.self)
        #expect(text.contains("shop_orders_total{outcome=\"accepted\",tier=\"gold\"} 0\n"))
        #expect(text.contains("shop_orders_total{outcome=\"accepted\",tier=\"bronze\"} 2\n"))
        #expect(text.contains("shop_orders_total{outcome=\"declined\",tier=\"silver\"} 11\n"))
        #expect(text.contains("shop_queue_length{urgent=\"false\"} 0\nshop_queue_length{urgent=\"true\"} 3\n"))
        #expect(text.contains("shop_work_seconds_count{outcome=\"declined\"} 1\n"))
        #expect(text.contains("shop_starts_total 1\n"))
    }

    @Test func `the declarations print as JSON`() throws {
        let schema = ShopMetrics.schema(service: "shop")
        let json = try #require(try JSONSerialization.jsonObject(with: Data(schema.utf8)) as? [String: Any])
        let metrics = try #require(json["metrics"] as? [[String: Any]])
        #expect(json["contract"] as? String == "shop")
        #expect(
            metrics.compactMap { $0["name"] as? String } == [
                "shop_orders_total", "shop_queue_length", "shop_starts_total", "shop_work_seconds",
            ])
        #expect(metrics[0]["series"] as? Int == 6)
        #expect(metrics[0]["help"] as? String == "Orders \"placed\".")
        let labels = try #require(metrics[0]["labels"] as? [[String: Any]])
        #expect(labels[1]["name"] as? String == "tier")
        #expect(labels[1]["values"] as? [String] == ["gold", "silver", "bronze"])
        #expect((metrics[2]["labels"] as? [Any])?.isEmpty == true)
    }
}
