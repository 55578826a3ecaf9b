public import TelemetryModel

/// What the process that is killed again and again writes of traces: batches that seed, writer and number determine, so that the test can tell afterwards
/// what must be there.
public enum TraceCrashWorkload {
    public static let writers = 3
    /// 2026-11-22T12:00:00Z.
    public static let noon: UnixNanoseconds = 1_795_348_800_000_000_000

    /// The clock when a batch is written.
    public static func clock(batch: Int) -> UnixNanoseconds { noon + UInt64(batch) * 1_000_000_000 }

    /// One batch of one writer: a few traces, and now and then late spans of one that came before.
    public static func batch(seed: UInt64, writer: Int, number: Int) -> SpanBatch {
        var generator = SeededGenerator(seed: seed &+ UInt64(writer) &* 1_000_003 &+ UInt64(number) &* 7_919)
        var batch = SpanBatch()
        var resource = ResourceRecord()
        resource.attributes = [Attribute("service.name", .string("writer-\(writer)"))]
        batch.resources = [resource]
        batch.scopes = [ScopeRecord()]
        for trace in 0..<Int.random(in: 1...6, using: &generator) {
            let isLate = number > 3 && Int.random(in: 0..<8, using: &generator) == 0
            let owner = isLate ? number - 3 : number
            let id = TraceID(high: UInt64(writer + 1), low: UInt64(owner * 8 + trace + 1))
            // Some began the day before.
            let back = Int.random(in: 0..<10, using: &generator) == 0 ? 90_000_000_000_000 as UInt64 : 0
            for index in 0..<Int.random(in: 1...12, using: &generator) {
                var span = SpanRecord(traceID: id, spanID: SpanID(UInt64(number) << 16 | UInt64(trace) << 8 | UInt64(index + 1)))
                span.start = clock(batch: owner) - back + UInt64(index) * 1_000_000
                span.end = span.start + UInt64.random(in: 0...5_000_000, using: &generator)
                span.name = "step \(index)"
                span.kind = .server
                span.attributes = [
                    Attribute("number", .int(Int64(number))),
                    Attribute("user.id", .string("us-\(Int.random(in: 0..<1000, using: &generator))")),
                ]
                batch.spans.append(span)
            }
        }
        return batch
    }
}
