internal import PerchMetrics
internal import ShopKit

/// The services behind the gateway.
enum Upstream: String, LabelValue {
    case catalog = "product-catalog"
    case orders = "order-management"
    case users
    case recommendations

    var service: ServiceName {
        switch self {
        case .catalog: .catalog
        case .orders: .orders
        case .users: .users
        case .recommendations: .recommendations
        }
    }
}

struct GatewayMetrics: TelemetryContract {
    let rateLimited: CounterFamily<>
    let circuits: GaugeFamily<Upstream>
    let transitions: CounterFamily<Upstream, CircuitBreaker.State>

    init(_ declare: MetricDeclarations) {
        rateLimited = declare.counter("shop_rate_limited_total", help: "Requests of clients that made too many.")
        circuits = declare.gauge(
            "shop_circuit_breaker_state", help: "Circuit breakers: 0 closed, 1 half open, 2 open.", labels: Label<Upstream>("upstream"))
        transitions = declare.counter(
            "shop_circuit_breaker_transitions_total", help: "How often circuit breakers changed, and to what.",
            labels: Label<Upstream>("upstream"), Label<CircuitBreaker.State>("to"))
    }

    func show(_ state: CircuitBreaker.State, of upstream: Upstream) {
        let number: Double =
            switch state {
            case .closed: 0
            case .halfOpen: 1
            case .open: 2
            }
        circuits[upstream].set(number)
        transitions[upstream, state].increment()
    }
}
