internal import AsyncHTTPClient
internal import PerchHTTPClient
internal import PerchMetrics
internal import ServiceLifecycle
internal import Synchronization
internal import Tracing

/// Lets shoppers into the shop at a given rate, for a given time, and keeps count of their visits.
final class LoadRun: Service {
    struct Settings: Sendable {
        /// Shoppers a second.
        var rate = 5.0
        /// Nil for as long as the process runs.
        var duration: Duration?
        var seed: UInt64 = 1
        /// The gateway's address, without a slash at the end.
        var gateway = "http://127.0.0.1:8080"
        /// So many shoppers are in the shop at the most. Others are turned away, and counted.
        var shoppersMax = 200
        /// The share of shoppers who have yet to register.
        var newShoppers = 0.3
        var habits = Shopper.Habits()
        /// How long those who are in the shop at the end may stay.
        var closing = Duration.seconds(5)
    }

    private struct State {
        var summary = Summary()
        var customers: [Customer] = []
        var active = 0
    }

    private struct Customer: Sendable {
        let account: Shopper.Account
        let userID: Int
    }

    private static let customersMax = 500

    private let settings: Settings
    private let client: TelemetryHTTPClient
    private let tracer: any Tracer
    private let metrics: LoadContract
    private let state = Mutex(State())
    private let started = ContinuousClock.now

    init(_ settings: Settings, client: TelemetryHTTPClient, tracer: any Tracer, metrics: MetricRegistry) {
        self.settings = settings
        self.client = client
        self.tracer = tracer
        self.metrics = LoadContract(in: metrics)
    }

    /// What has become of all visits so far, for the terminal.
    var summary: String { state.withLock { $0.summary }.text(steps: Shopper.Move.names, elapsed: ContinuousClock.now - started) }

    /// Runs until the time is over or the process is to end.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                var arrivals = Arrivals(rate: self.settings.rate, seed: self.settings.seed)
                var generator = SeededGenerator(seed: self.settings.seed &+ 1)
                var next = ContinuousClock.now
                let end = self.settings.duration.map { next + $0 }
                var number = 0
                while true {
                    next += arrivals.nextGap()
                    if let end, next > end { break }
                    guard (try? await Task.sleep(until: next, clock: .continuous)) != nil else { break }
                    number += 1
                    let shopper = self.shopper(number, using: &generator)
                    if self.enter() { group.addTask { await self.visit(shopper) } }
                }
                await self.close()
                group.cancelAll()
            }
        }
    }

    private func shopper(_ number: Int, using generator: inout SeededGenerator) -> Shopper {
        let seed = generator.next()
        let known = generator.happens(settings.newShoppers) ? nil : state.withLock { $0.customers.randomElement(using: &generator) }
        if let known { return Shopper(known.account, isNew: false, userID: known.userID, habits: settings.habits, seed: seed) }
        let name = "shopper-\(String(settings.seed, radix: 36))-\(number)"
        let account = Shopper.Account(username: name, password: String(seed, radix: 36) + "-Pw1")
        return Shopper(account, isNew: true, habits: settings.habits, seed: seed)
    }

    /// Whether there is room for one more.
    private func enter() -> Bool {
        state.withLock { state in
            guard state.active < settings.shoppersMax else {
                state.summary.turnAway()
                return false
            }
            state.active += 1
            metrics.shoppersActive[].set(Double(state.active))
            return true
        }
    }

    /// Waits until all have left, but not for long.
    private func close() async {
        let end = ContinuousClock.now + settings.closing
        while ContinuousClock.now < end, state.withLock({ $0.active }) > 0, (try? await Task.sleep(for: .milliseconds(50))) != nil {}
    }

    private func visit(_ shopper: Shopper) async {
        var shopper = shopper
        var front = ShopFront(client, at: settings.gateway)
        let entered = ContinuousClock.now
        var answer: Shopper.Answer?
        var outcome: Shopper.Outcome?
        while outcome == nil, !Task.isCancelled {
            switch shopper.next(after: answer) {
            case .leave(let left): outcome = left
            case .move(let move, let thinking):
                try? await Task.sleep(for: thinking)
                if !Task.isCancelled { answer = await make(move, &front) }
            }
        }
        leave(shopper, outcome, after: ContinuousClock.now - entered)
    }

    /// - Parameter outcome: nil for one who was asked to leave, of whom nothing can be said.
    private func leave(_ shopper: Shopper, _ outcome: Shopper.Outcome?, after time: Duration) {
        state.withLock { state in
            state.active -= 1
            metrics.shoppersActive[].set(Double(state.active))
            if let outcome { state.summary.visited(outcome, in: time) }
            if let userID = shopper.userID, shopper.isNew, state.customers.count < Self.customersMax {
                state.customers.append(Customer(account: shopper.account, userID: userID))
            }
        }
        guard let outcome else { return }
        metrics.journeys[outcome].increment()
        metrics.journeyDuration[].record(time / .seconds(1))
    }

    /// Each move begins a trace, which goes through all services.
    private func make(_ move: Shopper.Move, _ front: inout ShopFront) async -> Shopper.Answer {
        let span = tracer.startAnySpan("shopper \(move.name)", context: .topLevel)
        defer { span.end() }
        let started = ContinuousClock.now
        let (answer, problem) = await InstrumentationContext.withValue(span.context) { await front.make(move) }
        if Task.isCancelled { return answer }
        if answer == .failed { span.setStatus(SpanStatus(code: .error, message: problem)) }
        state.withLock { $0.summary.moved(move.name, in: ContinuousClock.now - started, problem: problem) }
        return answer
    }
}
