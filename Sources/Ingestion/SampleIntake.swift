internal import ByteCoding
internal import MetricStorage
internal import Synchronization
public import TelemetryModel

/// Takes samples of senders whose formats know lines, not series: each sample says anew which series it is of.
///
/// Calls block until the samples are durable and may come from any thread that may block.
public final class SampleIntake: Sendable {
    private let storage: any MetricAppending
    private let limits: IngestionLimits
    private let now: @Sendable () -> Timestamp
    private let known = KnownSeries()
    private let totals = IngestionTotals()

    /// - Parameter now: the clock, in milliseconds since 1970.
    public init(storage: any MetricAppending, limits: IngestionLimits = IngestionLimits(), now: @escaping @Sendable () -> Timestamp) {
        self.storage = storage
        self.limits = limits
        self.now = now
    }

    /// What was taken and refused since the start.
    public var statistics: IngestionStatistics { totals.current }

    /// Keeps the samples that a closure adds; what is wrong with some does not take the others with it.
    ///
    /// - Parameter fill: adds samples. It is called again where a series is not known any more.
    public func deliver(_ fill: (inout SampleDelivery) -> Void) -> MetricDeliveryOutcome {
        var delivery = SampleDelivery(known: known, limits: limits, now: now(), trustsReferences: true)
        fill(&delivery)
        do throws(MetricStorageError) {
            var result = AppendResult()
            if !delivery.batch.isEmpty {
                do throws(MetricStorageError) {
                    result = try storage.append(delivery.batch)
                } catch {
                    guard error.code == .unknownReference else { throw error }
                    delivery = SampleDelivery(known: known, limits: limits, now: now(), trustsReferences: false)
                    fill(&delivery)
                    result = try storage.append(delivery.batch)
                }
            }
            delivery.finish(result)
            if !delivery.metadata.isEmpty { try storage.setMetadata(delivery.metadata) }
            totals.count(result, delivery.tally)
        } catch {
            return MetricDeliveryOutcome(.unavailable, error.message, retryAfterSeconds: error.code == .overloaded ? 1 : 5)
        }
        var outcome = MetricDeliveryOutcome(.accepted, delivery.message)
        outcome.rejectedPoints = delivery.rejected
        outcome.acceptedPoints = delivery.samples - delivery.rejected
        return outcome
    }
}

/// The samples of one delivery on their way to the storage.
public struct SampleDelivery: Sendable {
    /// When the delivery came, in milliseconds.
    public let now: Timestamp
    private(set) var batch = MetricBatch()
    private(set) var tally = RejectionTally()
    /// What the sender says of families, for the series that are new.
    public var metadata: [String: MetricMetadata] = [:]
    private(set) var samples = 0
    private var malformed = 0
    private var faults: [String] = []
    private var newKeys: [(series: Int, key: Hash128)] = []
    private var packer = LabelPacker()
    private let known: KnownSeries
    private let limits: IngestionLimits
    private let trustsReferences: Bool
    private var reference: [SeriesReference] = []

    /// Faults that are told at most.
    private static let faultsMax = 10

    init(known: KnownSeries, limits: IngestionLimits, now: Timestamp, trustsReferences: Bool) {
        self.known = known
        self.limits = limits
        self.now = now
        self.trustsReferences = trustsReferences
    }

    /// Adds a sample.
    ///
    /// - Parameters:
    ///   - key: bytes that say which series it is, the same for the same labels always.
    ///   - time: milliseconds; nil for now.
    ///   - labels: makes the series' labels, `__name__` among them, where they are not known by the key.
    public mutating func append(
        key: some Collection<UInt8>, _ value: Double, at time: Timestamp?, labels: () -> [Label]
    ) {
        guard begin(key: key, at: time ?? now, labels) else { return }
        batch.append(timestamp: time ?? now, value: value)
    }

    /// Adds a native histogram.
    public mutating func append(
        key: some Collection<UInt8>, _ histogram: NativeHistogram, at time: Timestamp?, labels: () -> [Label]
    ) {
        guard begin(key: key, at: time ?? now, labels) else { return }
        batch.append(HistogramSample(timestamp: time ?? now, histogram: histogram))
    }

    /// Says that something of the delivery cannot be read. The first few are told to the sender.
    public mutating func reject(_ fault: @autoclosure () -> String) {
        samples += 1
        malformed += 1
        if faults.count < SampleDelivery.faultsMax { faults.append(fault()) }
    }

    /// Samples that are not taken.
    var rejected: Int { malformed + tally.count() }

    /// One line of what is not taken and why.
    var message: String {
        var parts = faults
        if malformed > faults.count { parts.append("\(malformed - faults.count) further ones") }
        let told = tally.message()
        if !told.isEmpty { parts.append(told) }
        return parts.joined(separator: "; ")
    }

    private mutating func begin(key: some Collection<UInt8>, at time: Timestamp, _ labels: () -> [Label]) -> Bool {
        samples += 1
        if time > now + limits.futureMilliseconds {
            tally.add(.tooFarInFuture, count: 1, tally[.tooFarInFuture] == 0 ? "at \(time)" : "")
            return false
        }
        let hash = hashed(key)
        if trustsReferences, known.find([hash], into: &reference) {
            batch.beginSeries(reference[0])
            return true
        }
        if let (reason, detail) = packer.pack(labels(), limits: limits) {
            tally.add(reason, count: 1, tally[reason] == 0 ? detail : "")
            return false
        }
        newKeys.append((batch.seriesCount, hash))
        batch.beginSeries(packed: packer.packed)
        return true
    }

    private func hashed(_ key: some Collection<UInt8>) -> Hash128 {
        let known = known
        return key.withContiguousStorageIfAvailable { known.key(of: UnsafeRawBufferPointer($0)) }
            ?? Array(key).withUnsafeBytes { known.key(of: $0) }
    }

    /// Remembers what storage has taken, and counts what it has refused.
    mutating func finish(_ result: AppendResult) {
        let taken = newKeys.lazy.filter { $0.series < result.references.count }.map {
            (key: $0.key, reference: result.references[$0.series])
        }
        if !newKeys.isEmpty { known.set(taken, now: now) }
        for sample in result.rejected {
            let reason = RejectionReason(sample.reason)
            if reason.isGrowth { tally.noteGrowth(batch.labels(at: sample.seriesIndex), reason) }
            let series = tally[reason] == 0 ? batch.labels(at: sample.seriesIndex) : LabelSet()
            tally.add(reason, count: 1, (series.isEmpty ? "a series" : series.description) + " at \(sample.timestamp)")
        }
    }
}
