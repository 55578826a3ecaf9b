public import PerchMetrics

/// Stops calls to a service that fails, so that neither side waits for what will not come, and tries now and then whether it is back.
///
/// Closed: calls go through. When at least `callsMin` of a window were made and `failureShare` of them failed, the breaker opens. Open: calls
/// are refused, for `pause`. Half open: one call at a time is let through; the first success closes the breaker, a failure opens it again.
public struct CircuitBreaker: Sendable {
    public typealias Instant = ContinuousClock.Instant

    public enum State: String, LabelValue {
        case closed
        case halfOpen = "half_open"
        case open
    }

    public struct Settings: Sendable, Hashable {
        public var failureShare = 0.5
        public var callsMin = 10
        public var window = Duration.seconds(10)
        public var pause = Duration.seconds(5)

        public init() {}
    }

    public enum Admission: Sendable, Hashable {
        case allowed
        /// Ask again after so long.
        case refused(retryAfter: Duration)
    }

    public private(set) var state = State.closed
    private let settings: Settings
    private var windowStart: Instant?
    private var calls = 0
    private var failures = 0
    private var openUntil: Instant?
    /// When the call was let through that tries whether the service is back.
    private var probeStart: Instant?

    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// Asks whether a call may be made. What comes of it is to be told to ``record(isFailure:at:)``.
    public mutating func admit(at now: Instant) -> Admission {
        switch state {
        case .closed: return .allowed
        case .open:
            if let openUntil, now < openUntil { return .refused(retryAfter: openUntil - now) }
            state = .halfOpen
            probeStart = now
            return .allowed
        case .halfOpen:
            // A call of which nothing was heard for that long will not be heard of again.
            if let probeStart, now - probeStart < settings.pause { return .refused(retryAfter: settings.pause - (now - probeStart)) }
            probeStart = now
            return .allowed
        }
    }

    /// Takes what came of a call.
    public mutating func record(isFailure: Bool, at now: Instant) {
        switch state {
        // From calls that were let through before.
        case .open: break
        case .halfOpen: isFailure ? open(at: now) : close()
        case .closed:
            if windowStart.map({ now - $0 >= settings.window }) ?? true {
                windowStart = now
                (calls, failures) = (0, 0)
            }
            calls += 1
            if isFailure { failures += 1 }
            if calls >= settings.callsMin, Double(failures) >= Double(calls) * settings.failureShare { open(at: now) }
        }
    }

    private mutating func open(at now: Instant) {
        state = .open
        openUntil = now + settings.pause
        probeStart = nil
    }

    private mutating func close() { self = CircuitBreaker(settings) }
}
