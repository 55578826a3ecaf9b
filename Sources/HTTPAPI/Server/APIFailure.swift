public import HTTPTypes
public import QueryModel

/// A request that is answered with an error, in the form that the Prometheus API gives its errors.
public struct APIFailure: Error, Sendable, Hashable {
    /// What kind of failure it is; the raw values are the API's words.
    public enum Kind: String, Sendable, Hashable {
        case badData = "bad_data"
        case execution
        case canceled
        case timeout
        case `internal`
        case unavailable
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case tooLarge = "too_large"
    }

    public let kind: Kind
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// A parameter whose value is wrong.
    public static func parameter(_ name: String, _ reason: String) -> APIFailure {
        APIFailure(.badData, "invalid parameter \"\(name)\": \(reason)")
    }

    /// A query that failed while it was evaluated.
    public init(_ error: QueryError) {
        let kind: Kind =
            switch error.code {
            case .badInput: .badData
            case .execution, .tooManySamples: .execution
            case .timeout: .timeout
            case .canceled: .canceled
            case .storage, .notBrief: .internal
            }
        self.init(kind, error.message)
    }

    /// The status that goes with the kind.
    public var status: HTTPResponse.Status {
        switch kind {
        case .badData: .badRequest
        case .execution: .unprocessableContent
        case .canceled: .init(code: 499, reasonPhrase: "Client Closed Request")
        case .timeout: .serviceUnavailable
        case .internal, .unavailable: .internalServerError
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .tooLarge: .contentTooLarge
        }
    }

    /// The answer: the envelope with status `error`.
    var reply: APIReply {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("status", "error")
        writer.member("errorType", kind.rawValue)
        writer.member("error", message)
        writer.endObject()
        return .json(writer, status: status)
    }
}
