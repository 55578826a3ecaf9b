internal import Ingestion
internal import LogFormats
internal import TelemetryModel

/// Messages of syslog as they came, on their way to being kept.
struct SyslogBatch: Sendable {
    private(set) var messages = PackedTexts()
    /// Of each message, who sent it.
    private(set) var senders: [String] = []

    var isEmpty: Bool { messages.isEmpty }

    /// Bytes of memory, about.
    var byteCount: Int { messages.bytes.count + 48 * senders.count }

    mutating func append(_ message: some Collection<UInt8>, from sender: String) {
        messages.append(message)
        senders.append(sender)
    }

    /// The messages, which are then no longer here.
    mutating func take() -> SyslogBatch {
        let taken = self
        self = SyslogBatch()
        return taken
    }
}

/// Keeps messages of syslog.
struct SyslogKeeper: Sendable {
    let reception: LogReception
    let source: LogReception.Source
    let zone: SyslogZone
    let labels: [(name: String, value: String)]

    /// Keeps a batch; blocks until it is durable.
    func keep(_ batch: SyslogBatch) -> LogDeliveryOutcome {
        reception.deliver(from: source) { delivery in
            let clock = zone.clock(now: delivery.now)
            var writer = SyslogEntryWriter(labels: labels)
            for index in 0..<batch.messages.count {
                writer.write(
                    batch.messages.bytes, batch.messages.range(index), sender: batch.senders[index], clock: clock, into: &delivery)
            }
        }
    }
}
