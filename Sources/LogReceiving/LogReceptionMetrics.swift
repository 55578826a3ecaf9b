internal import Ingestion
internal import PerchMetrics

/// What is counted of the entries that come in, by the way they come.
struct LogReceptionMetrics: Sendable {
    /// The instruments of one way.
    struct Counters: Sendable {
        /// As they were sent.
        let bytes: Counter
        let accepted: Counter
        /// Left out because they are wrong, too old or too much.
        let rejected: Counter
        /// Messages, frames or lines that could not be read as what they should be.
        let malformed: Counter
        /// Lines that were cut for their length.
        let truncated: Counter
        /// Open connections.
        let connections: Gauge
        /// Connections that were refused or closed by the receiver because of a limit.
        let refusedConnections: Counter
    }

    private let batches: LabelledFamily<Counter>
    private let heldBack: LabelledFamily<Counter>
    private let droppedDatagrams: LabelledFamily<Counter>
    private let bySource: [LogReception.Source: Counters]

    init(_ registry: MetricRegistry) {
        batches = registry.counters(
            "perch_receiver_agent_batches_total",
            help: "Batches of log entries from agents and files, by protocol and by what became of them.",
            labelNames: "protocol", "outcome")
        heldBack = registry.counters(
            "perch_receiver_agent_held_back_total",
            help: "Times that a connection of a log agent was left unread for a while because its client was over a limit.",
            labelNames: "protocol", "limit")
        droppedDatagrams = registry.counters(
            "perch_receiver_agent_dropped_datagrams_total",
            help: "Datagrams with log messages that were dropped because their client was over a limit.", labelNames: "protocol", "limit")
        let bytes = registry.counters(
            "perch_receiver_agent_received_bytes_total", help: "Bytes of log messages from agents and files, as they were sent.",
            unit: "bytes", labelNames: "protocol")
        let accepted = registry.counters(
            "perch_receiver_agent_accepted_entries_total", help: "Log entries from agents and files that were kept.", labelNames: "protocol"
        )
        let rejected = registry.counters(
            "perch_receiver_agent_rejected_entries_total",
            help: "Log entries from agents and files that were left out because they are wrong or too much.", labelNames: "protocol")
        let malformed = registry.counters(
            "perch_receiver_agent_malformed_total",
            help: "Messages, frames or lines from agents and files that could not be read as what they should be.", labelNames: "protocol")
        let truncated = registry.counters(
            "perch_receiver_agent_truncated_lines_total", help: "Lines from agents and files that were cut for their length.",
            labelNames: "protocol")
        let connections = registry.gauges(
            "perch_receiver_agent_connections", help: "Open connections of log agents.", labelNames: "protocol")
        let refused = registry.counters(
            "perch_receiver_agent_refused_connections_total", help: "Connections of log agents that a limit closed.", labelNames: "protocol"
        )
        bySource = Dictionary(
            uniqueKeysWithValues: LogReception.Source.allCases.map { source in
                let name = source.rawValue
                return (
                    source,
                    Counters(
                        bytes: bytes.with(name), accepted: accepted.with(name), rejected: rejected.with(name),
                        malformed: malformed.with(name), truncated: truncated.with(name), connections: connections.with(name),
                        refusedConnections: refused.with(name))
                )
            })
    }

    subscript(source: LogReception.Source) -> Counters {
        guard let counters = bySource[source] else { preconditionFailure("BUG: a source without counters") }
        return counters
    }

    func countHeldBack(_ limit: ClientLimiter.Limit, of source: LogReception.Source) {
        heldBack.with(source.rawValue, limit.rawValue).increment()
    }

    func countDroppedDatagram(_ limit: ClientLimiter.Limit, of source: LogReception.Source) {
        droppedDatagrams.with(source.rawValue, limit.rawValue).increment()
    }

    func count(_ outcome: LogDeliveryOutcome, of source: LogReception.Source) {
        batches.with(source.rawValue, outcome.status.name).increment()
        let counters = self[source]
        counters.accepted.increment(by: outcome.acceptedEntries)
        counters.rejected.increment(by: outcome.rejectedEntries)
        if outcome.status == .malformed { counters.malformed.increment() }
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
