internal import ByteCoding
internal import MetricStorage
internal import OTLPFormat
internal import Synchronization
public import TelemetryModel

/// Takes metrics in as OpenTelemetry sends them (`ExportMetricsServiceRequest`), and appends them as series of Prometheus.
///
/// Calls block until the samples are durable and may come from any thread that may block.
public final class OTLPMetricIngestor: Sendable {
    /// What belongs to one set of options: the series that are known by it, and buffers.
    private final class Setting: Sendable {
        let options: OTLPMetricOptions
        let known = KnownSeries()
        let workspaces = Mutex<[OTLPMetricWorkspace]>([])

        init(_ options: OTLPMetricOptions) { self.options = options }
    }

    private let storage: any MetricAppending
    private let limits: IngestionLimits
    private let now: @Sendable () -> Timestamp
    private let setting: Mutex<Setting>
    /// Held by one request at a time: what a stream has added up depends on the order.
    private let deltas = Mutex(DeltaStreams())
    private let totals = IngestionTotals()
    private let seed = UInt64.random(in: .min ... .max)

    private static let workspacesMax = 8
    private static let workspaceBytesMax = 8 << 20

    /// - Parameter now: the clock, in milliseconds since 1970.
    public init(
        storage: any MetricAppending, options: OTLPMetricOptions = OTLPMetricOptions(), limits: IngestionLimits = IngestionLimits(),
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.storage = storage
        self.limits = limits
        self.now = now
        setting = Mutex(Setting(options))
    }

    /// What was taken and refused since the start.
    public var statistics: IngestionStatistics { totals.current }

    /// How many streams of delta temporality are added up.
    public var deltaStreams: Int { deltas.withLock { $0.count } }

    /// Puts other options in force, for the messages that come from now on.
    public func use(_ options: OTLPMetricOptions) {
        setting.withLock { if $0.options != options { $0 = Setting(options) } }
    }

    /// Takes a message that was decompressed. The good part of it is always kept.
    public func append(otlp message: UnsafeRawBufferPointer) -> MetricDeliveryOutcome {
        let setting = setting.withLock { $0 }
        var workspace = setting.workspaces.withLock { $0.popLast() } ?? OTLPMetricWorkspace(setting.options)
        var outcome = append(message, setting, &workspace)
        outcome.rejectedPoints = min(outcome.rejectedPoints, workspace.points)
        if outcome.status == .accepted { outcome.acceptedPoints = workspace.points - outcome.rejectedPoints }
        workspace.clear()
        if workspace.byteCapacity <= OTLPMetricIngestor.workspaceBytesMax {
            setting.workspaces.withLock { kept in if kept.count < OTLPMetricIngestor.workspacesMax { kept.append(workspace) } }
        }
        return outcome
    }

    private func append(
        _ message: UnsafeRawBufferPointer, _ setting: Setting, _ workspace: inout OTLPMetricWorkspace
    ) -> MetricDeliveryOutcome {
        do {
            do {
                var none = DeltaStreams(streamsMax: 0)
                return try append(message, setting, &workspace, &none, hasDeltas: false)
            } catch OTLPMetricWorkspace.Stop.needsDeltas {
                workspace.clear()
                return try deltas.withLock { deltas in
                    // What was not kept is gone whatever happens.
                    defer { deltas.drop() }
                    return try append(message, setting, &workspace, &deltas, hasDeltas: true)
                }
            }
        } catch let error as ByteCodingError {
            return MetricDeliveryOutcome(.malformed, "the message cannot be read: \(error)")
        } catch OTLPMetricWorkspace.Stop.tooLarge(let reason) {
            return MetricDeliveryOutcome(.tooLarge, reason)
        } catch {
            let isOverloaded = (error as? MetricStorageError)?.code == .overloaded
            return MetricDeliveryOutcome(.unavailable, "\(error)", retryAfterSeconds: isOverloaded ? 1 : 5)
        }
    }

    /// - Throws: `ByteCodingError` for a malformed message, `OTLPMetricWorkspace.Stop`, `MetricStorageError`.
    private func append(
        _ message: UnsafeRawBufferPointer, _ setting: Setting, _ workspace: inout OTLPMetricWorkspace, _ deltas: inout DeltaStreams,
        hasDeltas: Bool
    ) throws -> MetricDeliveryOutcome {
        let frame = OTLPMetricWorkspace.Frame(limits: limits, now: now(), seed: seed, hasDeltas: hasDeltas)
        try workspace.walk(message, frame, &deltas)
        if setting.known.find(workspace.keys, into: &workspace.references) {
            workspace.batch.setReferences(workspace.references)
        } else {
            try walkAgain(message, frame, &workspace, &deltas)
        }
        var result = AppendResult()
        if !workspace.batch.isEmpty {
            if let stored = try stored(workspace.batch) {
                result = stored
            } else {
                // A series that was silent for long has left the head: once more with the labels of all.
                workspace.references.removeAll(keepingCapacity: true)
                try walkAgain(message, frame, &workspace, &deltas)
                result = try storage.append(workspace.batch)
            }
            workspace.remember(result.references, in: setting.known, now: frame.now)
        }
        deltas.keep()
        workspace.count(result.rejected)
        if !workspace.metadata.isEmpty { try storage.setMetadata(workspace.metadata) }
        totals.count(result, workspace.tally)
        var outcome = MetricDeliveryOutcome(.accepted)
        outcome.rejectedPoints = workspace.tally.count()
        outcome.message = [workspace.tally.message(), workspace.note].filter { !$0.isEmpty }.joined(separator: "; ")
        return outcome
    }

    /// Appends a batch; nil where a series of it is not known any more.
    private func stored(_ batch: MetricBatch) throws(MetricStorageError) -> AppendResult? {
        do throws(MetricStorageError) {
            return try storage.append(batch)
        } catch {
            if error.code == .unknownReference { return nil }
            throw error
        }
    }

    private func walkAgain(
        _ message: UnsafeRawBufferPointer, _ frame: OTLPMetricWorkspace.Frame, _ workspace: inout OTLPMetricWorkspace,
        _ deltas: inout DeltaStreams
    ) throws {
        deltas.drop()
        workspace.startAgain()
        workspace.mode = .labels
        try workspace.walk(message, frame, &deltas)
    }
}
