/// The two encodings of OTLP over HTTP; an answer has that of its request.
public enum OTLPEncoding: Sendable, Hashable, CaseIterable {
    case protobuf, json

    /// The encoding that a `Content-Type` names, whatever its parameters; nil where it is neither.
    public init?(contentType: String?) {
        let type = (contentType ?? "").prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        switch type {
        case "application/x-protobuf", "application/protobuf": self = .protobuf
        case "application/json": self = .json
        default: return nil
        }
    }

    public var contentType: String {
        switch self {
        case .protobuf: "application/x-protobuf"
        case .json: "application/json"
        }
    }
}
