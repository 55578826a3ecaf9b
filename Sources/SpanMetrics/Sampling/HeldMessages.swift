internal import OTLPFormat
internal import TelemetryModel

/// Messages with spans that are not all decided on, and the journal segments that still stand for them.
///
/// A segment may go once each of its messages is settled: every span of it was left out, or is kept where it belongs.
struct HeldMessages: Sendable {
    private struct Message: Sendable {
        var bytes: [UInt8]
        var scan: SpanScan
        var segment: UInt64
        /// Spans that are neither left out nor handed on.
        var openSpans: Int
        /// Spans that are to be handed on.
        var keptSpans: [Int32] = []
    }

    private var messages: [Int: Message] = [:]
    private var nextNumber = 0
    /// Messages with kept spans, in the order in which these were decided on.
    private var deliverable: [Int] = []
    /// Of each segment, messages that are not settled, those on their way into it included.
    private var openMessages: [UInt64: Int] = [:]
    /// Bytes of all messages here.
    private(set) var bytes = 0

    init() {}

    /// Says that a message is about to be written to a segment, so that it stays.
    mutating func reserve(_ segment: UInt64) { openMessages[segment, default: 0] += 1 }

    /// Takes a reservation back.
    mutating func release(_ segment: UInt64) {
        openMessages[segment, default: 1] -= 1
        if openMessages[segment] == 0 { openMessages[segment] = nil }
    }

    /// Takes a message that a place was reserved for. Gives its number.
    mutating func add(_ message: [UInt8], _ scan: SpanScan, _ segment: UInt64) -> Int {
        defer { nextNumber += 1 }
        bytes += message.count
        messages[nextNumber] = Message(bytes: message, scan: scan, segment: segment, openSpans: scan.spans.count)
        if scan.spans.isEmpty { settle(nextNumber) }
        return nextNumber
    }

    /// Notes what was decided.
    mutating func apply(_ decisions: [TraceSampler.Decision]) {
        for decision in decisions {
            for span in decision.spans {
                if decision.isKept {
                    if messages[span.message]?.keptSpans.isEmpty == true { deliverable.append(span.message) }
                    messages[span.message]?.keptSpans.append(span.index)
                } else {
                    close(span.message, spans: 1)
                }
            }
        }
    }

    /// Kept spans that are not handed on yet, as one message.
    struct Delivery: Sendable {
        var message: [UInt8] = []
        fileprivate var spans: [(message: Int, count: Int)] = []
        var spanCount: Int { spans.reduce(0) { $0 + $1.count } }
    }

    /// The next kept spans, of as many messages as make up about so many bytes; nil where there are none.
    mutating func nextDelivery(bytesMax: Int) -> Delivery? {
        var delivery = Delivery()
        var taken = 0
        for number in deliverable {
            guard delivery.message.count < bytesMax else { break }
            taken += 1
            guard let message = messages[number] else { continue }
            let kept = Set(message.keptSpans)
            let part = message.bytes.withUnsafeBytes { bytes in message.scan.message(of: bytes) { kept.contains(Int32($0)) } }
            // Messages of OTLP one after the other are one message.
            delivery.message += part
            delivery.spans.append((number, message.keptSpans.count))
            messages[number]?.keptSpans = []
        }
        deliverable.removeFirst(taken)
        return delivery.spans.isEmpty ? nil : delivery
    }

    /// Notes that a delivery is kept where it belongs.
    mutating func confirm(_ delivery: Delivery) {
        for (number, count) in delivery.spans { close(number, spans: count) }
    }

    private mutating func close(_ number: Int, spans: Int) {
        messages[number]?.openSpans -= spans
        if messages[number]?.openSpans == 0 { settle(number) }
    }

    private mutating func settle(_ number: Int) {
        guard let message = messages.removeValue(forKey: number) else { return }
        bytes -= message.bytes.count
        release(message.segment)
    }

    /// Segments below this one have nothing that is not settled; nil where no message is open at all.
    var oldestOpenSegment: UInt64? { openMessages.keys.min() }

    var messageCount: Int { messages.count }
    var hasDeliverable: Bool { !deliverable.isEmpty }
}
