extension Outbox {
    /// Who is told next, and when: services that do not answer are given twice the time after each attempt, and hold nobody else up.
    struct Pauses: Sendable {
        typealias Instant = ContinuousClock.Instant

        enum Next: Sendable, Hashable {
            case deliver(String)
            case wait(Duration)
        }

        private struct Subscriber: Sendable {
            var pause: Duration
            var due: Instant
        }

        private static let first = Duration.milliseconds(200)
        private let pauseMax: Duration
        private var failing: [String: Subscriber] = [:]

        init(max: Duration) { pauseMax = max }

        /// - Parameter subscribers: for whom something is left.
        /// - Returns: nil where that is nobody.
        func next(_ subscribers: some Collection<String>, at now: Instant) -> Next? {
            var soonest: Instant?
            for subscriber in subscribers.sorted() {
                guard let due = failing[subscriber]?.due, due > now else { return .deliver(subscriber) }
                soonest = min(soonest ?? due, due)
            }
            return soonest.map { .wait($0 - now) }
        }

        mutating func record(_ subscriber: String, isFailure: Bool, at now: Instant) {
            guard isFailure else {
                failing[subscriber] = nil
                return
            }
            let pause = failing[subscriber].map { min($0.pause * 2, pauseMax) } ?? min(Pauses.first, pauseMax)
            failing[subscriber] = Subscriber(pause: pause, due: now + pause)
        }
    }
}
