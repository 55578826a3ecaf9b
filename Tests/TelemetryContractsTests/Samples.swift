import PerchMetrics
import TelemetryModel

@testable import TelemetryContracts

enum Outcome: String, LabelValue { case accepted, declined }
enum Tier: String, LabelValue { case gold, silver }

/// What a service declares, in the language that services do it in.
struct ShopTelemetry: TelemetryContract {
    let orders: CounterFamily<Outcome, Tier>
    let visits: CounterFamily<OpenValue>
    let queue: GaugeFamily<>
    let work: HistogramFamily<Tier>
    let placing: SpanDeclaration<String, Tier, Int>
    let placed: LogDeclaration<String, Bool>

    init(_ declare: MetricDeclarations) {
        orders = declare.counter(
            "shop_orders_total", help: "Orders by what became of them.", labels: Label<Outcome>("outcome"), Label<Tier>("tier"))
        visits = declare.counter("shop_visits_total", help: "Visits.", labels: OpenLabel("customer", atMost: 3))
        queue = declare.gauge("shop_queue_bytes", help: "What waits.", unit: "bytes")
        work = declare.histogram(
            "shop_work_seconds", help: "Work.", unit: "seconds", buckets: .classic(bounds: [0.1, 1, 10]), labels: Label<Tier>("tier"))
        placing = declare.span(
            "place order", kind: .server,
            attributes: ContractField<String>("order.id"), ContractField<Tier>("tier"), ContractField<Int>("items"))
        placed = declare.log("order placed", metadata: ContractField<String>("order.id"), ContractField<Bool>("paid"))
    }

    static var contract: Contract {
        get throws { try Contract(json: Array(schema(service: "shop").utf8)) }
    }

    /// The service's series as a server has them.
    static func arrived(_ change: (ShopTelemetry, MetricRegistry) -> Void = { _, _ in }) -> ArrivedMetrics {
        let registry = MetricRegistry()
        let telemetry = ShopTelemetry(in: registry)
        telemetry.visits["acme"].increment()
        change(telemetry, registry)
        var arrived = ArrivedMetrics()
        for family in registry.snapshot() {
            arrived.descriptions[family.name] = [.init(type: family.kind.rawValue, help: family.help, unit: family.unit)]
            for point in family.points { add(family, point, to: &arrived) }
        }
        return arrived
    }

    private static func add(_ family: MetricFamilySnapshot, _ point: MetricPoint, to arrived: inout ArrivedMetrics) {
        var labels = ["job": "shop", "instance": "a:1"]
        for (name, value) in point.labels.pairs { labels[name] = value }
        func add(_ name: String, _ further: [String: String] = [:]) {
            let all = labels.merging(further) { $1 }.merging(["__name__": name]) { $1 }
            arrived.add(all)
            arrived.addEarly(all)
        }
        guard case .histogram(let histogram) = point.value else { return add(family.name) }
        for bound in histogram.bounds { add(family.name + "_bucket", ["le": "\(bound)"]) }
        add(family.name + "_bucket", ["le": "+Inf"])
        add(family.name + "_sum")
        add(family.name + "_count")
    }
}
