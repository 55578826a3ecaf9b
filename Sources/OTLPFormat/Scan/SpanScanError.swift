public import ByteCoding

/// A message of spans of which nothing can be taken.
public enum SpanScanError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The bytes are no protobuf of an `ExportTraceServiceRequest`.
    case malformed(ByteCodingError)
    /// More spans than one message may have.
    case tooManySpans(limit: Int)

    public var description: String {
        switch self {
        case .malformed(let error): "the message cannot be read: \(error)"
        case .tooManySpans(let limit): "the message has more than \(limit) spans"
        }
    }
}
