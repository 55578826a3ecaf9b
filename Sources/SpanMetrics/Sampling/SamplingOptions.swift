/// Which traces are kept. Whether a trace is kept is decided once, a while after its first span came.
public struct SamplingOptions: Sendable, Hashable {
    public var isEnabled = false
    /// How long spans are held before their trace is decided on.
    public var windowMilliseconds: Int64 = 10_000
    /// Bytes of held spans; beyond, the oldest traces are decided on before their time.
    public var heldBytesMax = 128 << 20
    /// Traces of which spans are held; beyond, the oldest are decided on before their time.
    public var heldTracesMax = 100_000
    /// Decisions that are remembered for spans that come later.
    public var decisionsMax = 1_000_000
    /// Whether traces with a span of status `error` are kept.
    public var keepsErrors = true
    /// Traces of at least this duration are kept; nil keeps none for that.
    public var slowMilliseconds: Int64?
    /// So many traces per second of each service are kept, whatever they are; 0 for none.
    public var tracesPerSecond = 0.0
    /// The same for single services.
    public var tracesPerSecondByService: [String: Double] = [:]
    /// Which part of all other traces is kept, from 0 to 1.
    public var probability = 0.0

    public init() {}
}

/// Why a trace was kept or not.
public enum SamplingReason: String, Sendable, Hashable, CaseIterable {
    case error, slow, rate, probability
    /// It was left out.
    case sampledOut = "sampled_out"

    public var isKept: Bool { self != .sampledOut }
}

/// What became of traces since the start.
public struct SamplingStatistics: Sendable, Hashable {
    /// Traces that were decided on, and their spans up to then.
    public internal(set) var traces: [SamplingReason: Int] = [:]
    public internal(set) var spans: [SamplingReason: Int] = [:]
    /// Spans that came after their trace was decided on.
    public internal(set) var lateSpansKept = 0
    public internal(set) var lateSpansDropped = 0
    /// Traces that were decided on before their time, for want of room.
    public internal(set) var earlyDecisions = 0
    public internal(set) var heldTraces = 0
    public internal(set) var heldSpans = 0
    public internal(set) var heldBytes = 0
    public internal(set) var rememberedDecisions = 0
    /// Kept spans that storage refused for what they are.
    public internal(set) var refusedSpans = 0
    /// Times that kept spans could not be handed on, and were tried again.
    public internal(set) var failedDeliveries = 0
}
