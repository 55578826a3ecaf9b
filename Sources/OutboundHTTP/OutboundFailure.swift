/// Why a request to another server could not be made or was not answered.
public struct OutboundFailure: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case timeout, connection, redirect
        /// The response is larger than allowed, or cannot be decompressed.
        case body
        /// A secret, a certificate or a token cannot be had.
        case credentials
    }

    public let code: Code
    /// One line for a person. Holds no secret, and no URL, which may hold one.
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    static func timeout(milliseconds: Int64) -> OutboundFailure {
        let seconds = milliseconds % 1000 == 0 ? "\(milliseconds / 1000)" : "\(Double(milliseconds) / 1000)"
        return OutboundFailure(.timeout, "no complete answer within \(seconds) s")
    }
}
