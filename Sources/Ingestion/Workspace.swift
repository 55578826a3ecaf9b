internal import ByteCoding
internal import MetricStorage
internal import RemoteWriteFormat
internal import TelemetryModel

/// The buffers of one request, kept from one to the next.
struct Workspace: Sendable {
    /// The message after decompression.
    var message: [UInt8] = []
    private(set) var batch = MetricBatch()
    private(set) var tally = RejectionTally()
    private(set) var metadata: [String: MetricMetadata] = [:]
    private var decoder = RemoteWriteDecoder()
    private var packer = LabelPacker()
    private var exemplarPacker = LabelPacker()

    /// Roughly what is held.
    var byteCapacity: Int { message.capacity }

    /// Empties everything and keeps the memory.
    mutating func clear() {
        message.removeAll(keepingCapacity: true)
        batch.removeAll()
        tally = RejectionTally()
        metadata.removeAll(keepingCapacity: true)
    }

    /// Decodes ``message`` into the batch.
    ///
    /// - Throws: `ByteCodingError` where it is malformed; nothing of it is to be kept then.
    mutating func fill(_ version: RemoteWriteVersion, limits: IngestionLimits, futureBound: Timestamp) throws(ByteCodingError) {
        // Moved, not shared: the buffer must have one owner when it is filled again.
        var bytes: [UInt8] = []
        swap(&bytes, &message)
        defer { message = decoder.finish() }
        try decoder.start(bytes, version: version)
        bytes = []
        while let item = try decoder.next() {
            switch item {
            case .series: takeSeries(version, limits, futureBound)
            case .metadata(let found): takeMetadata(found, family: text(found.family))
            }
        }
    }

    /// Adds what storage has refused to the tally.
    mutating func count(_ rejected: [RejectedSample]) {
        for sample in rejected {
            let reason: RejectionReason =
                switch sample.reason {
                case .tooOld: .tooOld
                case .tooFarInFuture: .tooFarInFuture
                case .tooManySeries: .seriesLimit
                }
            reject(reason) { "\($0.batch.labels(at: sample.seriesIndex)) at \(sample.timestamp)" }
        }
    }

    private mutating func takeSeries(_ version: RemoteWriteVersion, _ limits: IngestionLimits, _ futureBound: Timestamp) {
        let elements = max(decoder.timestamps.count + decoder.histograms.count, 1)
        if let fault = decoder.fault { return reject(.labels, count: elements) { _ in fault.description } }
        if let (reason, detail) = packer.pack(decoder.labels, of: decoder.bytes, limits: limits) {
            return reject(reason, count: elements) { _ in detail }
        }
        if decoder.timestamps.isEmpty, decoder.histograms.isEmpty {
            // A 1.0 series may carry exemplars alone; in 2.0 it must have a sample.
            if version == .v2 || decoder.exemplars.isEmpty { return reject(.noSamples) { $0.described } }
        }
        batch.beginSeries(packed: packer.packed)
        for (timestamp, value) in zip(decoder.timestamps, decoder.values) {
            if timestamp > futureBound {
                reject(.tooFarInFuture) { "\($0.described) at \(timestamp)" }
            } else {
                batch.append(timestamp: timestamp, value: value)
            }
        }
        for sample in decoder.histograms { takeHistogram(sample, futureBound) }
        for exemplar in decoder.exemplars { takeExemplar(exemplar, limits, futureBound) }
        if let found = decoder.metadata, found.type != .unknown || !found.help.isEmpty || !found.unit.isEmpty {
            takeMetadata(found, family: family(of: found.type))
        }
    }

    private mutating func takeHistogram(_ sample: HistogramSample, _ futureBound: Timestamp) {
        if sample.timestamp > futureBound { return reject(.tooFarInFuture) { "\($0.described) at \(sample.timestamp)" } }
        if !sample.histogram.isStaleMarker {
            do {
                try sample.histogram.validate()
            } catch {
                return reject(.histogram) { "\($0.described): \(error)" }
            }
        }
        batch.append(sample)
    }

    private mutating func takeExemplar(_ exemplar: RemoteWriteExemplar, _ limits: IngestionLimits, _ futureBound: Timestamp) {
        let labels = Array(decoder.exemplarLabels[exemplar.labels])
        if let (_, detail) = exemplarPacker.pack(labels, of: decoder.bytes, limits: limits, needsMetricName: false) {
            return reject(.exemplar) { "\($0.described): \(detail)" }
        }
        if exemplar.timestamp > futureBound { return reject(.tooFarInFuture) { "\($0.described) at \(exemplar.timestamp)" } }
        let set = LabelSet(canonical: exemplarPacker.packed)
        guard ExemplarLimit.allows(set) else {
            return reject(.exemplar) { "\($0.described): labels of more than \(ExemplarLimit.charactersMax) characters" }
        }
        batch.append(Exemplar(labels: set, value: exemplar.value, timestamp: exemplar.timestamp))
    }

    private mutating func takeMetadata(_ found: RemoteWriteMetadata, family: String) {
        if family.isEmpty { return }
        metadata[family] = MetricMetadata(type: found.type, help: text(found.help), unit: text(found.unit))
    }

    /// The family of the present series: for histograms and summaries the name without the suffix of the part.
    private func family(of type: MetricType) -> String {
        let name = LabelSet(canonical: packer.packed).metricName ?? ""
        let suffixes: [String] =
            switch type {
            case .histogram, .gaugehistogram: ["_bucket", "_count", "_sum"]
            case .summary: ["_count", "_sum"]
            default: []
            }
        for suffix in suffixes where name.hasSuffix(suffix) { return String(name.dropLast(suffix.count)) }
        return name
    }

    /// Counts a rejection; the case is described for the first of each reason only.
    private mutating func reject(_ reason: RejectionReason, count: Int = 1, _ describe: (Workspace) -> String) {
        let firstCase = tally[reason] == 0 ? describe(self) : ""
        tally.add(reason, count: count, firstCase)
    }

    private var described: String { LabelSet(canonical: packer.packed).description }

    private func text(_ range: Range<Int>) -> String { String(decoding: decoder.bytes[range], as: UTF8.self) }
}
