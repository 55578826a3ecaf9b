internal import PerchMetrics

/// What is counted of the lines of one protocol.
struct LineCounters: Sendable {
    let bytes: Counter
    let accepted: Counter
    let rejected: Counter
    let refusedConnections: Counter

    init(_ registry: MetricRegistry, protocol name: String) {
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
}
