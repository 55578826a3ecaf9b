public import TelemetryModel

/// What ``RemoteWriteDecoder/next()`` stands on.
public enum RemoteWriteItem: Sendable, Hashable {
    /// A series; its parts are in the decoder's properties until the next call.
    case series
    /// Metadata of a family, which remote write 1.0 sends apart from series.
    case metadata(RemoteWriteMetadata)
}

/// Where one label lies in the decoder's bytes. UTF-8 is not checked yet.
public struct LabelPlace: Sendable, Hashable {
    public var name: Range<Int>
    public var value: Range<Int>

    @inlinable
    public init(name: Range<Int>, value: Range<Int>) {
        self.name = name
        self.value = value
    }
}

/// What a sender says of a metric family; texts are places in the decoder's bytes, unchecked.
public struct RemoteWriteMetadata: Sendable, Hashable {
    public var type: MetricType
    /// The family's name; empty in 2.0, where the metadata stands with a series.
    public var family: Range<Int> = 0..<0
    public var help: Range<Int> = 0..<0
    public var unit: Range<Int> = 0..<0
}

/// One exemplar of the present series.
public struct RemoteWriteExemplar: Sendable, Hashable {
    /// Which of ``RemoteWriteDecoder/exemplarLabels`` are its labels.
    public var labels: Range<Int>
    public var value: Double
    public var timestamp: Timestamp
}

/// Why a series of a well-formed message means nothing. The rest of the message is good.
public enum RemoteWriteSeriesFault: Sendable, Hashable, CustomStringConvertible {
    /// The symbol references do not come in pairs.
    case oddReferenceCount(Int)
    /// A symbol reference points behind the table.
    case referenceOutOfRange(UInt64, symbols: Int)

    public var description: String {
        switch self {
        case .oddReferenceCount(let count): "\(count) label references do not make pairs of name and value"
        case .referenceOutOfRange(let reference, let symbols): "reference \(reference) is outside of the \(symbols) symbols"
        }
    }
}
