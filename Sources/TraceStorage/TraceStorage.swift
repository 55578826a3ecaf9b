public import OTLPFormat
public import TelemetryModel

/// The traces of one Perch: takes spans, keeps them safe and small, and finds them again.
///
/// Every method may be called from any thread, and blocks until it is done: call them from a thread pool, not from an event loop.
/// An append is durable, and seen by every later query, when it returns.
public final class TraceStorage: Sendable {
    /// The folder with the journal and the shards.
    public let directory: String
    let options: TraceStorageOptions
    let clock: @Sendable () -> UnixNanoseconds

    /// Opens the storage in a folder, creating it where it is missing, and reads the journal back.
    ///
    /// - Parameter clock: the present in nanoseconds since 1970.
    /// - Throws: ``TraceStorageError``: `directoryInUse`, `unsupportedVersion`, `inputOutput`.
    public init(
        directory: String, options: TraceStorageOptions = TraceStorageOptions(), clock: @escaping @Sendable () -> UnixNanoseconds
    ) throws(TraceStorageError) {
        self.directory = directory
        self.options = options
        self.clock = clock
    }

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
        throw TraceStorageError(.closed, "the storage is closed")
    }

    /// All spans of a trace, from memory and all shards, each once; nil where there are none.
    public func trace(_ id: TraceID) throws(TraceStorageError) -> SpanBatch? {
        throw TraceStorageError(.closed, "the storage is closed")
    }

    /// The tables with the traces of which a span may overlap a range of times (both ends inclusive), those with the newest spans first. Each trace
    /// is in exactly one of them, whole, each of its spans once. All that was acknowledged before the call is in them.
    public func tables(from start: UnixNanoseconds, through end: UnixNanoseconds) throws(TraceStorageError) -> [any TraceTable] {
        throw TraceStorageError(.closed, "the storage is closed")
    }

    /// Brings everything to rest: seals the head, merges blocks, and gives free space back to the file system.
    public func flush() throws(TraceStorageError) {
    }

    /// One round of background work. Where ``TraceStorageOptions/runsInBackground`` is set, this happens by itself.
    public func maintain() throws(TraceStorageError) {
    }

    /// Waits until everything that was acknowledged so far is on the disk, where the loss of power cannot take it.
    public func sync() throws(TraceStorageError) {
    }

    /// Stops background work and closes all files. What is in the journal is read back at the next start.
    public func close() throws(TraceStorageError) {
    }

    /// The numbers of this moment.
    public var statistics: TraceStorageStatistics { TraceStorageStatistics() }
}
