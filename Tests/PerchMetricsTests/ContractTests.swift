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
    let visits: CounterFamily<Tier, OpenValue>
    let placing: SpanDeclaration<String, Tier>
    let placed: LogDeclaration<Int, Bool>

    init(_ declare: MetricDeclarations) {
        orders = declare.counter(
            "shop_orders_total", help: "Orders \"placed\".", labels: Label<Outcome>("outcome"), Label<Tier>("tier"))
        queue = declare.gauge("shop_queue_length", help: "Waiting.", labels: Label<Urgent>("urgent"))
        work = declare.histogram(
            "shop_work_seconds", help: "Work.", unit: "seconds", buckets: .classic(bounds: [1]), labels: Label<Outcome>("outcome"))
        starts = declare.counter("shop_starts_total", help: "Starts.")
        visits = declare.counter(
            "shop_visits_total", help: "Visits.", labels: Label<Tier>("tier"), OpenLabel("customer", atMost: 3))
        placing = declare.span(
            "place order", kind: .server, attributes: ContractField<String>("order.id"), ContractField<Tier>("tier"))
        placed = declare.log("order placed", level: .notice, metadata: ContractField<Int>("items"), ContractField<Bool>("paid"))
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
                "shop_orders_total", "shop_queue_length", "shop_starts_total", "shop_visits_total", "shop_work_seconds",
            ])
        let visitLabels = try #require(metrics[3]["labels"] as? [[String: Any]])
        #expect(visitLabels[1]["at_most"] as? Int == 3)
        #expect(visitLabels[1]["values"] == nil)
        #expect(metrics[3]["series"] as? Int == 12)
        #expect(metrics[4]["buckets"] as? [Double] == [1])
        #expect(metrics[4]["native"] as? Bool == false)
        let spans = try #require(json["spans"] as? [[String: Any]])
        #expect(spans[0]["name"] as? String == "place order")
        #expect(spans[0]["kind"] as? String == "server")
        let attributes = try #require(spans[0]["attributes"] as? [[String: Any]])
        #expect(attributes.map { $0["type"] as? String } == ["string", "string"])
        #expect(attributes[1]["values"] as? [String] == ["gold", "silver", "bronze"])
        let logs = try #require(json["logs"] as? [[String: Any]])
        #expect(logs[0]["level"] as? String == "notice")
        #expect((logs[0]["metadata"] as? [[String: Any]])?.map { $0["type"] as? String } == ["int", "bool"])
        #expect(metrics[0]["series"] as? Int == 6)
        #expect(metrics[0]["help"] as? String == "Orders \"placed\".")
        let labels = try #require(metrics[0]["labels"] as? [[String: Any]])
        #expect(labels[1]["name"] as? String == "tier")
        #expect(labels[1]["values"] as? [String] == ["gold", "silver", "bronze"])
        #expect((metrics[2]["labels"] as? [Any])?.isEmpty == true)
    }

    @Test func `a label that is open has as many values as it may, and one for all others`() {
        let registry = MetricRegistry()
        let metrics = ShopMetrics(in: registry)
        for customer in 0..<10 { metrics.visits[.gold, OpenValue("c\(customer)")].increment() }
        metrics.visits[.silver, "c1"].increment()
        metrics.visits[.silver, "new"].increment()
        var output: [UInt8] = []
        registry.render(.prometheus, into: &output)
        let lines = String(decoding: output, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("shop_visits") }
        #expect(
            lines == [
                #"shop_visits_total{customer="_other",tier="gold"} 7"#, #"shop_visits_total{customer="_other",tier="silver"} 1"#,
                #"shop_visits_total{customer="c0",tier="gold"} 1"#, #"shop_visits_total{customer="c1",tier="gold"} 1"#,
                #"shop_visits_total{customer="c1",tier="silver"} 1"#, #"shop_visits_total{customer="c2",tier="gold"} 1"#,
            ])
    }
}
