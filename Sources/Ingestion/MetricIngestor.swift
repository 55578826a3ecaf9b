internal import ByteCoding
internal import Compression
internal import MetricStorage
internal import RemoteWriteFormat
internal import Synchronization
public import TelemetryModel

/// Takes metrics in from senders: decodes, checks, and appends what is good.
///
/// Calls block until the samples are durable and may come from any thread that may block. Nothing is allocated per sample: the buffers of
/// a request are kept for the next.
public final class MetricIngestor: Sendable {
    private let storage: any MetricAppending
    private let limits: IngestionLimits
    private let now: @Sendable () -> Timestamp
    private let workspaces = Mutex<[Workspace]>([])
    private let totals = IngestionTotals()
    private let known = KnownSeries()

    /// Workspaces beyond so many, or larger than this, are not kept for later.
    private static let workspacesMax = 16
    private static let workspaceBytesMax = 8 << 20

    /// - Parameter now: the clock, in milliseconds since 1970.
    public init(storage: any MetricAppending, limits: IngestionLimits = IngestionLimits(), now: @escaping @Sendable () -> Timestamp) {
        self.storage = storage
        self.limits = limits
        self.now = now
    }

    /// What was taken and refused since the start.
    public var statistics: IngestionStatistics { totals.current }

    /// Takes a remote write request, 1.0 or 2.0 by its content type. The good part of it is always kept.
    ///
    /// - Parameters:
    ///   - body: as it came, compressed.
    ///   - contentType: the header's value; nil where it is absent.
    ///   - contentEncoding: the header's value; nil where it is absent.
    public func ingestRemoteWrite(
        body: UnsafeRawBufferPointer, contentType: String?, contentEncoding: String?
    ) -> RemoteWriteOutcome {
        guard let version = RemoteWriteNegotiation.version(contentType: contentType) else {
            return finish(RemoteWriteOutcome(.unsupported, "unsupported content type \(quoted(contentType ?? ""))"))
        }
        guard RemoteWriteNegotiation.isSnappy(contentEncoding: contentEncoding) else {
            return finish(
                RemoteWriteOutcome(.unsupported, "unsupported content encoding \(quoted(contentEncoding ?? "")), expected snappy"))
        }
        var workspace = workspaces.withLock { $0.popLast() } ?? Workspace()
        let outcome = ingest(body, version, &workspace)
        workspace.clear()
        if workspace.byteCapacity <= MetricIngestor.workspaceBytesMax {
            workspaces.withLock { kept in
                if kept.count < MetricIngestor.workspacesMax { kept.append(workspace) }
            }
        }
        return finish(outcome)
    }

    /// The same for a body in an array.
    public func ingestRemoteWrite(body: [UInt8], contentType: String?, contentEncoding: String?) -> RemoteWriteOutcome {
        body.withUnsafeBytes { ingestRemoteWrite(body: $0, contentType: contentType, contentEncoding: contentEncoding) }
    }

    private func ingest(_ body: UnsafeRawBufferPointer, _ version: RemoteWriteVersion, _ workspace: inout Workspace) -> RemoteWriteOutcome {
        do {
            try Codec.snappyBlock.decompress(body, limit: limits.decodedBytesMax, into: &workspace.message)
        } catch {
            return RemoteWriteOutcome(error.code == .limitExceeded ? .tooLarge : .rejected, "\(error)")
        }
        var outcome = RemoteWriteOutcome(.accepted)
        do {
            let result = try decodeAndAppend(version, &workspace)
            workspace.count(result.rejected)
            outcome.samplesWritten = result.samplesWritten
            outcome.histogramsWritten = result.histogramsWritten
            outcome.exemplarsWritten = result.exemplarsWritten
            if !workspace.metadata.isEmpty { try storage.setMetadata(workspace.metadata) }
        } catch let error as ByteCodingError {
            return RemoteWriteOutcome(.rejected, "malformed \(version.messageName): \(error)")
        } catch {
            let isOverloaded = (error as? MetricStorageError)?.code == .overloaded
            return RemoteWriteOutcome(.unavailable, "\(error)", retryAfterSeconds: isOverloaded ? 1 : 5)
        }
        totals.count(workspace.tally)
        let counts: (RejectionReason) -> Bool = { version == .v2 || !$0.isSilentInVersion1 }
        if workspace.tally.count(where: counts) > 0 {
            outcome.status = .rejected
            outcome.message = workspace.tally.message(where: counts)
        }
        return outcome
    }

    /// - Throws: `ByteCodingError` for a malformed message, `MetricStorageError`.
    private func decodeAndAppend(_ version: RemoteWriteVersion, _ workspace: inout Workspace) throws -> AppendResult {
        let now = now()
        let futureBound = now + limits.futureMilliseconds
        try workspace.fill(version, limits: limits, futureBound: futureBound, known: known)
        if workspace.batch.isEmpty { return AppendResult() }
        let result: AppendResult
        do {
            result = try storage.append(workspace.batch)
        } catch  where error.code == .unknownReference {
            // A series that was silent for long has left the head: once more with the labels of all.
            workspace.startAgain()
            try workspace.fillWithLabels(version, limits: limits, futureBound: futureBound, known: known)
            result = try storage.append(workspace.batch)
        }
        workspace.remember(result.references, in: known, now: now)
        return result
    }

    private func finish(_ outcome: RemoteWriteOutcome) -> RemoteWriteOutcome {
        totals.count(outcome)
        return outcome
    }
}
