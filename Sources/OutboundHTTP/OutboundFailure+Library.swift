internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

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
        default: self.init(.connection, OutboundFailure.words(for: error))
        }
    }

    /// What went wrong with a connection, in one line that names no addresses.
    public static func words(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return words(for: first.error) }
            return error.dnsAError != nil || error.dnsAAAAError != nil ? "the host's name cannot be resolved" : "no connection came about"
        case let error as IOError:
            return (String(validatingCString: strerror(error.errnoCode)) ?? "error \(error.errnoCode)").lowercased()
        case let error as ChannelError:
            switch error {
            case .connectTimeout: return "no connection came about in time"
            case .ioOnClosedChannel, .alreadyClosed, .inputClosed, .outputClosed, .eof: return "the server closed the connection"
            default: return "the connection failed"
            }
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: return "TLS: " + tlsWords("\(error)")
        default: return oneLine("\(error)", 300)
        }
    }

    /// The reason out of the library's description: `CERTIFICATE_VERIFY_FAILED` of `…:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at …`.
    private static func tlsWords(_ description: String) -> String {
        if let mark = description.ranges(of: "OPENSSL_internal:").last {
            return description[mark.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }.lowercased()
                .replacing("_", with: " ")
        }
        if description.contains("failedToValidateHostname") || description.contains("hostname") {
            return "the certificate bears another name"
        }
        if description.contains("uncleanShutdown") || description.contains("eofDuringHandshake") || description.contains("EOF") {
            return "the server closed the connection"
        }
        return oneLine(description, 120)
    }

    private static func oneLine(_ text: String, _ charactersMax: Int) -> String {
        String(text.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(charactersMax))
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
