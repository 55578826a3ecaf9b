internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What went wrong on the network, in one line that names neither addresses nor secrets.
enum ConnectionFailure {
    static func of(_ error: any Error, isRetried: Bool = true) -> DeliveryFailure {
        switch error {
        case let failure as DeliveryFailure: return failure
        case is CancellationError: return .canceled
        case let error as HTTPClientError:
            switch error {
            case .deadlineExceeded, .readTimeout: return .timeout("the receiver")
            case .connectTimeout: return DeliveryFailure(.timeout, "no connection came about in time", isRetried: true)
            case .tlsHandshakeTimeout: return DeliveryFailure(.timeout, "the TLS handshake was not done in time", isRetried: true)
            case .cancelled: return .canceled
            case .remoteConnectionClosed:
                return DeliveryFailure(.connection, "the receiver closed the connection", isRetried: isRetried)
            case .redirectLimitReached, .redirectCycleDetected:
                return DeliveryFailure(.other, "the receiver redirects in circles, or more often than is followed", isRetried: isRetried)
            default: return DeliveryFailure(.connection, "sending failed: \(error.shortDescription)", isRetried: isRetried)
            }
        default: return DeliveryFailure(.connection, text(of: error), isRetried: isRetried)
        }
    }

    static func text(of error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return text(of: first.error) }
            return error.dnsAError != nil || error.dnsAAAAError != nil ? "the host's name cannot be resolved" : "no connection came about"
        case let error as IOError: return systemText(error.errnoCode)
        case let error as ChannelError:
            switch error {
            case .connectTimeout: return "no connection came about in time"
            case .ioOnClosedChannel, .alreadyClosed, .inputClosed, .outputClosed, .eof: return "the receiver closed the connection"
            default: return "the connection failed"
            }
        case let error as NIOSSLError: return "TLS: " + sslText("\(error)")
        case let error as NIOSSLExtraError: return "TLS: " + sslText("\(error)")
        case let error as BoringSSLError: return "TLS: " + sslText("\(error)")
        default: return "the connection failed (\(type(of: error)))"
        }
    }

    private static func systemText(_ code: CInt) -> String {
        (String(validatingCString: strerror(code)) ?? "error \(code)").lowercased()
    }

    /// The reason out of the library's description: `CERTIFICATE_VERIFY_FAILED` of `…:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED at …`.
    private static func sslText(_ description: String) -> String {
        if let mark = description.ranges(of: "OPENSSL_internal:").last {
            return description[mark.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }.lowercased()
                .replacing("_", with: " ")
        }
        if description.contains("failedToValidateHostname") || description.contains("hostname") {
            return "the certificate bears another name"
        }
        if description.contains("uncleanShutdown") || description.contains("eofDuringHandshake") || description.contains("EOF") {
            return "the receiver closed the connection"
        }
        return Truncation.bytes(description.split(whereSeparator: \.isNewline).joined(separator: " "), 120)
    }
}
