internal import Compression
public import OTLPFormat
internal import ShardStorage
internal import Synchronization
internal import TelemetryModel

extension TraceStorage {
    /// Pauses of a fifth of a millisecond that an append waits for room in memory.
    private static let appendWaitMax = 5000

    /// Takes the spans of a decompressed `ExportTraceServiceRequest`. What is accepted is durable when this returns; what is not is counted in
    /// the result, and hurts nothing else.
    ///
    /// - Throws: ``TraceStorageError``: `malformed`, `tooLarge`, `overloaded`, `diskFull`, `closed`, `inputOutput`. Nothing was kept then.
    public func append(otlp message: UnsafeRawBufferPointer) throws(TraceStorageError) -> TraceAppendResult {
        let scan: SpanScan
        do throws(SpanScanError) { scan = try SpanScan(message, limits: options.limits) } catch {
            if case .tooManySpans = error { throw TraceStorageError(.tooLarge, "\(error)") }
            throw TraceStorageError(.malformed, "\(error)")
        }
        return try append(otlp: message, scan: scan)
    }

    /// Takes the spans of a message that was scanned already.
    ///
    /// - Parameter scan: what a scan of exactly this message found.
    public func append(otlp message: UnsafeRawBufferPointer, scan: SpanScan) throws(TraceStorageError) -> TraceAppendResult {
        try checkOpen()
        var result = TraceAppendResult()
        result.rejected = scan.rejected
        let (earliest, latest) = acceptedStarts
        for span in scan.spans where span.start < earliest || span.start > latest {
            if span.start < earliest { result.tooOld += 1 } else { result.tooFarInFuture += 1 }
        }
        result.acceptedSpans = scan.spans.count - result.tooOld - result.tooFarInFuture
        counters.spansRejected.add(result.rejectedSpans, ordering: .relaxed)
        guard result.acceptedSpans > 0 else { return result }
        do {
            try checkRoom()
            if result.rejectedSpans == 0 {
                try write(message, scan)
            } else {
                // What the journal gives back is taken as it is, so that what was rejected must not be in it.
                let rest = scan.message(of: message) { scan.spans[$0].start >= earliest && scan.spans[$0].start <= latest }
                try rest.withUnsafeBytes { rest in try write(rest, try SpanScan(rest, limits: .none)) }
            }
        } catch {
            counters.appendsFailed.add(1, ordering: .relaxed)
            throw TraceStorageError(error, path: directory)
        }
        counters.spansAppended.add(result.acceptedSpans, ordering: .relaxed)
        return result
    }

    /// The times that a span may start at now; in any case before the year 2262, which files can be named after.
    private var acceptedStarts: (earliest: UnixNanoseconds, latest: UnixNanoseconds) {
        let now = clock()
        let earliest = keeping.longest.map { now > $0 ? now - $0 : 0 } ?? 0
        let (latest, overflow) = now.addingReportingOverflow(options.futureLimit)
        return (earliest, overflow ? UInt64(Int64.max) : min(latest, UInt64(Int64.max)))
    }

    /// Slows senders down to what sealing keeps up with, and sends them away only where that does not help.
    private func checkRoom() throws(TraceStorageError) {
        var waited = 0
        while head.memoryBytes > options.headBytesMax * 2 {
            guard waited < TraceStorage.appendWaitMax else {
                throw TraceStorageError(.overloaded, "\(head.memoryBytes) bytes of spans wait to be sealed")
            }
            ProcessCalls.pauseBriefly()
            waited += 1
        }
    }

    private func write(_ message: UnsafeRawBufferPointer, _ scan: SpanScan) throws {
        let payload = try compressors.with { compressor in
            try JournalPayload.encode(message, spans: scan.spans.count, arrival: clock(), compressor)
        }
        let copy = [UInt8](message)
        while true {
            let generation = head.enter()
            defer { head.leave(generation) }
            guard try journal.append(payload, segment: generation.number) == .appended else { continue }
            options.stepReached?(.journalAppended)
            generation.add(copy, scan)
            scheduleColumns()
            return
        }
    }
}

/// Compressors for payloads of the journal, each lent to one thread at a time.
final class JournalCompressors: Sendable {
    /// Lent to one thread at a time, hence unchecked.
    private final class Lent: @unchecked Sendable {
        let compressor: ZstdCompressor
        init() throws(CompressionError) { compressor = try ZstdCompressor(level: 1) }
    }

    private let idle = Mutex<[Lent]>([])

    func with<Result>(_ body: (ZstdCompressor) throws -> Result) throws -> Result {
        let lent = try idle.withLock { $0.popLast() } ?? Lent()
        defer { idle.withLock { $0.append(lent) } }
        return try body(lent.compressor)
    }
}
