internal import Logging
internal import Synchronization

/// The circuit breaker of all calls of a client, and what is told of it.
final class Circuit: Sendable {
    private let upstream: ServiceName
    private let breaker = Mutex(CircuitBreaker())
    private let logger: Logger
    private let onChange: @Sendable (CircuitBreaker.State) -> Void

    init(_ upstream: ServiceName, logger: Logger, onChange: @escaping @Sendable (CircuitBreaker.State) -> Void) {
        self.upstream = upstream
        self.logger = logger
        self.onChange = onChange
    }

    func admit() -> CircuitBreaker.Admission { change { $0.admit(at: .now) } }

    func record(isFailure: Bool) { change { $0.record(isFailure: isFailure, at: .now) } }

    private func change<Result: Sendable>(_ body: (inout sending CircuitBreaker) -> sending Result) -> Result {
        let (result, before, after) = breaker.withLock { breaker in
            let before = breaker.state
            let result = body(&breaker)
            return (result, before, breaker.state)
        }
        if before != after { tell(after) }
        return result
    }

    private func tell(_ state: CircuitBreaker.State) {
        let metadata: Logger.Metadata = ["upstream": .string(upstream.telemetryName)]
        switch state {
        case .open: logger.warning("circuit opened", metadata: metadata)
        case .halfOpen: logger.info("circuit half open", metadata: metadata)
        case .closed: logger.info("circuit closed", metadata: metadata)
        }
        onChange(state)
    }
}
