internal import Ingestion
internal import PerchMetrics

/// What is counted of the lines of one protocol.
struct LineCounters: Sendable {
    let bytes: Counter
    let accepted: Counter
    let rejected: Counter
    let refusedConnections: Counter
    private let heldBack: LabelledFamily<Counter>
    private let droppedDatagrams: LabelledFamily<Counter>
    private let name: String

    init(_ registry: MetricRegistry, protocol name: String) {
        self.name = name
        heldBack = registry.counters(
            "perch_line_receiver_held_back_total",
            help: "Times that a connection was left unread for a while because its client was over a limit.", labelNames: "protocol",
            "limit")
        droppedDatagrams = registry.counters(
            "perch_line_receiver_dropped_datagrams_total", help: "Datagrams that were dropped because their client was over a limit.",
            labelNames: "protocol", "limit")
        bytes = registry.counters(
            "perch_line_receiver_received_bytes_total", help: "Bytes of lines with metrics.", unit: "bytes", labelNames: "protocol"
        ).with(name)
        accepted = registry.counters(
            "perch_line_receiver_accepted_samples_total", help: "Samples of lines that were taken.", labelNames: "protocol"
        ).with(name)
        rejected = registry.counters(
            "perch_line_receiver_rejected_total", help: "Lines that cannot be read, and samples that were not taken.",
            labelNames: "protocol"
        ).with(name)
        refusedConnections = registry.counters(
            "perch_line_receiver_refused_connections_total", help: "Connections beyond the limit.", labelNames: "protocol"
        ).with(name)
    }

    func countHeldBack(_ limit: ClientLimiter.Limit) { heldBack.with(name, limit.rawValue).increment() }

    func countDroppedDatagram(_ limit: ClientLimiter.Limit) { droppedDatagrams.with(name, limit.rawValue).increment() }
}
