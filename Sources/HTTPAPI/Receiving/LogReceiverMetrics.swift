internal import Ingestion
internal import PerchMetrics

/// What is counted of the log entries that come in, by the way they come.
struct LogReceiverMetrics: Sendable {
    private struct Counters {
        let bytes: Counter
        let accepted: Counter
        let rejected: Counter
    }

    private let requests: LabelledFamily<Counter>
    private let bySource: [LogReceiver.Source: Counters]

    init(_ registry: MetricRegistry) {
        requests = registry.counters(
            "perch_log_receiver_requests_total", help: "Messages with log entries, by protocol and by what became of them.",
            labelNames: "protocol", "outcome")
        let bytes = registry.counters(
            "perch_log_receiver_received_bytes_total", help: "Bytes of messages with log entries, as they were sent.", unit: "bytes",
            labelNames: "protocol")
        let accepted = registry.counters(
            "perch_log_receiver_accepted_entries_total", help: "Log entries taken.", labelNames: "protocol")
        let rejected = registry.counters(
            "perch_log_receiver_rejected_entries_total", help: "Log entries left out because they are wrong, too old or too much.",
            labelNames: "protocol")
        bySource = Dictionary(
            uniqueKeysWithValues: LogReceiver.Source.allCases.map { source in
                let name = source.rawValue
                return (source, Counters(bytes: bytes.with(name), accepted: accepted.with(name), rejected: rejected.with(name)))
            })
    }

    func count(_ outcome: LogDeliveryOutcome, of source: LogReceiver.Source, bytes: Int) {
        requests.with(source.rawValue, outcome.status.name).increment()
        guard let counters = bySource[source] else { return }
        counters.bytes.increment(by: bytes)
        counters.accepted.increment(by: outcome.acceptedEntries)
        counters.rejected.increment(by: outcome.rejectedEntries)
    }
}

extension LogDeliveryOutcome.Status {
    /// The status as the value of a metric's label.
    fileprivate var name: String {
        switch self {
        case .accepted: "accepted"
        case .malformed: "malformed"
        case .tooLarge: "too_large"
        case .unavailable: "unavailable"
        }
    }
}
