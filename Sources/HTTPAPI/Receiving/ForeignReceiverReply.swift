internal import HTTPTypes
internal import Ingestion

extension SpanAppendOutcome {
    /// The answer of a receiver whose protocol has no place for what was rejected: plain text, and an error only where nothing was kept.
    var foreignReply: APIReply {
        let status: HTTPResponse.Status =
            switch self.status {
            case .accepted: rejectedSpans > 0 && acceptedSpans == 0 ? .badRequest : .accepted
            case .malformed: .badRequest
            case .tooLarge: .contentTooLarge
            case .unavailable: .serviceUnavailable
            case .tooManyRequests: .tooManyRequests
            }
        var reply = message.isEmpty ? APIReply(status: status) : APIReply.text(message + "\n", status: status)
        if status == .serviceUnavailable || status == .tooManyRequests { reply.headers[.retryAfter] = String(retryAfterSeconds ?? 1) }
        return reply
    }
}

extension APICall {
    /// The media type of the body, without parameters, in lower case; empty where none is named.
    var mediaType: String { (headers[.contentType] ?? "").prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased() }

    /// An answer to a body that is not taken for what its headers say.
    static func unsupported(_ what: String, _ value: String, taken: String) -> APIReply {
        APIReply.text("the \(what) \"\(value)\" is not taken; send \(taken)\n", status: .unsupportedMediaType)
    }
}
