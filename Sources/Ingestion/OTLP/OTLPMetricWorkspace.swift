internal import ByteCoding
internal import MetricStorage
internal import OTLPFormat
internal import TelemetryModel

/// The buffers of one request with metrics of OpenTelemetry, kept from one to the next.
///
/// A message is walked once where all its series are known: each is told by a hash of the bytes that say which it is, and no name is
/// translated and no label looked at. Where some are new it is walked again, for the labels of these.
struct OTLPMetricWorkspace: Sendable {
    /// How a message is walked.
    enum Mode: Sendable {
        /// All series are taken to be known.
        case keys
        /// Those that a walk before found are taken by their references, the others by their labels.
        case labels
    }

    /// What is not to be kept of a message.
    enum Stop: Error {
        /// There are points that have to be added up, and nothing to do it with.
        case needsDeltas
        case tooLarge(String)
    }

    /// What holds for a walk.
    struct Frame: Sendable {
        let limits: IngestionLimits
        let now: Timestamp
        let seed: UInt64
        /// Whether points of delta temporality can be added up.
        let hasDeltas: Bool

        var futureBound: Timestamp { now + limits.futureMilliseconds }
    }

    var batch = MetricBatch()
    var metadata: [String: MetricMetadata] = [:]
    var tally = RejectionTally()
    /// Points of the message, taken or not.
    var points = 0
    /// What else the sender should know; empty where there is nothing.
    var note = ""

    var mode = Mode.keys
    let options: OTLPMetricOptions
    let metricNamer: OTLPMetricNamer
    var labels: OTLPLabels
    var point = OTLPMetricPoint()

    /// By number of the series.
    var keys: [Hash128] = []
    var references: [SeriesReference] = []
    /// Series of the batch that are to be remembered once storage has taken them.
    var newKeys: [(series: Int, key: Hash128)] = []
    /// For each series of the batch the number of its point; -1 for what is no point.
    var pointOfSeries: [Int32] = []
    /// Counts all series that the message has, also those that are not taken.
    var seriesNumber = 0
    var keyBytes: [UInt8] = []

    // What the present point belongs to.
    var resourceKey = Hash128(of: UnsafeRawBufferPointer(start: nil, count: 0), seed: 0)
    var scopeKey = Hash128(of: UnsafeRawBufferPointer(start: nil, count: 0), seed: 0)
    var metricKey = Hash128(of: UnsafeRawBufferPointer(start: nil, count: 0), seed: 0)
    var descriptionKey: UInt64 = 0
    var resourceBody = 0..<0
    var mayHaveTargetInfo = false
    var resourceRefusal: String?
    var scopeRefusal: String?
    var earliest = Timestamp.max
    var latest = Timestamp.min
    /// The family's name; nil where it is not made yet.
    var family: String?
    var familyRefusal: String?
    var familyMetadata = MetricMetadata()

    // Of the present point.
    var pointKey = Hash128(of: UnsafeRawBufferPointer(start: nil, count: 0), seed: 0)
    var pointLabels: [Label]?
    var isPointRefused = false
    var packer = LabelPacker()
    /// Bytes of labels in the batch.
    var packedBytes = 0

    /// Series of one message, a bucket being one.
    static let seriesMax = 1_000_000
    /// Bytes that the labels of the new series of one message may take.
    static let packedBytesMax = 256 << 20

    init(_ options: OTLPMetricOptions) {
        self.options = options
        metricNamer = options.metricNamer
        labels = OTLPLabels(options)
    }

    /// Roughly what is held.
    var byteCapacity: Int { keys.capacity * 16 + references.capacity * 8 + packedBytes }

    /// Empties everything and keeps the memory.
    mutating func clear() {
        startAgain()
        references.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        mode = .keys
    }

    /// Empties what a walk fills, but for the keys that it found.
    mutating func startAgain() {
        batch.removeAll()
        metadata.removeAll(keepingCapacity: true)
        tally = RejectionTally()
        points = 0
        note = ""
        newKeys.removeAll(keepingCapacity: true)
        pointOfSeries.removeAll(keepingCapacity: true)
        seriesNumber = 0
        packedBytes = 0
    }

    // MARK: - Walking

    /// Walks a message into the batch.
    ///
    /// - Throws: `ByteCodingError` where it is malformed, ``Stop``.
    mutating func walk(_ message: UnsafeRawBufferPointer, _ frame: Frame, _ deltas: inout DeltaStreams) throws {
        var decoder = OTLPMetricDecoder(message)
        earliest = .max
        mayHaveTargetInfo = false
        while let item = try decoder.next() {
            switch item {
            case .resource:
                try finishResource(message, frame)
                try beginResource(decoder.resource, message, frame)
            case .scope: try beginScope(decoder.scope, message, frame)
            case .metric: beginMetric(decoder.metric, message, frame)
            case .point:
                decoder.takePoint(&point)
                try take(decoder.metric, message, frame, &deltas)
            }
        }
        try finishResource(message, frame)
    }

    private mutating func beginResource(_ origin: ScannedOrigin, _ message: UnsafeRawBufferPointer, _ frame: Frame) throws {
        resourceBody = origin.body
        resourceKey = Hash128(of: UnsafeRawBufferPointer(rebasing: message[origin.body]), seed: frame.seed)
        mayHaveTargetInfo = try OTLPMetricWorkspace.mayHaveTargetInfo(origin.body, message)
        (earliest, latest) = (.max, .min)
        resourceRefusal = nil
        guard mode == .labels else { return }
        do { try labels.beginResource(origin.body, of: message) } catch let error as OTLPLabels.Refusal { resourceRefusal = error.text }
    }

    /// Whether a resource has attributes besides those that say which it is, and one of these.
    private static func mayHaveTargetInfo(_ body: Range<Int>, _ message: UnsafeRawBufferPointer) throws(ByteCodingError) -> Bool {
        var cursor = ProtobufCursor(message, in: body)
        var hasIdentity = false
        var hasOther = false
        while let tag = try cursor.nextTag() {
            guard tag == 0x0a else {
                try cursor.skip(tag)
                continue
            }
            let key = try OTLPAttributes.read(try cursor.readRange(), of: message).key
            switch key.count {
            case 12 where message[key].elementsEqual("service.name".utf8), 19 where message[key].elementsEqual("service.instance.id".utf8):
                hasIdentity = true
            case 17 where message[key].elementsEqual("service.namespace".utf8): break
            case 3 where message[key].elementsEqual("job".utf8), 8 where message[key].elementsEqual("instance".utf8):
                hasIdentity = true
                hasOther = true
            default: hasOther = true
            }
        }
        return hasIdentity && hasOther
    }

    private mutating func beginScope(_ origin: ScannedOrigin, _ message: UnsafeRawBufferPointer, _ frame: Frame) throws {
        keyBytes.removeAll(keepingCapacity: true)
        append(resourceKey)
        keyBytes.appendLengthPrefixed(message[origin.body])
        keyBytes.appendLengthPrefixed(message[origin.schemaURL])
        scopeKey = hashed(frame)
        scopeRefusal = nil
        guard mode == .labels, resourceRefusal == nil else { return }
        do { try labels.beginScope(origin, of: message) } catch let error as OTLPLabels.Refusal { scopeRefusal = error.text }
    }

    private mutating func beginMetric(_ metric: OTLPMetric, _ message: UnsafeRawBufferPointer, _ frame: Frame) {
        keyBytes.removeAll(keepingCapacity: true)
        append(scopeKey)
        keyBytes.appendLengthPrefixed(message[metric.name])
        keyBytes.appendLengthPrefixed(message[metric.unit])
        keyBytes += [metric.kind.rawValue, metric.temporality.rawValue, metric.isMonotonic ? 1 : 0]
        metricKey = hashed(frame)
        descriptionKey = Hash128(of: UnsafeRawBufferPointer(rebasing: message[metric.description]), seed: frame.seed).low
        family = nil
        familyRefusal = nil
        guard mode == .labels else { return }
        let unit = String(decoding: message[metric.unit], as: UTF8.self)
        do throws(OTLPNameError) {
            family = try metricNamer.name(
                String(decoding: message[metric.name], as: UTF8.self), unit: unit,
                isCounter: metric.kind == .sum && metric.isMonotonic, isGauge: metric.kind == .gauge)
        } catch {
            familyRefusal = error.description
        }
        familyMetadata = MetricMetadata(
            type: metric.metricType, help: String(decoding: message[metric.description], as: UTF8.self), unit: OTLPUnit.word(for: unit))
    }

    private mutating func append(_ key: Hash128) {
        keyBytes.appendLittleEndian(key.low)
        keyBytes.appendLittleEndian(key.high)
    }

    func hashed(_ frame: Frame) -> Hash128 { keyBytes.withUnsafeBytes { Hash128(of: $0, seed: frame.seed) } }

    // MARK: - target_info

    /// Ends a resource: what is known of it besides its labels goes into `target_info`, for the time of its points.
    private mutating func finishResource(_ message: UnsafeRawBufferPointer, _ frame: Frame) throws {
        guard mayHaveTargetInfo, earliest <= latest else { return }
        mayHaveTargetInfo = false
        isPointRefused = false
        pointLabels = nil
        let key = seriesKey(of: resourceKey, .targetInfo, 0, frame)
        let number = seriesNumber
        seriesNumber += 1
        if mode == .keys {
            try begin(key, frame)
        } else if isKnown(number) {
            batch.beginSeries(references[number])
        } else {
            guard let list = try targetLabels(message) else { return }
            if let (_, detail) = packer.pack(list, limits: frame.limits) {
                note = "target_info was left out: \(detail)"
                return
            }
            try beginPacked(key)
            metadata["target_info"] = MetricMetadata(type: .gauge, help: "Target metadata")
        }
        pointOfSeries.append(-1)
        let step = max(options.lookbackMilliseconds / 2, 1)
        // A message that spans years gets the last one only.
        if (latest - earliest) / step < OTLPMetricWorkspace.targetSamplesMax {
            for time in stride(from: earliest, to: latest, by: Int(step)) { batch.append(timestamp: time, value: 1) }
        }
        batch.append(timestamp: latest, value: 1)
    }

    private static let targetSamplesMax: Int64 = 1000

    private mutating func targetLabels(_ message: UnsafeRawBufferPointer) throws -> [Label]? {
        do {
            return try labels.ofTarget(resourceBody, of: message)
        } catch let error as OTLPLabels.Refusal {
            note = "target_info was left out: \(error.text)"
            return nil
        }
    }
}

extension OTLPMetric {
    /// What the family is in Prometheus' words. Deltas are stored added up.
    fileprivate var metricType: MetricType {
        switch kind {
        case .none: .unknown
        case .gauge: .gauge
        case .sum: isMonotonic ? .counter : .gauge
        case .histogram, .exponentialHistogram: .histogram
        case .summary: .summary
        }
    }
}
