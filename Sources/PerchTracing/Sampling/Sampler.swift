public import PerchWire
internal import Synchronization
public import Tracing

/// Decides, when a span begins, whether it is recorded and sampled.
///
/// The decision travels with the trace: behind a span that is not sampled nothing is, here and in other services, unless their samplers ask
/// for more.
public struct Sampler: Sendable {
    /// What is known when a span begins.
    public struct Request: Sendable {
        public let traceID: TraceID
        public let name: String
        public let kind: SpanKind
    }

    enum Rule: Sendable {
        case always
        case never
        /// Traces whose last 7 bytes are at least this, as a number.
        case ratio(threshold: UInt64)
        case rate(RateLimit)
        case custom(@Sendable (Request) -> Bool)
    }

    /// What decides where there is no parent.
    let root: Rule
    /// Whether the decision for the parent is kept.
    let followsParent: Bool

    /// Every span, whatever its parent.
    public static let always = Sampler(root: .always, followsParent: false)
    /// No span.
    public static let never = Sampler(root: .never, followsParent: false)

    /// A share of all traces, the same ones in every service that asks for the same share (OpenTelemetry, `TraceIdRatioBased`).
    ///
    /// - Parameter share: 0 to 1; what lies outside counts as the nearer end.
    public static func ratio(_ share: Double) -> Sampler { Sampler(root: ratioRule(share), followsParent: false) }

    /// At most this many traces a second that begin here, evenly spread.
    public static func rateLimited(perSecond: Double) -> Sampler {
        Sampler(root: .rate(RateLimit(perSecond: perSecond)), followsParent: false)
    }

    /// Whatever a function says. It is called for every span that begins.
    public static func custom(_ decide: @escaping @Sendable (Request) -> Bool) -> Sampler {
        Sampler(root: .custom(decide), followsParent: false)
    }

    /// What the parent's sampler decided; for spans without a parent, what the given sampler says.
    public static func parentBased(_ root: Sampler = .always) -> Sampler { Sampler(root: root.root, followsParent: true) }

    /// Traces whose last 7 bytes are at least this are sampled; nil where the decision is another one.
    var ratioThreshold: UInt64? {
        switch root {
        case .always: 0
        case .never: .max
        case .ratio(let threshold): threshold
        case .rate, .custom: nil
        }
    }

    /// The decision for a span that has no parent, or whose parent does not count.
    func decides(traceID: TraceID, name: String, kind: SpanKind) -> Bool {
        switch root {
        case .rate(let limit): limit.take(now: SystemTime.monotonicNanoseconds())
        case .custom(let decide): decide(Request(traceID: traceID, name: name, kind: kind))
        case .always, .never, .ratio: traceID.low & 0x00ff_ffff_ffff_ffff >= ratioThreshold ?? .max
        }
    }

    private static func ratioRule(_ share: Double) -> Rule {
        if share >= 1 { return .always }
        guard share > 0 else { return .never }
        // The highest of the 2^56 numbers are taken, as OpenTelemetry's consistent sampling does.
        return .ratio(threshold: UInt64((1 - share) * 0x1p56))
    }
}

/// A bucket of tokens that fills at a rate and holds one second's worth, at least one. Taking one is a single exchange, without a lock.
final class RateLimit: Sendable {
    private let nanosecondsPerToken: Int64
    private let burstNanoseconds: Int64
    /// When the bucket was last empty, in a time in which a token is worth its nanoseconds.
    private let emptySince = Atomic<Int64>(.min)

    init(perSecond: Double) {
        let rate = perSecond.isFinite && perSecond > 0 ? min(perSecond, 1e9) : 0
        nanosecondsPerToken = rate > 0 ? Int64(min(1e9 / rate, 0x1p60)) : .max
        burstNanoseconds = max(1_000_000_000, nanosecondsPerToken)
    }

    func take(now: Int64) -> Bool {
        guard nanosecondsPerToken != .max else { return false }
        while true {
            let seen = emptySince.load(ordering: .relaxed)
            let since = max(seen, now &- burstNanoseconds)
            guard now &- since >= nanosecondsPerToken else { return false }
            if emptySince.compareExchange(expected: seen, desired: since &+ nanosecondsPerToken, ordering: .relaxed).exchanged {
                return true
            }
        }
    }
}
