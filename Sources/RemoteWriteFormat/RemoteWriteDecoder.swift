public import ByteCoding
public import TelemetryModel

/// Walks a remote write message, uncompressed already, series by series and in place.
///
///     try decoder.start(bytes, version: .v1)
///     while let item = try decoder.next() { … decoder.labels, decoder.timestamps … }
///     bytes = decoder.finish()
///
/// The parts of a series come in arrays that are filled anew for each, so a decoder that is kept allocates next to nothing. The decoder
/// is total: any bytes give items or an error with its offset; no memory is taken beyond a small multiple of the bytes.
public struct RemoteWriteDecoder: Sendable {
    /// The message; label places point in here.
    public var bytes: [UInt8] { reader.bytes }

    // The present series.

    /// In the order of the message: neither sorted nor unique for sure.
    public private(set) var labels: [LabelPlace] = []
    /// Times of the float samples.
    public private(set) var timestamps: [Timestamp] = []
    /// Values of the float samples, as many as ``timestamps``.
    public private(set) var values: [Double] = []
    /// When each float sample began to be counted, 0 where it does not say; empty where none does (2.0 only).
    public private(set) var starts: [Timestamp] = []
    /// With absolute counts, not validated.
    public private(set) var histograms: [HistogramSample] = []
    /// When each histogram began to be counted, as ``starts``.
    public private(set) var histogramStarts: [Timestamp] = []
    public private(set) var exemplars: [RemoteWriteExemplar] = []
    /// The labels of all ``exemplars``.
    public private(set) var exemplarLabels: [LabelPlace] = []
    /// What a 2.0 series says of its family.
    public private(set) var metadata: RemoteWriteMetadata?
    /// Why the series' labels mean nothing; ``labels`` are of no use then.
    public private(set) var fault: RemoteWriteSeriesFault?

    /// Where all the labels of a 1.0 series lie, if they stand together: the same bytes always mean the same labels.
    public private(set) var labelBlock: Range<Int>?

    private var reader = ProtobufReader([])
    /// The present series of 1.0.
    private var series = 0..<0
    private var version = RemoteWriteVersion.v1
    private var symbols: [Range<Int>] = []

    public init() {}

    /// Takes a message. For 2.0 its symbol table is read first, wherever it stands.
    public mutating func start(_ bytes: consuming [UInt8], version: RemoteWriteVersion) throws(ByteCodingError) {
        reader = ProtobufReader(bytes)
        self.version = version
        symbols.removeAll(keepingCapacity: true)
        guard version == .v2 else { return }
        var scan = reader
        while let field = try scan.nextField() {
            if field.number == 4 { symbols.append(try scan.readBytes(field)) } else { try scan.skip(field) }
        }
    }

    /// Gives the message's memory back, for the next one.
    public mutating func finish() -> [UInt8] {
        let bytes = reader.bytes
        reader = ProtobufReader([])
        return bytes
    }

    /// Steps to the next series or metadata; nil at the end of the message.
    ///
    /// - Parameter readsLabels: without, ``labels`` stay empty where ``labelBlock`` is there to know the series by, until ``readLabels()``.
    /// - Throws: ``ByteCoding/ByteCodingError`` with the offset of what is malformed; the message is then to be thrown away as a whole.
    public mutating func next(readsLabels: Bool = true) throws(ByteCodingError) -> RemoteWriteItem? {
        while let field = try reader.nextField() {
            switch (version, field.number) {
            case (.v1, 1):
                try readSeriesV1(field, readsLabels: readsLabels)
                return .series
            case (.v1, 3): return .metadata(try readMetadataV1(try reader.readMessage(field)))
            case (.v2, 5):
                try readSeriesV2(field)
                return .series
            default: try reader.skip(field)
            }
        }
        return nil
    }

    private mutating func clear() {
        if !labels.isEmpty { labels.removeAll(keepingCapacity: true) }
        timestamps.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        if !histograms.isEmpty { histograms.removeAll(keepingCapacity: true) }
        if !starts.isEmpty { starts.removeAll(keepingCapacity: true) }
        if !histogramStarts.isEmpty { histogramStarts.removeAll(keepingCapacity: true) }
        if !exemplars.isEmpty { exemplars.removeAll(keepingCapacity: true) }
        if !exemplarLabels.isEmpty { exemplarLabels.removeAll(keepingCapacity: true) }
        metadata = nil
        fault = nil
        labelBlock = nil
    }

    // MARK: - 1.0

    private mutating func readSeriesV1(_ field: ProtobufField, readsLabels: Bool) throws(ByteCodingError) {
        clear()
        let outerEnd = try reader.enterMessage(field)
        series = reader.position..<reader.end
        var block = reader.position..<reader.position
        var isBlock = true
        while true {
            let start = reader.position
            guard let field = try reader.nextField() else { break }
            switch field.number {
            case 1:
                _ = try reader.readBytes(field)
                if block.isEmpty {
                    block = start..<reader.position
                } else {
                    isBlock = isBlock && block.upperBound == start
                    block = block.lowerBound..<reader.position
                }
            case 2: try readSample(field)
            case 3: try readExemplar(field)
            case 4: histograms.append(try HistogramMessage.read(try reader.readMessage(field)).sample)
            default: try reader.skip(field)
            }
        }
        reader.leaveMessage(outerEnd)
        if isBlock, !block.isEmpty { labelBlock = block }
        if readsLabels || labelBlock == nil { try readLabels() }
    }

    /// Lends the bytes of ``labelBlock``; nil where there is none.
    public func withLabelBlock<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard let labelBlock else { return nil }
        return reader.bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[labelBlock])) }
    }

    /// Fills ``labels`` where ``next(readsLabels:)`` left them out.
    public mutating func readLabels() throws(ByteCodingError) {
        guard labels.isEmpty, version == .v1 else { return }
        let rest = reader.turn(to: labelBlock ?? series)
        while let field = try reader.nextField() {
            if field.number != 1 {
                try reader.skip(field)
                continue
            }
            let end = try reader.enterMessage(field)
            labels.append(try RemoteWriteDecoder.readLabel(&reader))
            reader.leaveMessage(end)
        }
        reader.resume(rest)
    }

    private static func readLabel(_ message: inout ProtobufReader) throws(ByteCodingError) -> LabelPlace {
        var place = LabelPlace(name: 0..<0, value: 0..<0)
        while let field = try message.nextField() {
            switch field.number {
            case 1: place.name = try message.readBytes(field)
            case 2: place.value = try message.readBytes(field)
            default: try message.skip(field)
            }
        }
        return place
    }

    private func readMetadataV1(_ message: consuming ProtobufReader) throws(ByteCodingError) -> RemoteWriteMetadata {
        var metadata = RemoteWriteMetadata(type: .unknown)
        while let field = try message.nextField() {
            switch field.number {
            case 1: metadata.type = MetricType(remoteWriteNumber: try message.readUInt64(field))
            case 2: metadata.family = try message.readBytes(field)
            case 4: metadata.help = try message.readBytes(field)
            case 5: metadata.unit = try message.readBytes(field)
            default: try message.skip(field)
            }
        }
        return metadata
    }

    // MARK: - 2.0

    private mutating func readSeriesV2(_ field: ProtobufField) throws(ByteCodingError) {
        clear()
        let outerEnd = try reader.enterMessage(field)
        var references = SymbolPairs()
        while let field = try reader.nextField() {
            switch field.number {
            case 1: try references.read(field, &reader, symbols, into: &labels)
            case 2: try readSample(field)
            case 3:
                let (sample, start) = try HistogramMessage.read(try reader.readMessage(field))
                histograms.append(sample)
                RemoteWriteDecoder.note(start, of: histograms.count, in: &histogramStarts)
            case 4: try readExemplar(field)
            case 5: metadata = try readMetadataV2(try reader.readMessage(field))
            default: try reader.skip(field)
            }
        }
        reader.leaveMessage(outerEnd)
        if let found = references.fault { fault = found }
    }

    private mutating func readMetadataV2(_ message: consuming ProtobufReader) throws(ByteCodingError) -> RemoteWriteMetadata {
        var metadata = RemoteWriteMetadata(type: .unknown)
        while let field = try message.nextField() {
            switch field.number {
            case 1: metadata.type = MetricType(remoteWriteNumber: try message.readUInt64(field))
            case 3: metadata.help = symbol(try message.readUInt64(field))
            case 4: metadata.unit = symbol(try message.readUInt64(field))
            default: try message.skip(field)
            }
        }
        return metadata
    }

    private mutating func symbol(_ reference: UInt64) -> Range<Int> {
        if reference < UInt64(symbols.count) { return symbols[Int(reference)] }
        fault = .referenceOutOfRange(reference, symbols: symbols.count)
        return 0..<0
    }

    // MARK: - Both

    private mutating func readSample(_ field: ProtobufField) throws(ByteCodingError) {
        var value = 0.0
        var timestamp: Timestamp = 0
        var start: Timestamp = 0
        let outerEnd = try reader.enterMessage(field)
        while let field = try reader.nextField() {
            switch field.number {
            case 1: value = try reader.readDouble(field)
            case 2: timestamp = try reader.readInt64(field)
            case 3 where version == .v2: start = try reader.readInt64(field)
            default: try reader.skip(field)
            }
        }
        reader.leaveMessage(outerEnd)
        timestamps.append(timestamp)
        values.append(value)
        if start != 0 { RemoteWriteDecoder.note(start, of: timestamps.count, in: &starts) }
    }

    /// Notes the start of the sample that is number `count`; samples before that said nothing have 0.
    private static func note(_ start: Timestamp, of count: Int, in starts: inout [Timestamp]) {
        if start == 0 && starts.isEmpty { return }
        starts.append(contentsOf: repeatElement(0, count: count - 1 - starts.count))
        starts.append(start)
    }

    private mutating func readExemplar(_ field: ProtobufField) throws(ByteCodingError) {
        var message = try reader.readMessage(field)
        let first = exemplarLabels.count
        var exemplar = RemoteWriteExemplar(labels: first..<first, value: 0, timestamp: 0)
        var references = SymbolPairs()
        while let field = try message.nextField() {
            switch (field.number, version) {
            case (1, .v1):
                var label = try message.readMessage(field)
                exemplarLabels.append(try RemoteWriteDecoder.readLabel(&label))
            case (1, .v2): try references.read(field, &message, symbols, into: &exemplarLabels)
            case (2, _): exemplar.value = try message.readDouble(field)
            case (3, _): exemplar.timestamp = try message.readInt64(field)
            default: try message.skip(field)
            }
        }
        if let found = references.fault { fault = found }
        exemplar.labels = first..<exemplarLabels.count
        exemplars.append(exemplar)
    }
}

/// Turns the symbol references of a label list into places, as they come.
private struct SymbolPairs {
    private var pendingName: Range<Int>?
    private var count = 0
    private var outOfRange: RemoteWriteSeriesFault?

    var fault: RemoteWriteSeriesFault? { outOfRange ?? (pendingName == nil ? nil : .oddReferenceCount(count)) }

    mutating func read(
        _ field: ProtobufField, _ message: inout ProtobufReader, _ symbols: [Range<Int>], into places: inout [LabelPlace]
    ) throws(ByteCodingError) {
        try message.readRepeated(field) { (element: inout ProtobufReader) throws(ByteCodingError) in
            let reference = try element.readPackedVarint()
            count += 1
            var place = 0..<0
            if reference < UInt64(symbols.count) {
                place = symbols[Int(reference)]
            } else if outOfRange == nil {
                outOfRange = .referenceOutOfRange(reference, symbols: symbols.count)
            }
            if let name = pendingName {
                places.append(LabelPlace(name: name, value: place))
                pendingName = nil
            } else {
                pendingName = place
            }
        }
    }
}

extension MetricType {
    private static let byRemoteWriteNumber: [MetricType] = [
        .unknown, .counter, .gauge, .histogram, .gaugehistogram, .summary, .info, .stateset,
    ]

    /// The type with the number that both messages give it; unknown numbers are unknown types.
    init(remoteWriteNumber number: UInt64) {
        let types = MetricType.byRemoteWriteNumber
        self = number < UInt64(types.count) ? types[Int(number)] : .unknown
    }

    /// The number that both messages give the type.
    var remoteWriteNumber: UInt64 { UInt64(MetricType.byRemoteWriteNumber.firstIndex(of: self) ?? 0) }
}
