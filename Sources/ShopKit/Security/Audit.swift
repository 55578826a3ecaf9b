public import Logging

/// Writes down who did what, in lines of the logger `audit`. Persons appear by their number only, so that the lines may be kept when a
/// person is forgotten.
public struct Audit: Sendable {
    public enum Outcome: String, Sendable {
        case done
        case refused
    }

    private let logger: Logger

    public init(_ logger: Logger) { self.logger = logger }

    /// - Parameters:
    ///   - actor: such as `user 17`.
    ///   - action: such as `erase`.
    ///   - object: what it was done to, such as `user 17`.
    public func record(actor: String, action: String, object: String, outcome: Outcome = .done) {
        logger.notice(
            "audit",
            metadata: [
                "audit": [
                    "actor": .string(actor), "action": .string(action), "object": .string(object), "outcome": .string(outcome.rawValue),
                ]
            ])
    }
}

extension Identity {
    /// The user as ``Audit`` names persons.
    public var actor: String { "user \(userID)" }
}
