internal import Ingestion
internal import PerchMetrics

/// What is counted of the metric points that come in, by the way they come.
struct MetricReceiverMetrics: Sendable {
    private struct Counters {
        let bytes: Counter
        let accepted: Counter
        let rejected: Counter
    }

    private let requests: LabelledFamily<Counter>
    private let bySource: [MetricReceiver.Source: Counters]

    init(_ registry: MetricRegistry) {
        requests = registry.counters(
            "perch_metric_receiver_requests_total", help: "Messages with metric points, by protocol and by what became of them.",
            labelNames: "protocol", "outcome")
        let bytes = registry.counters(
            "perch_metric_receiver_received_bytes_total", help: "Bytes of messages with metric points, as they were sent.", unit: "bytes",
            labelNames: "protocol")
        let accepted = registry.counters(
            "perch_metric_receiver_accepted_points_total", help: "Metric points taken.", labelNames: "protocol")
        let rejected = registry.counters(
            "perch_metric_receiver_rejected_points_total", help: "Metric points left out because they are wrong, too old or too much.",
            labelNames: "protocol")
        bySource = Dictionary(
            uniqueKeysWithValues: MetricReceiver.Source.allCases.map { source in
                let name = source.rawValue
                return (source, Counters(bytes: bytes.with(name), accepted: accepted.with(name), rejected: rejected.with(name)))
            })
    }

    func count(_ outcome: MetricDeliveryOutcome, of source: MetricReceiver.Source, bytes: Int) {
        requests.with(source.rawValue, outcome.status.name).increment()
        guard let counters = bySource[source] else { return }
        counters.bytes.increment(by: bytes)
        counters.accepted.increment(by: outcome.acceptedPoints)
        counters.rejected.increment(by: outcome.rejectedPoints)
    }
}

extension MetricDeliveryOutcome.Status {
    /// The status as the value of a metric's label.
    fileprivate var name: String {
        switch self {
        case .accepted: "accepted"
        case .malformed: "malformed"
        case .tooLarge: "too_large"
        case .unavailable: "unavailable"
        case .tooManyRequests: "too_many_requests"
        }
    }
}
