internal import Ingestion
internal import PerchMetrics

/// What is counted of the spans that come in, by the way they come.
struct SpanReceiverMetrics: Sendable {
    private struct Counters {
        let bytes: Counter
        let received: Counter
        let accepted: Counter
        let rejected: Counter
    }

    private let requests: LabelledFamily<Counter>
    private let bySource: [SpanReceiver.Source: Counters]

    init(_ registry: MetricRegistry) {
        requests = registry.counters(
            "perch_receiver_requests_total", help: "Messages with spans, by protocol and by what became of them.",
            labelNames: "protocol", "outcome")
        let bytes = registry.counters(
            "perch_receiver_received_bytes_total", help: "Bytes of messages with spans, as they were sent.", unit: "bytes",
            labelNames: "protocol")
        let received = registry.counters(
            "perch_receiver_received_spans_total", help: "Spans that came in messages that could be read.", labelNames: "protocol")
        let accepted = registry.counters("perch_receiver_accepted_spans_total", help: "Spans taken.", labelNames: "protocol")
        let rejected = registry.counters(
            "perch_receiver_rejected_spans_total", help: "Spans left out because they are wrong or too much.", labelNames: "protocol")
        bySource = Dictionary(
            uniqueKeysWithValues: SpanReceiver.Source.allCases.map { source in
                let name = source.rawValue
                return (
                    source,
                    Counters(
                        bytes: bytes.with(name), received: received.with(name), accepted: accepted.with(name), rejected: rejected.with(name)
                    )
                )
            })
    }

    func count(_ outcome: SpanAppendOutcome, of source: SpanReceiver.Source, bytes: Int) {
        requests.with(source.rawValue, outcome.status.name).increment()
        guard let counters = bySource[source] else { return }
        counters.bytes.increment(by: bytes)
        counters.received.increment(by: outcome.acceptedSpans + outcome.rejectedSpans)
        counters.accepted.increment(by: outcome.acceptedSpans)
        counters.rejected.increment(by: outcome.rejectedSpans)
    }
}

extension SpanAppendOutcome.Status {
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
