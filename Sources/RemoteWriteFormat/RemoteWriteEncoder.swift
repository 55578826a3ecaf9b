internal import ByteCoding
public import TelemetryModel

/// One thing that is sent of a series.
public struct RemoteWriteElement: Sendable {
    public enum Content: Sendable {
        case sample(Double)
        indirect case histogram(NativeHistogram)
        indirect case exemplar(Exemplar)
    }

    public var time: Timestamp
    /// When it began to be counted, 0 where that is not known; 2.0 only.
    public var start: Timestamp
    public var content: Content

    public init(time: Timestamp, start: Timestamp = 0, _ content: Content) {
        self.time = time
        self.start = start
        self.content = content
    }
}

/// Writes remote write messages (before compression) from packed labels, without making strings of them.
public struct RemoteWriteEncoder: Sendable {
    public let version: RemoteWriteVersion
    private var writer = ProtobufWriter()
    private var symbols = SymbolTable()

    public init(version: RemoteWriteVersion) { self.version = version }

    /// Adds a series.
    ///
    /// - Parameters:
    ///   - packed: canonical bytes of its label set.
    ///   - metadata: goes along in 2.0 only.
    public mutating func append(packed: [UInt8], _ elements: some Collection<RemoteWriteElement>, metadata: MetricMetadata? = nil) {
        switch version {
        case .v1: appendV1(packed, elements)
        case .v2: appendV2(packed, elements, metadata)
        }
    }

    /// Adds metadata of a family. 2.0 has no place for it: there it goes with the series.
    public mutating func append(_ metadata: MetricMetadata, ofFamily family: String) {
        guard version == .v1 else { return }
        writer.write(3) { message in
            message.write(1, uint64: metadata.type.remoteWriteNumber)
            message.write(2, string: family)
            message.write(4, string: metadata.help)
            message.write(5, string: metadata.unit)
        }
    }

    /// The finished message; the encoder starts anew.
    public mutating func finish() -> [UInt8] {
        defer { self = RemoteWriteEncoder(version: version) }
        guard version == .v2 else { return writer.bytes }
        return symbols.message + writer.bytes
    }

    private mutating func appendV1(_ packed: [UInt8], _ elements: some Collection<RemoteWriteElement>) {
        writer.write(1) { message in
            RemoteWriteEncoder.writeLabels(LabelSet(canonical: packed), to: &message)
            for element in elements {
                switch element.content {
                case .sample(let value):
                    message.write(2) { body in
                        body.write(1, double: value)
                        body.write(2, int64: element.time)
                    }
                case .exemplar(let exemplar):
                    message.write(3) { body in
                        RemoteWriteEncoder.writeLabels(exemplar.labels, to: &body)
                        body.write(2, double: exemplar.value)
                        body.write(3, int64: exemplar.timestamp)
                    }
                case .histogram(let histogram):
                    message.write(4) { HistogramMessage.write(HistogramSample(timestamp: element.time, histogram: histogram), to: &$0) }
                }
            }
        }
    }

    private static func writeLabels(_ labels: LabelSet, to message: inout ProtobufWriter) {
        var ranges = labels.labelRanges
        while let label = ranges.next() {
            message.write(1) { body in
                body.write(1, bytes: labels.packed[label.name])
                body.write(2, bytes: labels.packed[label.value])
            }
        }
    }

    private mutating func appendV2(
        _ packed: [UInt8], _ elements: some Collection<RemoteWriteElement>, _ metadata: MetricMetadata?
    ) {
        let labels = symbols.references(LabelSet(canonical: packed))
        let about = metadata.map { ($0.type.remoteWriteNumber, symbols.number(of: $0.help.utf8), symbols.number(of: $0.unit.utf8)) }
        // The table is taken out, so that the closure may fill it while the writer is lent.
        var table = symbols
        symbols = SymbolTable(isEmpty: true)
        writer.write(5) { message in
            message.write(1, bytes: labels)
            for element in elements { RemoteWriteEncoder.write(element, &table, to: &message) }
            if let (type, help, unit) = about {
                message.write(5) { body in
                    body.write(1, uint64: type)
                    body.write(3, uint64: help)
                    body.write(4, uint64: unit)
                }
            }
        }
        symbols = table
    }

    private static func write(_ element: RemoteWriteElement, _ symbols: inout SymbolTable, to message: inout ProtobufWriter) {
        switch element.content {
        case .sample(let value):
            message.write(2) { body in
                body.write(1, double: value)
                body.write(2, int64: element.time)
                if element.start != 0 { body.write(3, int64: element.start) }
            }
        case .histogram(let histogram):
            message.write(3) {
                HistogramMessage.write(HistogramSample(timestamp: element.time, histogram: histogram), start: element.start, to: &$0)
            }
        case .exemplar(let exemplar):
            let labels = symbols.references(exemplar.labels)
            message.write(4) { body in
                body.write(1, bytes: labels)
                body.write(2, double: exemplar.value)
                body.write(3, int64: exemplar.timestamp)
            }
        }
    }
}

/// The texts of a 2.0 message, each once.
private struct SymbolTable: Sendable {
    private var numbers: [ArraySlice<UInt8>: UInt64] = [:]
    private var writer = ProtobufWriter()

    /// The first symbol is the empty one.
    init() {
        writer.write(4, bytes: [UInt8]())
        numbers[[]] = 0
    }

    /// A table without even that, which only stands in for another one.
    init(isEmpty: Bool) {}

    /// The field `symbols` as written.
    var message: [UInt8] { writer.bytes }

    mutating func number(of text: some Collection<UInt8>) -> UInt64 { number(of: ArraySlice(text)) }

    mutating func number(of text: ArraySlice<UInt8>) -> UInt64 {
        if let number = numbers[text] { return number }
        let number = UInt64(numbers.count)
        numbers[text] = number
        writer.write(4, bytes: text)
        return number
    }

    /// Pairs of references for labels, as the message packs them.
    mutating func references(_ labels: LabelSet) -> [UInt8] {
        var bytes: [UInt8] = []
        var ranges = labels.labelRanges
        while let label = ranges.next() {
            bytes.appendVarint(number(of: labels.packed[label.name]))
            bytes.appendVarint(number(of: labels.packed[label.value]))
        }
        return bytes
    }
}
