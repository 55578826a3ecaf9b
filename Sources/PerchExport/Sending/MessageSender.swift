internal import Synchronization

/// Sends messages with patience: again after a failure, onto the disk where the receiver is away for long.
final class MessageSender: Sendable {
    /// Counts of items, by what became of them.
    struct Counts: Sendable, Hashable {
        var sent: UInt64 = 0
        /// Left out by the receiver.
        var rejected: UInt64 = 0
        /// Given up.
        var failed: UInt64 = 0
        /// Put on the disk, to be sent later.
        var spooled: UInt64 = 0
        /// Messages that were sent again.
        var retries: UInt64 = 0
    }

    private let transport: any OTLPTransport
    private let policy: RetryPolicy
    /// How long sending a message of a signal may take with all repetitions, where that is not what the policy says.
    private let timeouts: [OTLPSignal: Duration]
    private let spool: SpoolDirectory?
    private let onProblem: @Sendable (String) -> Void
    private let counts = Mutex<[OTLPSignal: Counts]>([:])
    /// Whether the last attempt failed: then the disk is the place for what comes next.
    private let isAway = Atomic<Bool>(false)

    init(
        _ transport: any OTLPTransport, policy: RetryPolicy, timeouts: [OTLPSignal: Duration] = [:], spool: SpoolDirectory?,
        onProblem: @escaping @Sendable (String) -> Void
    ) {
        self.transport = transport
        self.policy = policy
        self.timeouts = timeouts
        self.spool = spool
        self.onProblem = onProblem
    }

    func counts(_ signal: OTLPSignal) -> Counts { counts.withLock { $0[signal] ?? Counts() } }

    /// Sends a message with so many items; returns when it was sent, put on the disk or given up.
    ///
    /// - Parameter isPatient: whether to wait and send again.
    func send(_ message: [UInt8], _ signal: OTLPSignal, items: Int, isPatient: Bool) async {
        let started = ContinuousClock.now
        var policy = policy
        if let timeout = timeouts[signal] { policy.timeMax = timeout }
        var attempts = 0
        while true {
            attempts += 1
            switch await attempt(message, signal, since: started) {
            case .accepted(let rejected, let text):
                isAway.store(false, ordering: .relaxed)
                let rejected = min(max(rejected, 0), items)
                count(signal) { counts in
                    counts.sent += UInt64(items - rejected)
                    counts.rejected += UInt64(rejected)
                }
                if rejected > 0 { onProblem("the receiver left out \(rejected) of \(items) items of \(signal.rawValue): \(text)") }
                return
            case .refused(let reason):
                count(signal) { $0.failed += UInt64(items) }
                onProblem("\(items) items of \(signal.rawValue) were refused: \(reason)")
                return
            case .retry(let after, let reason):
                let wasAway = isAway.exchange(true, ordering: .relaxed)
                if !wasAway { onProblem("\(signal.rawValue) cannot be sent at present: \(reason)") }
                let wait = policy.wait(
                    attempts: attempts, elapsed: ContinuousClock.now - started, retryAfter: after, random: .random(in: 0...1))
                // With a disk at hand there is no need to hold up what comes next while the receiver is away.
                let mayWait = isPatient && !(wasAway && spool != nil)
                guard mayWait, let wait, (try? await Task.sleep(for: wait)) != nil else {
                    giveUp(message, signal, items: items)
                    return
                }
                count(signal) { $0.retries += 1 }
            }
        }
    }

    /// Sends a message once, for as long as is left of the time that its signal has.
    private func attempt(_ message: [UInt8], _ signal: OTLPSignal, since started: ContinuousClock.Instant) async -> SendOutcome {
        guard let timeout = timeouts[signal] else { return await transport.send(message, signal) }
        return await withTaskGroup(of: SendOutcome?.self) { group in
            group.addTask { await self.transport.send(message, signal) }
            group.addTask {
                try? await Task.sleep(until: started + timeout)
                return nil
            }
            let outcome = await group.next() ?? nil
            group.cancelAll()
            return outcome ?? .retry(after: nil, reason: "the receiver did not answer in time")
        }
    }

    private func giveUp(_ message: [UInt8], _ signal: OTLPSignal, items: Int) {
        if let spool {
            spool.put(message, signal)
            count(signal) { $0.spooled += UInt64(items) }
        } else {
            count(signal) { $0.failed += UInt64(items) }
        }
    }

    /// Sends what is on the disk, until there is nothing left or something goes wrong.
    func sendSpooled() async {
        guard let spool else { return }
        while !Task.isCancelled, let oldest = spool.oldest() {
            switch await transport.send(oldest.message, oldest.signal) {
            case .accepted:
                isAway.store(false, ordering: .relaxed)
                oldest.done()
            case .refused(let reason):
                onProblem("a message of \(oldest.signal.rawValue) from the disk was refused: \(reason)")
                oldest.done()
            case .retry: return
            }
        }
    }

    private func count(_ signal: OTLPSignal, _ change: (inout Counts) -> Void) {
        counts.withLock { change(&$0[signal, default: Counts()]) }
    }
}
