internal import TelemetryModel
internal import Testing

@testable internal import CommandLineClient

/// Traces written down for tests.
enum TraceNotation {
    /// 2026-11-27 22:40:28.125 UTC.
    static let start: UnixNanoseconds = 1_795_819_228_125_000_000
    static let traceID = TraceID(high: 0x5b8a_a5a2_d2c8_72e8, low: 0x321c_f373_08d6_9df2)

    /// One span a line: `id parent service name start end [error]`, ids as numbers, `-` for no parent, `_` in names for a space, times in
    /// milliseconds after ``start``.
    static func batch(_ text: String) -> SpanBatch {
        var batch = SpanBatch()
        batch.scopes = [ScopeRecord()]
        var resources: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count >= 6, let id = UInt64(fields[0]), let from = Double(fields[4]), let until = Double(fields[5]) else {
                Issue.record("no span: \(line)")
                continue
            }
            var span = SpanRecord(traceID: traceID, spanID: SpanID(id))
            if let parent = UInt64(fields[1]) { span.parentSpanID = SpanID(parent) }
            if resources[fields[2]] == nil {
                resources[fields[2]] = batch.resources.count
                var resource = ResourceRecord()
                resource.attributes = [Attribute("service.name", .string(fields[2]))]
                batch.resources.append(resource)
            }
            span.resource = resources[fields[2]] ?? 0
            span.name = fields[3].replacing("_", with: " ")
            span.start = time(from)
            span.end = time(until)
            if fields.count > 6 {
                span.statusCode = .error
                span.statusMessage = fields[6].replacing("_", with: " ")
            }
            batch.spans.append(span)
        }
        return batch
    }

    static func time(_ milliseconds: Double) -> UnixNanoseconds {
        UnixNanoseconds(Double(start % 1_000_000_000_000) + milliseconds * 1_000_000) + start / 1_000_000_000_000 * 1_000_000_000_000
    }

    static func tree(_ text: String) -> TraceTree { TraceTree(batch(text)) }

    /// Segments of the critical path as `id:start-end` in milliseconds.
    static func text(_ path: CriticalPath, _ tree: TraceTree) -> String {
        path.segments.map { segment in
            let ends = [segment.start, segment.end].map { String(($0 - start) / 1_000_000) }
            return "\(tree.spans[segment.span].spanID.bits):" + ends.joined(separator: "-")
        }.joined(separator: " ")
    }

    static let checkout = """
        1 - checkout POST_/checkout 0 312
        2 1 cart GET_/cart/{id} 4 24
        3 2 cart SELECT_cart 8 20
        4 1 payments POST_/charge 30 290 card_declined
        5 4 payments validate 32 36
        6 4 fraud score 40 250
        7 6 fraud SELECT_history 44 90
        8 6 fraud SELECT_rules 60 240
        9 1 audit log 30 100
        """
}
