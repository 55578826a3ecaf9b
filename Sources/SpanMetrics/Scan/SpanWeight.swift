internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel

/// How often a span counts, by what says with which probability it was kept.
struct SpanWeight: Sendable {
    private let key: Int?
    private let usesTraceState: Bool

    init(_ options: SpanMultiplier, _ keys: inout AttributeKeys) {
        key = options.attribute.map { keys.number(of: $0) }
        usesTraceState = options.usesTraceState
    }

    var isUsed: Bool { key != nil || usesTraceState }
    var usesSpanAttributes: Bool { key != nil }

    func weight(of span: ObservedSpan) -> Double {
        if usesTraceState, let count = SpanWeight.adjustedCount(of: span) { return count }
        guard let key else { return 1 }
        let place = span.place(key)
        if place.isFound, let weight = SpanWeight.inverse(AnyValueText.double(place.range, of: span.message)) { return weight }
        let resource = span.context.values[key]?.encoded.withUnsafeBytes { AnyValueText.double(0..<$0.count, of: $0) }
        return SpanWeight.inverse(resource ?? nil) ?? 1
    }

    private static func inverse(_ probability: Double?) -> Double? {
        guard let probability, probability > 0, probability.isFinite else { return nil }
        let weight = 1 / probability
        return weight.isFinite ? weight : nil
    }

    private static func adjustedCount(of span: ObservedSpan) -> Double? {
        var cursor = ProtobufCursor(span.message, in: span.scanned.body)
        while let tag = try? cursor.nextTag() {
            if tag == 0x1a {
                guard let place = try? cursor.readRange() else { return nil }
                return adjustedCount(traceState: String(decoding: span.message[place], as: UTF8.self))
            }
            guard (try? cursor.skip(tag)) != nil else { return nil }
        }
        return nil
    }

    /// How many spans a span stands for by the threshold in its trace state, `ot=th:HEX` (OpenTelemetry, "TraceState: Probability Sampling"):
    /// up to 14 digits, filled up with zeros on the right, say which part of 2^56 is rejected. Nil where there is no threshold.
    static func adjustedCount(traceState: String) -> Double? {
        for member in traceState.split(separator: ",") {
            let pair = member.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].trimmed == "ot" else { continue }
            for field in pair[1].split(separator: ";") where field.trimmed.hasPrefix("th:") {
                let digits = field.trimmed.dropFirst(3)
                guard (1...14).contains(digits.count), let rejected = UInt64(digits, radix: 16) else { return nil }
                let threshold = rejected << UInt64(4 * (14 - digits.count))
                return Double(UInt64(1) << 56) / Double(UInt64(1) << 56 - threshold)
            }
        }
        return nil
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
