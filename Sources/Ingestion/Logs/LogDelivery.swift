public import LogFormats
internal import TelemetryModel

/// The entries of one message on their way from its decoder to the storage: checked, with what is added to them, and those that are wrong
/// counted. Nothing is kept before the whole message was read.
public struct LogDelivery: LogEntrySink {
    /// What has passed so far.
    private(set) var batch = LogBatch()
    private(set) var rejections = LogRejections()
    private(set) var truncatedLines = 0
    public let now: Int64
    public private(set) var isFull = false

    private let intake: LogIntake
    private let options: LogIntakeOptions
    private let liftsTraceIDs: Bool
    private let oldest: Int64
    private let newest: Int64
    private var stream: LogStream = .refused(.missingLabels, LogDelivery.noLabels)
    /// Whether the stream has begun its part of the batch.
    private var hasPart = false
    private var packer: FieldPacker
    private var labelPacker = FieldPacker()
    private var packed: [UInt8] = []
    /// The labels of the stream that was begun last, as they were before they were looked at; nil where they came as a text.
    private var packedLabels: [UInt8]?
    private var refusal: (reason: LogRejectionReason, detail: RefusalDetail)?

    /// What a refusal's text is made of; texts are made only where somebody asks.
    private enum RefusalDetail {
        case text(String)
        case time(Int64)
        case size(Int)
        case stream(LabelSet)
    }

    private static let noLabels = "error at least one label pair is required per stream"
    static let levelName = "detected_level"
    /// What an entry takes beside its line and metadata.
    private static let entryBytes = 64

    init(_ intake: LogIntake, now: Int64, liftsTraceIDs: Bool) {
        self.intake = intake
        self.now = now
        self.liftsTraceIDs = liftsTraceIDs
        options = intake.options
        oldest = options.ageMaxNanoseconds.map { now.subtractingReportingOverflow($0).partialValue } ?? Int64.min
        let (newest, overflowed) = now.addingReportingOverflow(options.futureNanoseconds)
        self.newest = overflowed ? Int64.max : newest
        packer = FieldPacker(
            extraName: LogDelivery.levelName, sought: options.levelFields, watched: ["trace_id", "span_id", "severity_number"])
    }

    // MARK: - Streams

    public mutating func beginStream(_ text: UnsafeBufferPointer<UInt8>, _ kind: LogStreamText) {
        packedLabels = nil
        let intake = intake
        begin(
            intake.known.stream(Array(text), .text(kind)) {
                var fields = LogFields()
                do throws(LogFormatError) {
                    try kind.read(text, into: &fields)
                } catch {
                    let shown = String(decoding: text.prefix(200), as: UTF8.self)
                    return .refused(.invalidLabels, "error parsing labels '\(shown)' with error: \(error)")
                }
                return intake.labels.stream(of: fields)
            })
    }

    public mutating func beginStream(_ labels: LogFields) {
        labelPacker.prepare(labels)
        packed.removeAll(keepingCapacity: true)
        labelPacker.pack(labels, into: &packed)
        // Documents come one by one, and mostly from where the one before came from.
        if packed == packedLabels { return }
        packedLabels = packed
        let intake = intake
        begin(intake.known.stream(packed, .packed) { [packed] in intake.labels.stream(of: LabelSet(canonical: packed)) })
    }

    private mutating func begin(_ stream: LogStream) {
        if case .labels(let labels, _) = stream {
            if hasPart, batch.parts.last?.labels == labels { return }
            if !intake.active.admit(labels, now: now) {
                self.stream = .overLimit(labels)
                hasPart = false
                return
            }
        }
        self.stream = stream
        hasPart = false
    }

    // MARK: - Entries

    @discardableResult
    public mutating func append(time: Int64, line: UnsafeBufferPointer<UInt8>, metadata: inout LogFields) -> Bool {
        guard case .labels(let labels, let streamLevel) = stream else {
            switch stream {
            case .refused(let reason, let text): reject(reason, .text(text))
            case .overLimit(let labels): reject(.streamLimit, .stream(labels))
            case .labels: preconditionFailure("BUG: a stream that is taken was refused")
            }
            return false
        }
        if time < oldest {
            reject(.tooOld, .time(time))
            return false
        }
        if time > newest {
            reject(.tooFarInFuture, .time(time))
            return false
        }
        var line = line
        if let most = options.lineBytesMax, line.count > most {
            guard options.truncatesLines else {
                reject(.lineTooLong, .size(line.count))
                return false
            }
            line = LogDelivery.cut(line, to: most)
            truncatedLines += 1
        }
        if metadata.count > options.metadataFieldsMax {
            reject(.tooMuchMetadata, .size(metadata.count))
            return false
        }
        let metadataBytes = metadata.byteCount
        if metadataBytes > options.metadataBytesMax {
            reject(.metadataTooLarge, .size(metadataBytes))
            return false
        }
        if isFull { return false }
        if !hasPart {
            batch.beginPart(labels)
            hasPart = true
        }
        pack(line, &metadata, streamLevel: streamLevel)
        batch.append(time: time) {
            $0.append(contentsOf: line)
        } metadata: { [packed] in
            $0.append(contentsOf: packed)
        }
        // What stands once for many entries in a message is kept with each of them.
        let bytes = batch.lines.bytes.count + batch.metadata.bytes.count + LogDelivery.entryBytes * batch.entryCount
        isFull = bytes > options.expandedBytesMax
        return true
    }

    public mutating func refuse(_ reason: @autoclosure () -> String) { reject(.malformed, .text(reason())) }

    private mutating func reject(_ reason: LogRejectionReason, _ detail: RefusalDetail) {
        refusal = (reason, detail)
        var firstCase = ""
        if rejections[reason] == 0 { firstCase = lastRefusal }
        rejections.add(reason) { firstCase }
    }

    public var lastRefusal: String {
        guard let refusal else { return "" }
        switch (refusal.reason, refusal.detail) {
        case (_, .text(let text)): return text
        case (_, .stream(let labels)):
            return
                "maximum active stream limit exceeded when trying to create stream \(labels), reduce the number of active streams (reduce labels or reduce label values)"
        case (.tooOld, .time(let time)):
            let limit = LogTime.text(oldest)
            return "entry for stream '\(streamText)' has timestamp too old: \(LogTime.text(time)), oldest acceptable timestamp is: \(limit)"
        case (_, .time(let time)): return "entry for stream '\(streamText)' has timestamp too new: \(LogTime.text(time))"
        case (.lineTooLong, .size(let size)):
            let limit = options.lineBytesMax ?? 0
            return "max entry size '\(limit)' bytes exceeded for stream '\(streamText)' while adding an entry with length '\(size)' bytes"
        case (.metadataTooLarge, .size(let size)):
            return
                "stream '\(streamText)' has structured metadata too large: '\(size)' bytes, limit: '\(options.metadataBytesMax)' bytes"
        case (_, .size(let size)):
            return "stream '\(streamText)' has too many structured metadata labels: '\(size)', limit: '\(options.metadataFieldsMax)'"
        }
    }

    private var streamText: String {
        guard case .labels(let labels, _) = stream else { return "{}" }
        return labels.description
    }

    /// The first bytes of a line, without half a character at the end.
    private static func cut(_ line: UnsafeBufferPointer<UInt8>, to most: Int) -> UnsafeBufferPointer<UInt8> {
        var end = most
        while end > 0, end > most - 4, line[end] & 0xc0 == 0x80 { end -= 1 }
        return UnsafeBufferPointer(rebasing: line[..<(line[end] & 0xc0 == 0x80 ? most : end)])
    }

    // MARK: - What is added

    /// Fills ``packed`` with the structured metadata of an entry, and what its line says of its level, trace and span.
    private mutating func pack(_ line: UnsafeBufferPointer<UInt8>, _ metadata: inout LogFields, streamLevel: [UInt8]?) {
        packed.removeAll(keepingCapacity: true)
        packer.prepare(metadata)
        let findsLevel = options.discoversLevels && streamLevel == nil && packer.extraField == nil && packer.soughtField == nil
        var level: [UInt8]?
        let severity = findsLevel ? severityLevel(metadata) : nil
        let findsIDs = liftsTraceIDs && (packer.watchedFields[0] == nil || packer.watchedFields[1] == nil)
        if let severity { level = severity.bytes }
        if (findsLevel && severity == nil) || findsIDs {
            let findings = intake.scan.scan(line, findsLevel: findsLevel && severity == nil, findsIDs: findsIDs)
            if findsLevel, severity == nil { level = intake.scan.level(of: line, findings).bytes }
            if findsIDs, addIDs(findings, to: &metadata) { packer.prepare(metadata) }
        }
        if options.discoversLevels, level == nil { level = saidLevel(metadata, streamLevel) }
        if metadata.isEmpty, let level {
            // Most entries have nothing else.
            packer.packExtra(level, into: &packed)
        } else {
            packer.pack(metadata, extra: level.map { $0[...] }, into: &packed)
        }
    }

    /// The level that somebody said it is: as `detected_level`, as a label of the stream, or in a field for levels.
    private func saidLevel(_ metadata: LogFields, _ streamLevel: [UInt8]?) -> [UInt8]? {
        if let field = packer.extraField { return LogDelivery.normalized(metadata.values.bytes[metadata.values.range(field)]) }
        if let streamLevel { return streamLevel }
        if let field = packer.soughtField { return LogDelivery.normalized(metadata.values.bytes[metadata.values.range(field)]) }
        return nil
    }

    private func severityLevel(_ metadata: LogFields) -> LogLevel? {
        guard let field = packer.watchedFields[2] else { return nil }
        return Int(metadata.values.string(field)).map { LogLevel(severityNumber: $0) } ?? .info
    }

    /// A level as `detected_level` has it: the known ones in small letters, others as they are.
    static func normalized(_ value: ArraySlice<UInt8>) -> [UInt8] {
        value.withUnsafeBufferPointer { LogLevel(word: $0)?.bytes } ?? Array(value)
    }

    private func addIDs(_ findings: LogLineScan.Findings, to metadata: inout LogFields) -> Bool {
        var isChanged = false
        let ids: [(name: StaticString, value: UnsafeBufferPointer<UInt8>?)] = [
            ("trace_id", findings.traceID), ("span_id", findings.spanID),
        ]
        for (place, id) in ids.enumerated() {
            guard let value = id.value, packer.watchedFields[place] == nil else { continue }
            metadata.append(id.name) { bytes in
                for digit in value { bytes.append(digit &- 0x41 < 6 ? digit | 0x20 : digit) }
            }
            isChanged = true
        }
        return isChanged
    }
}
