internal import HTTPTypes

/// Why a call to another service came to nothing.
public struct CallError: Error, Sendable, Hashable {
    public enum Reason: Sendable, Hashable {
        /// There was no time left.
        case deadline
        /// No connection, or it broke.
        case unreachable
        /// The circuit breaker refused the call.
        case circuitOpen(retryAfterSeconds: Int)
        /// The service answered with a status of 400 or above.
        case refused(status: Int, detail: String)
        /// The answer was not what it should be.
        case unreadable
    }

    public let upstream: ServiceName
    public let reason: Reason

    public init(_ upstream: ServiceName, _ reason: Reason) {
        self.upstream = upstream
        self.reason = reason
    }

    /// The status that the service answered with, if it did.
    public var status: Int? {
        if case .refused(let status, _) = reason { return status }
        return nil
    }

    /// Whether the request itself was not acceptable, so that trying again is of no use.
    public var isRefusal: Bool { status.map { (400..<500).contains($0) } ?? false }
}

extension CallError: CustomStringConvertible {
    public var description: String {
        switch reason {
        case .deadline: "\(upstream.telemetryName) did not answer in time"
        case .unreachable: "\(upstream.telemetryName) cannot be reached"
        case .circuitOpen: "\(upstream.telemetryName) has failed too often and is left alone for a while"
        case .refused(let status, let detail): "\(upstream.telemetryName) answered \(status): \(detail)"
        case .unreadable: "\(upstream.telemetryName) answered what cannot be read"
        }
    }
}

extension CallError: ProblemConvertible {
    /// As long as nobody says otherwise, what another service refused is an error of ours.
    public var problem: Problem {
        switch reason {
        case .deadline: Problem(.gatewayTimeout, description).onAccount(of: upstream)
        case .unreachable: Problem(.serviceUnavailable, description, headers: [.retryAfter: "1"]).onAccount(of: upstream)
        case .circuitOpen(let seconds):
            Problem(.serviceUnavailable, description, headers: [.retryAfter: String(seconds)]).onAccount(of: upstream)
        case .refused, .unreadable: Problem(.badGateway, description).onAccount(of: upstream)
        }
    }
}

extension Problem {
    /// Names the service on whose account a request failed. Who answers with it is well itself: the circuits of its callers stay closed,
    /// or one sick service would take all before it along.
    static let failedUpstreamHeader = "Failed-Upstream"

    /// The same, said to be the fault of a service that was called.
    public func onAccount(of upstream: ServiceName) -> Problem {
        var problem = self
        problem.headers[.known(Problem.failedUpstreamHeader)] = upstream.telemetryName
        return problem
    }
}
