internal import OTLPFormat
internal import Synchronization
internal import TelemetryModel
internal import TestSupport
internal import TraceStorage

/// A span of a trace.
struct SpanPlace: FaultPlace, CustomStringConvertible {
    let traceID: TraceID
    let spanID: SpanID
    /// Its start in nanoseconds.
    let time: Int64
    /// Whether a rule keeps it for a shorter time.
    let isBrief: Bool

    var description: String { "span \(spanID.hexadecimal) of \(traceID.hexadecimal) at \(time)" }
}

/// All that is known of it.
struct SpanContent: Hashable {
    var span: SpanRecord
    var resource: ResourceRecord
    var scope: ScopeRecord
}

/// A trace storage under faults.
struct TraceSubject: FaultSubject {
    typealias StorageError = TraceStorageError

    private static let hour = WorkloadTime.hour
    private static let day = WorkloadTime.day
    private static let retention = 2 * day
    private static let briefRetention = 20 * hour
    private static let nanoseconds: Int64 = 1_000_000

    /// Spans come now and late, and some twice; they are sealed, merged, taken out of days by a rule, and outlive their retention; the storage is
    /// closed and opened.
    static let script: [FaultStep] = [
        .append(age: 0), .append(age: 0), .sync, .append(age: day), .wait(2 * hour), .maintain,
        .append(age: 0), .append(age: 0), .sync, .overwrite, .flush,
        .append(age: 0), .wait(2 * hour), .maintain, .append(age: hour), .restart,
        .append(age: 2 * hour), .sync, .overwrite, .wait(2 * hour), .maintain, .append(age: 0), .maintain,
        .wait(day), .append(age: 0), .append(age: day), .maintain, .maintain, .sync, .append(age: day + hour), .flush,
        .wait(day + 10 * hour), .append(age: 0), .maintain, .append(age: 0), .sync, .append(age: 0),
    ]

    let clock = WorkloadClock()
    private let directory: String
    private let seed: UInt64
    private let options: TraceStorageOptions
    private let damage: DamageLog
    private var storage: TraceStorage?
    private var expectation = Expectation<SpanPlace, SpanContent>()
    private var keptSince = Int64.min
    private var latest = SpanBatch()
    private var number = 0

    init(directory: String, seed: UInt64, syncsEveryAppend: Bool) {
        self.directory = directory
        self.seed = seed
        let damage = DamageLog()
        self.damage = damage
        var options = TraceStorageOptions()
        options.runsInBackground = false
        options.journalSync = syncsEveryAppend ? nil : 1000
        options.headAgeMax = TraceSubject.hour
        options.retention = UInt64(TraceSubject.retention * TraceSubject.nanoseconds)
        options.retentionRules = [
            TraceRetentionRule(keep: UInt64(TraceSubject.briefRetention * TraceSubject.nanoseconds)) {
                $0[key: "service.name"] == .string("brief")
            }
        ]
        options.report = { if case .damaged(let file, let reason) = $0 { damage.note("\(file): \(reason)") } }
        self.options = options
    }

    var isOpen: Bool { storage != nil }

    mutating func open() throws {
        let clock = clock
        storage = try TraceStorage(directory: directory, options: options, clock: { UInt64(clock.now * TraceSubject.nanoseconds) })
        expectation.reopen()
    }

    mutating func drop() { storage = nil }

    mutating func take(_ step: FaultStep) throws {
        if step == .maintain || step == .flush {
            // Whole days are deleted.
            keptSince = max(keptSince, (clock.now - TraceSubject.retention) / TraceSubject.day * TraceSubject.day)
        }
        switch step {
        case .append(let age): try append(batch(age: age))
        case .overwrite: try append(lateSpans())
        case .sync:
            try storage?.sync()
            expectation.sync()
        case .maintain: try storage?.maintain()
        case .flush: try storage?.flush()
        case .restart:
            defer { storage = nil }
            try storage?.close()
        case .metadata, .wait: break
        }
    }

    private mutating func append(_ batch: SpanBatch) throws {
        number += 1
        latest = batch
        expectation.begin(
            batch.spans.map { span in
                let content = SpanContent(span: span, resource: batch.resources[span.resource], scope: batch.scopes[span.scope])
                return (TraceSubject.place(content), TraceSubject.normalized(content))
            })
        do {
            let result = try batch.otlp.withUnsafeBytes { try storage?.append(otlp: $0) }
            guard result?.rejectedSpans == 0 else { throw FaultFailure(reason: "spans were rejected") }
            expectation.acknowledge(isDurable: options.journalSync == nil)
        } catch let error as TraceStorageError {
            expectation.refuse()
            throw error
        }
    }

    private static func place(_ content: SpanContent) -> SpanPlace {
        SpanPlace(
            traceID: content.span.traceID, spanID: content.span.spanID, time: Int64(content.span.start),
            isBrief: content.resource.attributes[key: "service.name"] == .string("brief"))
    }

    private static func normalized(_ content: SpanContent) -> SpanContent {
        var content = content
        (content.span.resource, content.span.scope) = (0, 0)
        return content
    }

    // MARK: What is written

    /// A few traces of two services.
    private func batch(age: Int64) -> SpanBatch {
        var generator = SeededGenerator(seed: seed &+ UInt64(number) &* 7919)
        var batch = SpanBatch()
        batch.scopes = [ScopeRecord()]
        batch.resources = ["shop", "brief"].map { service in
            var resource = ResourceRecord()
            resource.attributes = [Attribute("service.name", .string(service)), Attribute("pod", .int(Int64(number / 6)))]
            return resource
        }
        let start = UInt64((clock.now - age) * TraceSubject.nanoseconds)
        for _ in 0..<Int.random(in: 2...8, using: &generator) {
            let id = TraceID(high: generator.next(), low: generator.next() | 1)
            for _ in 0..<Int.random(in: 1...6, using: &generator) { TraceSubject.append(to: &batch, id, start, &generator) }
        }
        return batch
    }

    /// More spans of the traces of the batch before, and all of its own once more.
    private func lateSpans() -> SpanBatch {
        var generator = SeededGenerator(seed: seed &+ UInt64(number) &* 104_729)
        var batch = latest
        for span in latest.spans.prefix(4) { TraceSubject.append(to: &batch, span.traceID, span.start, &generator) }
        return batch
    }

    private static func append(to batch: inout SpanBatch, _ id: TraceID, _ start: UInt64, _ generator: inout SeededGenerator) {
        var span = SpanRecord(traceID: id, spanID: SpanID(generator.next() | 1))
        if let parent = batch.spans.last, parent.traceID == id { span.parentSpanID = parent.spanID }
        span.start = start + UInt64.random(in: 0...1_000_000_000, using: &generator)
        span.end = span.start + UInt64.random(in: 0...5_000_000, using: &generator)
        span.name = "step \(Int.random(in: 0..<5, using: &generator))"
        span.kind = .server
        span.attributes = [Attribute("user.id", .string("us-\(Int.random(in: 0..<1000, using: &generator))"))]
        if Bool.random(using: &generator) { span.events = [SpanEvent(time: span.start, name: "retry")] }
        if Bool.random(using: &generator) { span.links = [SpanLink(traceID: id, spanID: span.spanID)] }
        span.resource = Int.random(in: 0..<batch.resources.count, using: &generator)
        batch.spans.append(span)
    }

    // MARK: What is there

    func problems() throws -> [String] { try storage?.verify().map { "\($0.file): \($0.problem)" } ?? [] }

    mutating func difference(afterPowerCut: Bool) throws -> String? {
        guard let storage else { return "the storage is not open" }
        var traces: Set<TraceID> = []
        var spans = 0
        for table in try storage.tables(from: 0, through: .max) {
            let frame = try table.frame()
            traces.formUnion(frame.traceIDs)
            spans += frame.spanIDs.count
        }
        var found: [SpanPlace: SpanContent] = [:]
        for id in traces {
            guard let batch = try storage.trace(id) else { return "trace \(id.hexadecimal) is in a table only" }
            for span in batch.spans {
                let content = SpanContent(span: span, resource: batch.resources[span.resource], scope: batch.scopes[span.scope])
                if found.updateValue(TraceSubject.normalized(content), forKey: TraceSubject.place(content)) != nil {
                    return "\(TraceSubject.place(content)) is there twice"
                }
            }
        }
        if spans != found.count { return "tables have \(spans) spans, traces \(found.count)" }
        if let damage = damage.first { return "damage: \(damage)" }
        // What a rule keeps for a shorter time is hidden by the clock.
        let brief = (clock.now - TraceSubject.briefRetention) * TraceSubject.nanoseconds
        let whole = keptSince < 0 ? Int64.min : keptSince * TraceSubject.nanoseconds
        expectation.keptSince = { $0.isBrief ? max(brief, whole) : whole }
        return expectation.difference(to: found, afterPowerCut: afterPowerCut)
    }
}

/// Damage that a storage told of.
final class DamageLog: Sendable {
    private let lines = Mutex<[String]>([])
    var first: String? { lines.withLock { $0.first } }
    func note(_ line: String) { lines.withLock { $0.append(line) } }
}
