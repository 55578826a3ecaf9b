internal import Foundation

/// What is done for an order after it was placed: stock is reserved, the card charged, a shipment made, and the reservation committed. Where
/// a step is refused or fails for good, what was done before is undone, last things first.
///
/// A value without clock, disk or network: it takes events and the time, and says what to do next. Whoever drives it keeps it on the disk
/// before each step, so that after a crash the same step is done again. So each step must be idempotent, and undoing must work for a step
/// whose outcome nobody knows: it also keeps a request that is still on its way from taking effect later.
///
///     reserve ──> charge ──> ship ──> commit ──> fulfilled
///        │           │         │
///     release <── refund <── cancel_shipment
struct CheckoutSaga: Codable, Sendable, Hashable {
    /// A call to another service.
    enum Step: String, Codable, Sendable, Hashable, CaseIterable {
        case reserve, charge, ship, commit
        case cancelShipment = "cancel_shipment"
        case refund, release
    }

    enum Outcome: Sendable, Hashable {
        case ok
        /// The other service said no: the step has not happened and will not.
        case refused(reason: String)
        /// Nobody knows whether the step happened.
        case failed(reason: String)
    }

    enum Event: Sendable, Hashable {
        case finished(Step, Outcome)
        /// Somebody does not want the order any more.
        case cancel(reason: String)
    }

    /// Why an order comes to nothing.
    struct Setback: Codable, Sendable, Hashable {
        enum Kind: String, Codable, Sendable, Hashable {
            /// Another service said no: stock is short, the card is declined.
            case rejected
            /// Another service did not answer, or with an error, until there was no point in trying again.
            case failed
            case cancelled
        }

        let kind: Kind
        let step: Step
        let reason: String
    }

    /// What an event has made true, to be recorded in one transaction with the saga.
    enum Milestone: Sendable, Hashable {
        case charged
        /// From here on the steps are undone.
        case turnedBack(Setback)
        /// The shipment could not be cancelled any more, so the order goes on after all.
        case keptAfterAll
        case fulfilled
        /// Nothing is held or charged any more.
        case undone(Setback)
    }

    /// How often a step that fails is tried before the order is given up. Steps behind the point of no return are tried until they succeed.
    static let attemptsMax = 3
    /// How long to wait after the first failure; twice as long after each further one.
    static let backOff: TimeInterval = 0.2
    static let backOffMax: TimeInterval = 30

    /// The step to be done next; nil at the end.
    private(set) var step: Step? = .reserve
    /// When to do it.
    private(set) var due: Date
    /// How often it failed.
    private(set) var failures = 0
    private(set) var setback: Setback?

    init(placed: Date) { due = placed }

    /// Takes note of what happened. An event that is no longer of any interest changes nothing.
    mutating func handle(_ event: Event, now: Date, using generator: inout some RandomNumberGenerator) -> [Milestone] {
        switch event {
        case .cancel(let reason):
            // An order that is being undone is cancelled already; of one that was fulfilled everything was done.
            guard setback == nil else { return [] }
            return turnBack(Setback(kind: .cancelled, step: step ?? .commit, reason: reason), undoing: step ?? .commit, now: now)
        case .finished(let finished, let outcome):
            guard finished == step else { return [] }
            switch outcome {
            case .ok: return succeeded(finished, now: now)
            case .refused(let reason): return refused(finished, reason, now: now)
            case .failed(let reason): return failed(finished, reason, now: now, using: &generator)
            }
        }
    }

    private mutating func succeeded(_ finished: Step, now: Date) -> [Milestone] {
        switch finished {
        case .reserve: proceed(to: .charge, now: now)
        case .charge:
            proceed(to: .ship, now: now)
            return [.charged]
        case .ship: proceed(to: .commit, now: now)
        case .commit: return end(now: now)
        case .cancelShipment: proceed(to: .refund, now: now)
        case .refund: proceed(to: .release, now: now)
        case .release: return end(now: now)
        }
        return []
    }

    private mutating func refused(_ finished: Step, _ reason: String, now: Date) -> [Milestone] {
        let before: Step?
        switch finished {
        case .reserve: before = nil
        case .charge: before = .reserve
        case .ship: before = .charge
        case .cancelShipment: return keepAfterAll(now: now)
        // There is nothing (any more) to be committed, refunded or released.
        case .commit, .refund, .release: return succeeded(finished, now: now)
        }
        // What was refused has not happened, but an earlier request of which nothing was heard may still be on its way.
        let setback = Setback(kind: .rejected, step: finished, reason: reason)
        return turnBack(setback, undoing: failures == 0 ? before : finished, now: now)
    }

    private mutating func failed(
        _ finished: Step, _ reason: String, now: Date, using generator: inout some RandomNumberGenerator
    ) -> [Milestone] {
        failures += 1
        let canGiveUp = setback == nil && finished != .commit
        if canGiveUp, failures >= Self.attemptsMax {
            return turnBack(Setback(kind: .failed, step: finished, reason: reason), undoing: finished, now: now)
        }
        // Half of the time is left to chance, so that orders that failed together do not come back together.
        let delay = min(Self.backOff * pow(2, Double(min(failures, 32) - 1)), Self.backOffMax)
        due = now.addingTimeInterval(delay * Double.random(in: 0.5...1, using: &generator))
        return []
    }

    private mutating func proceed(to next: Step?, now: Date) {
        step = next
        due = now
        failures = 0
    }

    /// - Parameter last: the last step that happened, or may have.
    private mutating func turnBack(_ setback: Setback, undoing last: Step?, now: Date) -> [Milestone] {
        self.setback = setback
        switch last {
        case .commit, .ship: proceed(to: .cancelShipment, now: now)
        case .charge: proceed(to: .refund, now: now)
        case .reserve: proceed(to: .release, now: now)
        default: return [.turnedBack(setback)] + end(now: now)
        }
        return [.turnedBack(setback)]
    }

    private mutating func keepAfterAll(now: Date) -> [Milestone] {
        setback = nil
        proceed(to: .commit, now: now)
        return [.keptAfterAll]
    }

    private mutating func end(now: Date) -> [Milestone] {
        proceed(to: nil, now: now)
        return [setback.map { .undone($0) } ?? .fulfilled]
    }
}
