/// A regular expression that was refused.
public struct LinearPatternError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The expression as it was given.
    public let pattern: String
    /// What is wrong and with which part, in the words of Go's `regexp` (which users of Prometheus know).
    public let message: String

    public var description: String { "error parsing regexp: \(message)" }
}
