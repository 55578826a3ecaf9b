/// What a service emits, declared once as types: which metrics there are, what labels they have, and which values these may have; which spans with
/// which attributes, and which log lines with which metadata. A wrong label does not compile, and the number of series is known before the
/// program runs. `perch contract check` holds what arrives against what is declared.
///
///     struct ShopMetrics: TelemetryContract {
///         let orders: CounterFamily<Outcome, Tier>
///
///         init(_ declare: MetricDeclarations) {
///             orders = declare.counter(
///                 "shop_orders_total", help: "Orders by what became of them.", labels: Label<Outcome>("outcome"), Label<Tier>("tier"))
///         }
///     }
///
///     let metrics = ShopMetrics(in: telemetry.metrics)
///     metrics.orders[.accepted, .gold].increment()
///     print(ShopMetrics.schema(service: "shop"))
public protocol TelemetryContract: Sendable {
    /// Declares all metrics, spans and log lines.
    init(_ declare: MetricDeclarations)
}

extension TelemetryContract {
    /// The metrics in a registry. All series are there from the beginning, at zero, so that the first increase of each can be seen.
    public init(in registry: MetricRegistry) { self.init(MetricDeclarations(registry)) }

    /// What is declared, as JSON; see ``MetricDeclarations/schema(service:)``.
    public static func schema(service: String) -> String {
        let declarations = MetricDeclarations(MetricRegistry())
        _ = Self(declarations)
        return declarations.schema(service: service)
    }
}
