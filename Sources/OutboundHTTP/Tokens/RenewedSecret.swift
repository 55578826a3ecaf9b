/// A secret that another server gives for a while: a token, or the keys of a role. Asked for when it is first needed, and anew before it
/// ends. Callers that come meanwhile wait for the same request.
actor RenewedSecret<Value: Sendable> {
    /// A secret, and for how long it is one.
    struct Lease: Sendable {
        var value: Value
        /// When another one is asked for; nil for never.
        var renewAt: ContinuousClock.Instant?
        /// Until when this one serves where no other can be had.
        var endsAt: ContinuousClock.Instant?

        /// - Parameters:
        ///   - seconds: how long the secret serves from now on; nil for always.
        ///   - margin: how long before its end another one is asked for.
        init(_ value: Value, seconds: Double?, margin: Duration) {
            self.value = value
            guard let seconds, seconds < 1e9 else { return }
            let end = ContinuousClock.now + .milliseconds(Int64(max(seconds, 0) * 1000))
            renewAt = end - margin
            endsAt = end
        }
    }

    /// How long a secret that still serves is kept after another one could not be had.
    private let retryPause = Duration.seconds(10)

    private let ask: @Sendable () async throws -> Lease
    private var lease: Lease?
    /// Before this time no other one is asked for, while the one at hand serves.
    private var pauseEnd: ContinuousClock.Instant?
    private var isAsking = false
    /// Those who wait, by their number.
    private var waiting: [Int: CheckedContinuation<Value, any Error>] = [:]
    private var lastNumber = 0

    /// - Parameter ask: asks the other server. What it throws is what those who wait get, unless the secret at hand serves still.
    init(asking ask: @escaping @Sendable () async throws -> Lease) { self.ask = ask }

    /// The secret.
    ///
    /// - Throws: ``OutboundFailure``; `CancellationError` as soon as the task is cancelled, while the secret is still asked for.
    func current() async throws -> Value {
        if let lease, isFresh(lease) { return lease.value }
        lastNumber += 1
        let number = lastNumber
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                waiting[number] = continuation
                startAsking()
            }
        } onCancel: {
            Task { await self.leave(number) }
        }
    }

    /// Forgets the secret, which a server did not take.
    func forget() { lease = nil }

    private func isFresh(_ lease: Lease) -> Bool {
        guard let renewAt = lease.renewAt else { return true }
        let now = ContinuousClock.now
        if renewAt > now { return true }
        guard let pauseEnd, let endsAt = lease.endsAt else { return false }
        return pauseEnd > now && endsAt > now
    }

    private func startAsking() {
        if isAsking { return }
        isAsking = true
        Task {
            do { finish(.success(try await ask())) } catch { finish(.failure(error)) }
        }
    }

    private func finish(_ result: Result<Lease, any Error>) {
        isAsking = false
        let outcome: Result<Value, any Error>
        switch result {
        case .success(let lease):
            self.lease = lease
            pauseEnd = nil
            outcome = .success(lease.value)
        case .failure(let error):
            if let lease, let endsAt = lease.endsAt, endsAt > .now {
                pauseEnd = .now + retryPause
                outcome = .success(lease.value)
            } else {
                outcome = .failure(error)
            }
        }
        let all = waiting.values
        waiting = [:]
        for continuation in all { continuation.resume(with: outcome) }
    }

    private func leave(_ number: Int) {
        waiting.removeValue(forKey: number)?.resume(throwing: CancellationError())
    }
}

/// A token as requests bear it.
struct AccessToken: Sendable, Hashable {
    /// The value of the header `Authorization`.
    var authorization: String
    /// Says whose project pays for a request to Google (`x-goog-user-project`).
    var billedProject: String?

    /// What stands behind the type.
    var secret: String { String(authorization.drop { $0 != " " }.dropFirst()) }
}

typealias TokenSource = RenewedSecret<AccessToken>
