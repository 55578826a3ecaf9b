internal import ByteCoding
internal import MetricStorage
internal import OTLPFormat
internal import TelemetryModel

extension OTLPMetricWorkspace {
    /// Which series of a point one is, and how its name ends.
    enum Part: UInt64, Sendable {
        case whole, sum, count, bucket, quantile, targetInfo

        var suffix: String {
            switch self {
            case .whole, .quantile, .targetInfo: ""
            case .sum: "_sum"
            case .count: "_count"
            case .bucket: "_bucket"
            }
        }

        /// The label that tells buckets and quantiles from each other.
        var label: String? {
            switch self {
            case .bucket: LabelName.bucketBound
            case .quantile: LabelName.quantile
            default: nil
            }
        }
    }

    /// What a series is known by.
    ///
    /// - Parameter bound: the bits of a bucket's bound or of a quantile.
    func seriesKey(of key: Hash128, _ part: Part, _ bound: UInt64, _ frame: Frame) -> Hash128 {
        withUnsafeBytes(of: (key.low, key.high, descriptionKey, part.rawValue, bound)) { Hash128(of: $0, seed: frame.seed) }
    }

    /// Whether a walk before found the reference of the series with some number.
    func isKnown(_ number: Int) -> Bool { number < references.count && references[number] != .unknown }

    /// Begins a series of the present point; false where it is not taken.
    mutating func begin(
        _ part: Part, bound: Double = 0, _ message: UnsafeRawBufferPointer, _ frame: Frame
    ) throws -> Bool {
        let number = seriesNumber
        seriesNumber += 1
        if isPointRefused { return false }
        let key = seriesKey(of: pointKey, part, bound.bitPattern, frame)
        if mode == .keys {
            try begin(key, frame)
        } else if isKnown(number) {
            batch.beginSeries(references[number])
        } else {
            guard try packLabels(part, bound, message, frame) else { return false }
            try beginPacked(key)
            if let family { metadata[family] = familyMetadata }
        }
        pointOfSeries.append(Int32(points))
        return true
    }

    /// Begins a series of which the reference is looked up after the walk.
    mutating func begin(_ key: Hash128, _ frame: Frame) throws(Stop) {
        guard batch.seriesCount < OTLPMetricWorkspace.seriesMax else {
            throw .tooLarge("the message has more than \(OTLPMetricWorkspace.seriesMax) series, a bucket of a histogram being one")
        }
        keys.append(key)
        batch.beginSeries(.unknown)
    }

    /// Begins a series by the labels that were packed.
    mutating func beginPacked(_ key: Hash128) throws(Stop) {
        packedBytes += packer.packed.count
        guard packedBytes <= OTLPMetricWorkspace.packedBytesMax else {
            throw .tooLarge("the labels of the message's series take more than \(OTLPMetricWorkspace.packedBytesMax) bytes")
        }
        newKeys.append((batch.seriesCount, key))
        batch.beginSeries(packed: packer.packed)
    }

    /// Packs the labels of a series of the present point; refuses the point and gives false where that cannot be.
    private mutating func packLabels(
        _ part: Part, _ bound: Double, _ message: UnsafeRawBufferPointer, _ frame: Frame
    ) throws -> Bool {
        if let refusal = resourceRefusal ?? scopeRefusal ?? familyRefusal {
            refuse(familyRefusal == nil ? .labels : .nameMissing) { _ in refusal }
            return false
        }
        guard let family else { preconditionFailure("BUG: a metric without a name") }
        if pointLabels == nil {
            do {
                pointLabels = try labels.ofPoint(point.attributes, of: message, metadata: familyMetadata)
            } catch let error as OTLPLabels.Refusal {
                refuse(.labels) { _ in "\(family): \(error.text)" }
                return false
            }
        }
        var list = pointLabels ?? []
        OTLPLabels.set(LabelName.metricName, family + part.suffix, in: &list)
        if let label = part.label { OTLPLabels.set(label, bound == .infinity ? "+Inf" : FloatText.fixed(bound), in: &list) }
        if let (reason, detail) = packer.pack(list, limits: frame.limits) {
            refuse(reason) { _ in "\(family): \(detail)" }
            return false
        }
        return true
    }

    /// Does not take the present point; the case is described for the first of each reason only.
    mutating func refuse(_ reason: RejectionReason, _ describe: (OTLPMetricWorkspace) -> String) {
        if isPointRefused { return }
        isPointRefused = true
        let firstCase = tally[reason] == 0 ? describe(self) : ""
        tally.add(reason, count: 1, firstCase)
    }

    // MARK: - After the walk

    /// Makes known what storage has taken.
    func remember(_ references: [SeriesReference], in known: KnownSeries, now: Timestamp) {
        if newKeys.isEmpty { return }
        let taken = newKeys.lazy.filter { $0.series < references.count }.map { (key: $0.key, reference: references[$0.series]) }
        known.set(taken, now: now)
    }

    /// Adds what storage has refused to the tally: a point counts once, however many of its series were refused.
    mutating func count(_ rejected: [RejectedSample]) {
        var refused: Set<Int32> = []
        for sample in rejected where sample.seriesIndex < pointOfSeries.count {
            let point = pointOfSeries[sample.seriesIndex]
            guard point >= 0, refused.insert(point).inserted else { continue }
            let reason = RejectionReason(sample.reason)
            if reason.isGrowth { tally.noteGrowth(batch.labels(at: sample.seriesIndex), reason) }
            let series = tally[reason] == 0 ? batch.labels(at: sample.seriesIndex) : LabelSet()
            tally.add(reason, count: 1, (series.isEmpty ? "a series" : series.description) + " at \(sample.timestamp)")
        }
    }
}
