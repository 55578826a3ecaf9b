internal import PerchMetrics

enum RecommendationOutcome: String, LabelValue {
    case served
    case noConsent = "no_consent"
    case empty
}

struct RecommendationsMetrics: TelemetryContract {
    let recommendations: CounterFamily<RecommendationOutcome>

    init(_ declare: MetricDeclarations) {
        recommendations = declare.counter(
            "shop_recommendations_total", help: "What became of requests for recommendations.",
            labels: Label<RecommendationOutcome>("outcome"))
    }
}
