internal import NIOCore
internal import NIOPosix
public import PerchMetrics
internal import QueryModel
internal import Synchronization

/// Runs queries on threads of their own, since the engine blocks: so many at once, the others in order of arrival.
///
/// A query ends early when its time is up, when the task that waits for it is cancelled, and when the client closes the connection;
/// while it still waits for a thread, it ends at once.
public final class WorkPool: Sendable {
    private let pool: NIOThreadPool
    private let name: String
    private let samplesMax: Int
    private let bytesMax: Int
    private let waiting: Gauge
    private let running: Gauge
    private let waited: Histogram

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - name: what runs here, as a label of the metrics.
    ///   - concurrency: how many may run at once, at least 1.
    ///   - samplesMax: the most samples that one query may hold in memory.
    ///   - bytesMax: the most memory that the intermediate results of one query may take.
    public init(name: String, concurrency: Int, samplesMax: Int, bytesMax: Int = .max, metrics: MetricRegistry) {
        self.name = name
        self.samplesMax = samplesMax
        self.bytesMax = bytesMax
        pool = NIOThreadPool(numberOfThreads: max(1, concurrency))
        waiting = metrics.gauge("perch_http_work_waiting", help: "Work that waits for a thread.", labels: ["pool": name])
        running = metrics.gauge("perch_http_work_running", help: "Work that has a thread.", labels: ["pool": name])
        waited = metrics.histogram(
            "perch_http_work_wait_duration_seconds", help: "How long work waited for a thread.", unit: "seconds",
            bounds: [0.001, 0.01, 0.1, 1, 10, 60], labels: ["pool": name])
        pool.start()
    }

    // For a pool that is given up before it served, as when the start of the server fails.
    deinit { pool.shutdownGracefully { _ in } }

    /// Ends the threads once the work that was begun is done.
    public func shutdown() async throws { try await pool.shutdownGracefully() }

    /// Runs work that may be stopped through its budget.
    ///
    /// - Parameters:
    ///   - timeout: how long it may wait and run together.
    ///   - channel: the connection whose end stops it.
    /// - Throws: what the work throws; ``QueryError`` with `timeout` or `canceled` where it never got a thread; ``APIFailure``
    ///   `unavailable` during shutdown.
    func run<Result: Sendable>(
        timeout: TimeAmount, channel: any Channel, _ work: @escaping @Sendable (QueryBudget, _ queueSeconds: Double) throws -> Result
    ) async throws -> Result {
        let budget = QueryBudget(samplesMax: samplesMax, bytesMax: bytesMax)
        let ticket = Ticket<Result>()
        let deadline = channel.eventLoop.scheduleTask(in: timeout) {
            budget.expire()
            ticket.abandon(QueryError(.timeout, "query timed out in query queue"))
        }
        let cancel: @Sendable () -> Void = {
            budget.cancel()
            ticket.abandon(QueryError(.canceled, "query was canceled in query queue"))
        }
        let presence = await ClientPresence.of(channel)
        let token = presence?.watch(cancel)
        defer {
            deadline.cancel()
            if let token { presence?.stopWatching(token) }
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard ticket.wait(continuation) else { return }
                submit(ticket, budget, work)
            }
        } onCancel: {
            cancel()
        }
    }

    private func submit<Result: Sendable>(
        _ ticket: Ticket<Result>, _ budget: QueryBudget, _ work: @escaping @Sendable (QueryBudget, Double) throws -> Result
    ) {
        let arrived = ContinuousClock.now
        waiting.increment()
        pool.submit { state in
            self.waiting.decrement()
            guard let continuation = ticket.begin() else { return }
            guard case .active = state else {
                continuation.resume(throwing: APIFailure(.unavailable, "shutting down"))
                return
            }
            let seconds = (ContinuousClock.now - arrived).seconds
            self.waited.record(seconds)
            self.running.increment()
            defer { self.running.decrement() }
            continuation.resume(with: Swift.Result { try work(budget, seconds) })
        }
    }
}

/// Where one piece of work stands: it goes to the thread that begins it or to whoever gives it up first, never to both.
private final class Ticket<Result: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Result, any Error>)
        case taken
        case abandonedBefore(QueryError)
    }

    private let state = Mutex(State.new)

    /// Takes the continuation.
    ///
    /// - Returns: false where the work was given up already; the continuation is resumed then.
    func wait(_ continuation: CheckedContinuation<Result, any Error>) -> Bool {
        let error: QueryError? = state.withLock { state in
            if case .abandonedBefore(let error) = state { return error }
            state = .waiting(continuation)
            return nil
        }
        guard let error else { return true }
        continuation.resume(throwing: error)
        return false
    }

    /// Takes the work for the thread that will do it; nil where it was given up.
    func begin() -> CheckedContinuation<Result, any Error>? {
        state.withLock { state in
            guard case .waiting(let continuation) = state else { return nil }
            state = .taken
            return continuation
        }
    }

    /// Gives up work that was not begun.
    func abandon(_ error: QueryError) {
        let continuation: CheckedContinuation<Result, any Error>? = state.withLock { state in
            switch state {
            case .new:
                state = .abandonedBefore(error)
                return nil
            case .waiting(let continuation):
                state = .taken
                return continuation
            case .taken, .abandonedBefore: return nil
            }
        }
        continuation?.resume(throwing: error)
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension ContinuousClock.Instant {
    /// Nanoseconds from another moment to this one.
    func nanoseconds(since start: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (self - start).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
