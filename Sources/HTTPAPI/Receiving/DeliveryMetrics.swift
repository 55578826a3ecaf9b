internal import PerchMetrics

/// What is counted of the messages that come in, by the way they come.
struct DeliveryMetrics<Source: RawRepresentable<String> & CaseIterable & Hashable & Sendable>: Sendable {
    /// How the metrics of one kind of messages are called and described.
    struct Names: Sendable {
        /// What all their names begin with.
        var prefix: String
        /// What messages hold, for people.
        var items: String
        /// The same, as the unit in names.
        var unit: String
        /// Why items are left out.
        var faults: String
        /// Whether items in messages that could be read are counted before they are told apart.
        var countsReceived = false
    }

    private struct Counters: Sendable {
        let bytes: Counter
        let received: Counter?
        let accepted: Counter
        let rejected: Counter
    }

    private let requests: LabelledFamily<Counter>
    private let bySource: [Source: Counters]

    init(_ registry: MetricRegistry, _ names: Names) {
        let (prefix, items, unit) = (names.prefix, names.items, names.unit)
        let things = items.prefix(1).uppercased() + items.dropFirst()
        requests = registry.counters(
            "\(prefix)_requests_total", help: "Messages with \(items), by protocol and by what became of them.",
            labelNames: "protocol", "outcome")
        let bytes = registry.counters(
            "\(prefix)_received_bytes_total", help: "Bytes of messages with \(items), as they were sent.", unit: "bytes",
            labelNames: "protocol")
        let received =
            names.countsReceived
            ? registry.counters(
                "\(prefix)_received_\(unit)_total", help: "\(things) that came in messages that could be read.", labelNames: "protocol")
            : nil
        let accepted = registry.counters("\(prefix)_accepted_\(unit)_total", help: "\(things) taken.", labelNames: "protocol")
        let rejected = registry.counters(
            "\(prefix)_rejected_\(unit)_total", help: "\(things) left out because they are \(names.faults).", labelNames: "protocol")
        bySource = Dictionary(
            uniqueKeysWithValues: Source.allCases.map { source in
                let name = source.rawValue
                let counters = Counters(
                    bytes: bytes.with(name), received: received?.with(name), accepted: accepted.with(name), rejected: rejected.with(name))
                return (source, counters)
            })
    }

    func count(_ outcome: some DeliveryOutcome, of source: Source, bytes: Int) {
        requests.with(source.rawValue, outcome.label).increment()
        guard let counters = bySource[source] else { return }
        counters.bytes.increment(by: bytes)
        counters.received?.increment(by: outcome.acceptedItems + outcome.rejectedItems)
        counters.accepted.increment(by: outcome.acceptedItems)
        counters.rejected.increment(by: outcome.rejectedItems)
    }
}
