internal import PerchMetrics

enum LoginOutcome: String, LabelValue {
    case ok, refused
}

struct UsersMetrics: TelemetryContract {
    let logins: CounterFamily<LoginOutcome>
    let erasures: CounterFamily<>

    init(_ declare: MetricDeclarations) {
        logins = declare.counter("shop_logins_total", help: "Attempts to log in.", labels: Label<LoginOutcome>("outcome"))
        erasures = declare.counter("shop_erasures_total", help: "Users who were forgotten because they asked for it.")
    }
}
