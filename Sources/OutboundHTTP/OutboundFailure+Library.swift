internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore

extension OutboundFailure {
    /// What the library threw, in one line.
    public init(_ error: any Error, timeoutMilliseconds: Int64) {
        switch error {
        case let failure as OutboundFailure: self = failure
        case let error as HTTPClientError:
            switch error {
            case .deadlineExceeded, .connectTimeout, .readTimeout, .tlsHandshakeTimeout:
                self = .timeout(milliseconds: timeoutMilliseconds)
            case .redirectLimitReached, .redirectCycleDetected:
                self.init(.redirect, "the server redirects in circles, or more often than is followed")
            default: self.init(.connection, error.shortDescription)
            }
        case let error as IOError:
            let reason = String(validatingCString: strerror(error.errnoCode)) ?? "error \(error.errnoCode)"
            self.init(.connection, reason.lowercased())
        default:
            let text = String(describing: error).split(whereSeparator: \.isNewline).joined(separator: " ")
            self.init(.connection, String(text.prefix(300)))
        }
    }

    /// Whether an error says that the server closed the connection, as it may while it lies idle.
    static func isClosedConnection(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as ChannelError: error == .ioOnClosedChannel || error == .alreadyClosed
        case let error as IOError: error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
        default: false
        }
    }
}
