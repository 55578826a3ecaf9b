internal import ByteCoding
public import Ingestion
public import OTLPFormat
public import ShardStorage
internal import Synchronization
public import TelemetryModel

/// A stage in front of where spans are kept: holds spans for a while, decides which traces are kept, and hands those on.
///
/// A message is written to a journal of the stage's own before it is acknowledged, and stays there until each of its spans was left out by
/// decision or is kept behind the stage. After a crash the journal is read back and decided on anew: what was handed on already is handed on
/// once more, which storage answers once. So nothing that was acknowledged is lost but by decision.
public final class SamplingStage: SpanAppending {
    private struct State: Sendable {
        var sampler: TraceSampler
        var messages = HeldMessages()
        var refusedSpans = 0
        var failedDeliveries = 0

        mutating func take(_ bytes: [UInt8], _ scan: SpanScan, _ services: [Identity], _ segment: UInt64, _ time: Timestamp) {
            let number = messages.add(bytes, scan, segment)
            messages.apply(sampler.take(number, scan, services: services, now: time))
        }
    }

    private let next: any SpanAppending
    private let limits: SpanScanLimits
    private let now: @Sendable () -> Timestamp
    private let seed: UInt64
    private let heldBytesMax: Int
    private let journal: Journal
    private let state: Mutex<State>
    /// Held by whoever hands on or turns the journal: one at a time.
    private let working: Mutex<Working>

    private struct Working: Sendable {
        /// What could not be handed on, to be tried again.
        var pending: HeldMessages.Delivery?
        var turnedAt: Timestamp
        var bytesAtTurn = 0
    }

    /// Bytes of one message that is handed on.
    private static let deliveryBytesMax = 1 << 20
    /// The journal turns to a new segment after so many bytes, or after a window.
    private static let segmentBytesMax = 16 << 20

    /// Opens the stage's journal and reads it back.
    ///
    /// - Parameters:
    ///   - directory: the folder of the journal, made where it is missing.
    ///   - syncsEveryAppend: whether a message is on the disk before it is acknowledged; without, ``sync()`` is to be called now and then.
    ///   - next: keeps the spans.
    ///   - limits: those of whoever keeps the spans.
    ///   - now: the clock, in milliseconds since 1970.
    ///   - report: told of damage in the journal, in words for people.
    /// - Throws: `ShardStorageError` where the folder cannot be used.
    public init(
        _ options: SamplingOptions, directory: String, syncsEveryAppend: Bool, next: any SpanAppending,
        limits: SpanScanLimits = SpanScanLimits(), now: @escaping @Sendable () -> Timestamp,
        report: (String) -> Void = { _ in }
    ) throws(ShardStorageError) {
        self.next = next
        self.limits = limits
        self.now = now
        heldBytesMax = options.heldBytesMax
        seed = .random(in: .min ... .max)
        journal = try Journal(directory: directory, syncsEveryAppend: syncsEveryAppend, leastNumber: 1)
        state = Mutex(State(sampler: TraceSampler(options, seed: seed)))
        working = Mutex(Working(turnedAt: now()))
        journal.setAside.forEach { report($0.description) }
        try replay(report)
    }

    // MARK: Taking spans

    public func append(otlp message: UnsafeRawBufferPointer) -> SpanAppendOutcome {
        // Whoever keeps the spans says what is wrong with a message that cannot be read.
        guard let scan = try? SpanScan(message, limits: limits) else { return next.append(otlp: message) }
        return append(otlp: message, scan: scan)
    }

    public func append(otlp message: UnsafeRawBufferPointer, scan: SpanScan) -> SpanAppendOutcome {
        var outcome = SpanAppendOutcome(.accepted)
        outcome.acceptedSpans = scan.spans.count
        outcome.rejectedSpans = scan.rejected.count
        outcome.message = scan.rejected.message
        if scan.spans.isEmpty { return outcome }
        // Where kept spans cannot be handed on, no more are taken.
        let isFull = state.withLock { $0.messages.bytes > 2 * heldBytesMax }
        if isFull { return SamplingStage.unavailable("too many spans wait to be kept") }
        do {
            try take(message, scan)
        } catch {
            return SamplingStage.unavailable(error.description)
        }
        return outcome
    }

    private static func unavailable(_ message: String) -> SpanAppendOutcome {
        var outcome = SpanAppendOutcome(.unavailable)
        outcome.message = message
        outcome.retryAfterSeconds = 1
        return outcome
    }

    private func take(_ message: UnsafeRawBufferPointer, _ scan: SpanScan) throws(ShardStorageError) {
        let time = now()
        let services = scan.resources.map { service(of: $0, message) }
        let entry = SamplingEntry.encode(message, at: time)
        while true {
            let segment = journal.currentSegment
            state.withLock { $0.messages.reserve(segment) }
            let outcome: Journal.Outcome
            do throws(ShardStorageError) { outcome = try journal.append(entry, segment: segment) } catch {
                state.withLock { $0.messages.release(segment) }
                throw error
            }
            if outcome == .appended {
                let bytes = Array(message)
                return state.withLock { $0.take(bytes, scan, services, segment, time) }
            }
            state.withLock { $0.messages.release(segment) }
        }
    }

    private func service(of resource: ScannedOrigin, _ message: UnsafeRawBufferPointer) -> Identity {
        var found: Identity?
        AttributeWalk.forEach(in: resource.body, tag: 0x0a, of: message) { key, value in
            guard found == nil, value.isFound, message[key].elementsEqual("service.name".utf8) else { return }
            found = AnyValueText.with(value.range, of: message) { Identity(of: $0, seed: seed) }
        }
        return found ?? Identity(of: [], seed: seed)
    }

    // MARK: Handing on

    /// Decides on what is due, hands on what is kept, and lets go of what is settled. To be called a few times in a second, from a thread that
    /// may block. Where kept spans cannot be handed on, they are tried again by the next call.
    public func work() throws(ShardStorageError) {
        let result = working.withLock { working in
            Result { () throws(ShardStorageError) in
                let time = now()
                state.withLock { state in state.messages.apply(state.sampler.decideDue(now: time)) }
                deliver(&working)
                try turn(&working, time)
            }
        }
        try result.get()
    }

    private func deliver(_ working: inout Working) {
        while true {
            let pending = working.pending ?? state.withLock { $0.messages.nextDelivery(bytesMax: SamplingStage.deliveryBytesMax) }
            guard let pending else { return }
            let outcome = pending.message.withUnsafeBytes { next.append(otlp: $0) }
            switch outcome.status {
            case .unavailable, .tooManyRequests:
                working.pending = pending
                state.withLock { $0.failedDeliveries += 1 }
                return
            case .accepted, .malformed, .tooLarge:
                working.pending = nil
                let refused = outcome.status == .accepted ? outcome.rejectedSpans : pending.spanCount
                state.withLock { state in
                    state.refusedSpans += refused
                    state.messages.confirm(pending)
                }
            }
        }
    }

    /// Turns the journal to a new segment now and then, and deletes those that are settled.
    private func turn(_ working: inout Working, _ time: Timestamp) throws(ShardStorageError) {
        let written = journal.statistics.bytesWritten - working.bytesAtTurn
        let isOld = time - working.turnedAt >= windowMilliseconds
        if written > SamplingStage.segmentBytesMax || isOld && written > 0 {
            try journal.prepareRotation(leastNumber: 1)
            try journal.rotate { _, _ in }
            working.turnedAt = time
            working.bytesAtTurn = journal.statistics.bytesWritten
        }
        let oldest = state.withLock { $0.messages.oldestOpenSegment } ?? journal.currentSegment
        if let last = journal.olderSegments.last(where: { $0 < oldest }) { try journal.drop(through: last) }
    }

    private var windowMilliseconds: Int64 { state.withLock { $0.sampler.options.windowMilliseconds } }

    /// Waits until everything that was acknowledged so far is on the disk.
    public func sync() throws(ShardStorageError) { try journal.sync() }

    /// Closes the journal. What is held is read back at the next start.
    public func close() throws(ShardStorageError) { try journal.close() }

    /// The numbers of this moment.
    public var statistics: SamplingStatistics {
        state.withLock { state in
            var statistics = state.sampler.currentStatistics
            statistics.refusedSpans = state.refusedSpans
            statistics.failedDeliveries = state.failedDeliveries
            return statistics
        }
    }

    // MARK: Reading back

    private func replay(_ report: (String) -> Void) throws(ShardStorageError) {
        try journal.replay { segment, payload in
            guard let (time, message) = SamplingEntry.decode(payload), let scan = try? SpanScan(message, limits: .none) else {
                return report("an entry of segment \(segment) in \(journal.directory) is no message of spans")
            }
            let services = scan.resources.map { service(of: $0, message) }
            let bytes = Array(message)
            state.withLock { state in
                state.messages.reserve(segment)
                state.take(bytes, scan, services, segment, time)
            }
        } damaged: { error in
            report(error.description)
        }
    }

    /// Hands on everything that an earlier run with sampling has held, for a run without: all of it is kept.
    ///
    /// - Returns: how many spans there were.
    public static func handOnLeftovers(
        in directory: String, to next: any SpanAppending, report: (String) -> Void = { _ in }
    ) throws(ShardStorageError) -> Int {
        let journal = try Journal(directory: directory, syncsEveryAppend: false, leastNumber: 1)
        var spans = 0
        var failure: SpanAppendOutcome?
        try journal.replay { _, payload in
            guard failure == nil, let (_, message) = SamplingEntry.decode(payload) else { return }
            let outcome = next.append(otlp: message)
            if outcome.status == .unavailable || outcome.status == .tooManyRequests { failure = outcome }
            spans += outcome.acceptedSpans
        } damaged: { error in
            report(error.description)
        }
        if let failure {
            try journal.close()
            throw ShardStorageError(.inputOutput, "held spans cannot be handed on: \(failure.message)", path: directory)
        }
        if let last = journal.olderSegments.last { try journal.drop(through: last) }
        try journal.close()
        return spans
    }
}

/// What the stage's journal keeps of a message: when it came (8 bytes, little-endian, milliseconds since 1970), and its bytes.
enum SamplingEntry {
    static func encode(_ message: UnsafeRawBufferPointer, at time: Timestamp) -> [UInt8] {
        var entry: [UInt8] = []
        entry.reserveCapacity(message.count + 8)
        entry.appendLittleEndian(UInt64(bitPattern: time))
        entry.append(contentsOf: message)
        return entry
    }

    static func decode(_ entry: UnsafeRawBufferPointer) -> (time: Timestamp, message: UnsafeRawBufferPointer)? {
        guard entry.count >= 8 else { return nil }
        let time = Timestamp(bitPattern: UInt64(littleEndian: entry.loadUnaligned(as: UInt64.self)))
        return (time, UnsafeRawBufferPointer(rebasing: entry[8...]))
    }
}
