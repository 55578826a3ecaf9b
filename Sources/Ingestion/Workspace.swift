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
    /// By series of the batch, where all are known.
    private var keys: [Hash128] = []
    private var references: [SeriesReference] = []
    /// Series of the batch that are to be remembered once storage has taken them.
    private var newKeys: [(series: Int, key: Hash128)] = []
    private var keyBytes: [UInt8] = []
    private var version = RemoteWriteVersion.v1
    /// Whether the series of the batch are given by their references alone. They are all those of the message then, in its order.
    private var isByReference = false

    /// Roughly what is held.
    var byteCapacity: Int { message.capacity }

    /// Empties everything and keeps the memory.
    mutating func clear() {
        message.removeAll(keepingCapacity: true)
        startAgain()
    }

    /// Empties everything but the message.
    mutating func startAgain() {
        batch.removeAll()
        tally = RejectionTally()
        metadata.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        newKeys.removeAll(keepingCapacity: true)
        isByReference = false
    }

    /// Decodes ``message`` into the batch. Series that are known go in by their references.
    ///
    /// - Throws: `ByteCodingError` where it is malformed; nothing of it is to be kept then.
    mutating func fill(
        _ version: RemoteWriteVersion, limits: IngestionLimits, futureBound: Timestamp, known: KnownSeries
    ) throws(ByteCodingError) {
        // Nearly every request is of known series alone: then their labels are never checked and sorted.
        if try fillWithKnown(version, futureBound, known) { return }
        startAgain()
        try fillWithLabels(version, limits: limits, futureBound: futureBound, known: known)
    }

    /// Decodes ``message`` into the batch, with the labels of all series.
    mutating func fillWithLabels(
        _ version: RemoteWriteVersion, limits: IngestionLimits, futureBound: Timestamp, known: KnownSeries
    ) throws(ByteCodingError) {
        try startDecoding(version)
        defer { message = decoder.finish() }
        while let item = try decoder.next() {
            switch item {
            case .series: takeSeries(version, limits, futureBound, key: key(version, known))
            case .metadata(let found): takeMetadata(found, family: text(found.family))
            }
        }
    }

    /// Tries to do without labels; gives false where a series is not known or has more than samples that are taken.
    private mutating func fillWithKnown(
        _ version: RemoteWriteVersion, _ futureBound: Timestamp, _ known: KnownSeries
    ) throws(ByteCodingError) -> Bool {
        try startDecoding(version)
        defer { message = decoder.finish() }
        while let item = try decoder.next(readsLabels: false) {
            switch item {
            case .series:
                guard isPlain(futureBound), let key = key(version, known) else { return false }
                keys.append(key)
                isByReference = true
                batch.beginSeries(.unknown)
                for index in decoder.timestamps.indices {
                    batch.append(timestamp: decoder.timestamps[index], value: decoder.values[index])
                    if index < decoder.starts.count { batch.noteStart(decoder.starts[index], at: decoder.timestamps[index]) }
                }
            case .metadata(let found): takeMetadata(found, family: text(found.family))
            }
        }
        guard known.find(keys, into: &references) else { return false }
        batch.setReferences(references)
        return true
    }

    /// What the present series is known by: the bytes of its labels in 1.0, which stand together; in 2.0, where these lie in the table of
    /// symbols, the labels one after the other and what the series says of its family, so that a change of that is noticed. Nil where there is no such thing.
    private mutating func key(_ version: RemoteWriteVersion, _ known: KnownSeries) -> Hash128? {
        if version == .v1 { return decoder.withLabelBlock { known.key(of: $0) } }
        if decoder.fault != nil { return nil }
        keyBytes.removeAll(keepingCapacity: true)
        for label in decoder.labels {
            keyBytes.appendLengthPrefixed(decoder.bytes[label.name])
            keyBytes.appendLengthPrefixed(decoder.bytes[label.value])
        }
        if let metadata = decoder.metadata {
            keyBytes.append(0)
            keyBytes.appendLengthPrefixed(metadata.type.rawValue.utf8)
            keyBytes.appendLengthPrefixed(decoder.bytes[metadata.help])
            keyBytes.appendLengthPrefixed(decoder.bytes[metadata.unit])
        }
        return keyBytes.withUnsafeBytes { known.key(of: $0) }
    }

    private mutating func startDecoding(_ version: RemoteWriteVersion) throws(ByteCodingError) {
        self.version = version
        // Moved, not shared: the buffer must have one owner when it is filled again.
        var bytes: [UInt8] = []
        swap(&bytes, &message)
        try decoder.start(bytes, version: version)
    }

    /// Whether the present series has float samples only, all of which are taken.
    private func isPlain(_ futureBound: Timestamp) -> Bool {
        decoder.histograms.isEmpty && decoder.exemplars.isEmpty && !decoder.timestamps.isEmpty && decoder.fault == nil
            && decoder.timestamps.allSatisfy { $0 <= futureBound }
    }

    /// Makes known what storage has taken.
    func remember(_ references: [SeriesReference], in known: KnownSeries, now: Timestamp) {
        let taken = newKeys.lazy.filter { $0.series < references.count }.map { (key: $0.key, reference: references[$0.series]) }
        if !newKeys.isEmpty { known.set(taken, now: now) }
    }

    /// Adds what storage has refused to the tally.
    mutating func count(_ rejected: [RejectedSample]) {
        for sample in rejected {
            let reason = RejectionReason(sample.reason)
            reject(reason) { "\($0.labels(at: sample.seriesIndex)) at \(sample.timestamp)" }
            if reason.isGrowth { tally.noteGrowth(batch.labels(at: sample.seriesIndex), reason) }
        }
    }

    /// The labels of a series of the batch, also where storage knows it by its reference.
    private func labels(at series: Int) -> LabelSet {
        if !isByReference { return batch.labels(at: series) }
        // Asked for once in a request at most: the message is read again up to the series. Its bytes were read before, and hold good labels.
        var again = RemoteWriteDecoder()
        var packer = LabelPacker()
        guard (try? again.start(message, version: version)) != nil else { return LabelSet() }
        var number = -1
        while let item = try? again.next() {
            guard case .series = item else { continue }
            number += 1
            if number == series, packer.pack(again.labels, of: again.bytes, limits: IngestionLimits()) == nil {
                return LabelSet(canonical: packer.packed)
            }
        }
        return LabelSet()
    }

    private mutating func takeSeries(
        _ version: RemoteWriteVersion, _ limits: IngestionLimits, _ futureBound: Timestamp, key: Hash128?
    ) {
        let elements = max(decoder.timestamps.count + decoder.histograms.count, 1)
        if let fault = decoder.fault { return reject(.labels, count: elements) { _ in fault.description } }
        if let (reason, detail) = packer.pack(decoder.labels, of: decoder.bytes, limits: limits) {
            return reject(reason, count: elements) { _ in detail }
        }
        if decoder.timestamps.isEmpty, decoder.histograms.isEmpty {
            // A 1.0 series may carry exemplars alone; in 2.0 it must have a sample.
            if version == .v2 || decoder.exemplars.isEmpty { return reject(.noSamples) { $0.described } }
        }
        if let key { newKeys.append((batch.seriesCount, key)) }
        batch.beginSeries(packed: packer.packed)
        for (index, timestamp) in decoder.timestamps.enumerated() {
            if timestamp > futureBound {
                reject(.tooFarInFuture) { "\($0.described) at \(timestamp)" }
            } else {
                batch.append(timestamp: timestamp, value: decoder.values[index])
                if index < decoder.starts.count { batch.noteStart(decoder.starts[index], at: timestamp) }
            }
        }
        for (index, sample) in decoder.histograms.enumerated() {
            let isTaken = takeHistogram(sample, futureBound)
            if isTaken, index < decoder.histogramStarts.count { batch.noteStart(decoder.histogramStarts[index], at: sample.timestamp) }
        }
        for exemplar in decoder.exemplars { takeExemplar(exemplar, limits, futureBound) }
        if let found = decoder.metadata, found.type != .unknown || !found.help.isEmpty || !found.unit.isEmpty {
            takeMetadata(found, family: family(of: found.type))
        }
    }

    /// Adds a histogram; false where it is refused.
    private mutating func takeHistogram(_ sample: HistogramSample, _ futureBound: Timestamp) -> Bool {
        if sample.timestamp > futureBound {
            reject(.tooFarInFuture) { "\($0.described) at \(sample.timestamp)" }
            return false
        }
        if !sample.histogram.isStaleMarker {
            do {
                try sample.histogram.validate()
            } catch {
                reject(.histogram) { "\($0.described): \(error)" }
                return false
            }
        }
        batch.append(sample)
        return true
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
