internal import AsyncHTTPClient
internal import OutboundHTTP

/// What went wrong on the network, in one line that names neither addresses nor secrets.
enum ConnectionFailure {
    static func of(_ error: any Error) -> DeliveryFailure {
        switch error {
        case let failure as DeliveryFailure: failure
        case let failure as OutboundFailure: of(failure)
        case is CancellationError: .canceled
        case let error as HTTPClientError: of(error)
        default: DeliveryFailure(.connection, OutboundFailure.words(for: error), isRetried: true)
        }
    }

    private static func of(_ failure: OutboundFailure) -> DeliveryFailure {
        let reason: DeliveryFailure.Reason =
            switch failure.code {
            case .timeout: .timeout
            case .connection: .connection
            case .redirect, .body: .other
            case .credentials: .authError
            }
        return DeliveryFailure(reason, failure.description, isRetried: true)
    }

    private static func of(_ error: HTTPClientError) -> DeliveryFailure {
        switch error {
        case .deadlineExceeded, .readTimeout: .timeout("the receiver")
        case .connectTimeout: DeliveryFailure(.timeout, "no connection came about in time", isRetried: true)
        case .tlsHandshakeTimeout: DeliveryFailure(.timeout, "the TLS handshake was not done in time", isRetried: true)
        case .cancelled: .canceled
        case .remoteConnectionClosed: DeliveryFailure(.connection, "the receiver closed the connection", isRetried: true)
        case .redirectLimitReached, .redirectCycleDetected:
            DeliveryFailure(.other, "the receiver redirects in circles, or more often than is followed", isRetried: true)
        default: DeliveryFailure(.connection, "sending failed: \(error.shortDescription)", isRetried: true)
        }
    }
}
