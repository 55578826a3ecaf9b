public import OTLPFormat

/// What became of a message of spans.
public struct TraceAppendResult: Sendable, Hashable {
    /// Spans that are durable now.
    public var acceptedSpans = 0
    /// Spans that were left out for what they are.
    public var rejected = SpanRejections()
    /// Spans that started before the oldest time that is kept.
    public var tooOld = 0
    /// Spans that start further ahead of the clock than may be.
    public var tooFarInFuture = 0

    public init() {}

    public var rejectedSpans: Int { rejected.count + tooOld + tooFarInFuture }

    /// What to tell the sender; empty where nothing was rejected.
    public var message: String {
        var parts: [String] = []
        if rejected.count > 0 { parts.append(rejected.message) }
        if tooOld > 0 { parts.append("\(tooOld) spans started before the oldest time that is kept") }
        if tooFarInFuture > 0 { parts.append("\(tooFarInFuture) spans start too far in the future") }
        return parts.joined(separator: "; ")
    }
}
