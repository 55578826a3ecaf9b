internal import Foundation
internal import TestSupport
internal import Testing

@testable internal import ShopOrders

/// Drives sagas against simulated services that lose requests and answers, answer late, refuse, and stop answering; kills the driver between
/// any two actions; and looks at what is left in the end.
@Suite struct CheckoutSagaModelTests {
    @Test(arguments: 0..<20) func `whatever is lost, late, refused, cancelled or killed, an order is fulfilled or undone`(round: Int) {
        for number in 0..<250 {
            let seed = UInt64(round * 1000 + number)
            var run = SagaRun(seed: seed)
            run.finish()
            run.check()
        }
    }

    @Test(arguments: 0..<40) func `a kill after any one action changes nothing about the end`(round: Int) {
        let seed = UInt64(77_000 + round)
        // Nothing but the kill is left to chance: a repeated request does not shift the luck of those behind it.
        var undisturbed = SagaRun(seed: seed, trouble: .scripted)
        undisturbed.finish()
        for kill in 0..<undisturbed.actions {
            var run = SagaRun(seed: seed, trouble: .scripted, killAt: kill)
            run.finish()
            run.check()
            #expect(run.services == undisturbed.services, "seed \(seed), killed after action \(kill)")
        }
    }
}

struct SagaRun {
    enum Trouble { case random, scripted }

    let seed: UInt64
    let trouble: Trouble
    var killAt: Int?
    var services = SimulatedServices()
    private(set) var actions = 0
    private var generator: SeededGenerator
    private var now = Date(timeIntervalSince1970: 1_795_348_800)
    /// The saga as it is on the disk.
    private var stored: Data
    private var late: [CheckoutSaga.Step] = []
    private var endings: [CheckoutSaga.Milestone] = []
    /// For how many actions services are in trouble: after that all goes well, so that every run ends.
    private let troubledActions: Int
    private let failingSteps: Set<CheckoutSaga.Step>

    init(seed: UInt64, trouble: Trouble = .random, killAt: Int? = nil) {
        var generator = SeededGenerator(seed: seed)
        self.seed = seed
        self.trouble = trouble
        self.killAt = killAt
        services.isShort = Int.random(in: 0..<6, using: &generator) == 0
        services.isDeclined = Int.random(in: 0..<6, using: &generator) == 0
        services.isOutOfReach = Int.random(in: 0..<6, using: &generator) == 0
        troubledActions = Int.random(in: 0..<40, using: &generator)
        failingSteps = Set(CheckoutSaga.Step.allCases.filter { _ in Int.random(in: 0..<5, using: &generator) == 0 })
        stored = SagaRun.encoded(CheckoutSaga(placed: now))
        self.generator = generator
    }

    private static func encoded(_ saga: CheckoutSaga) -> Data {
        do { return try JSONEncoder().encode(saga) } catch { preconditionFailure("BUG: \(error)") }
    }

    private var saga: CheckoutSaga {
        do { return try JSONDecoder().decode(CheckoutSaga.self, from: stored) } catch { preconditionFailure("BUG: \(error)") }
    }

    mutating func finish() {
        goOn()
        // Some orders are cancelled after they were fulfilled.
        if chance(4), saga.setback == nil {
            apply(.cancel(reason: "does not fit"))
            goOn()
        }
        while let step = late.popLast() { _ = services.take(step) }
    }

    private mutating func goOn() {
        while let step = saga.step {
            act(step)
            actions += 1
            guard actions < 500 else {
                Issue.record("no end after \(actions) actions (seed \(seed)): \(saga)")
                return
            }
        }
    }

    private mutating func act(_ step: CheckoutSaga.Step) {
        now = max(now, saga.due)
        if chance(10) { apply(.cancel(reason: "changed their mind")) }
        if services.shipment == .created, chance(8) { services.shipment = .shipped }
        if !late.isEmpty, chance(4) { _ = services.take(late.removeFirst()) }
        // Killed before the call: the process that comes after it reads the same saga and comes here again.
        if chance(10) { return }
        let outcome = call(step)
        // Killed after the call, with its outcome known to nobody.
        if actions == killAt || chance(10) { return }
        apply(.finished(step, outcome))
    }

    private mutating func call(_ step: CheckoutSaga.Step) -> CheckoutSaga.Outcome {
        if isInTrouble(step) {
            switch trouble == .scripted ? 0 : Int.random(in: 0..<3, using: &generator) {
            case 0: break
            case 1: _ = services.take(step)
            default: late.append(step)
            }
            return .failed(reason: "no answer")
        }
        return services.take(step) ? .ok : .refused(reason: "no")
    }

    private mutating func isInTrouble(_ step: CheckoutSaga.Step) -> Bool {
        switch trouble {
        case .random: actions < troubledActions && (failingSteps.contains(step) || chance(3))
        // Steps that are tried until they succeed must do so, or a scripted run would have no end.
        case .scripted: failingSteps.contains(step) && [.reserve, .charge, .ship].contains(step)
        }
    }

    private mutating func apply(_ event: CheckoutSaga.Event) {
        var saga = saga
        var jitter = SeededGenerator(seed: seed)
        for milestone in saga.handle(event, now: now, using: &jitter) {
            switch milestone {
            case .fulfilled, .undone: endings.append(milestone)
            default: break
            }
        }
        stored = SagaRun.encoded(saga)
    }

    private mutating func chance(_ oneOf: Int) -> Bool { trouble == .random && Int.random(in: 0..<oneOf, using: &generator) == 0 }

    func check() {
        let saga = saga
        let comment = Comment(rawValue: "seed \(seed), killed at \(killAt.map(String.init) ?? "random"): \(services), \(saga)")
        #expect(saga.step == nil, comment)
        #expect(services.stock != .held, comment)
        if saga.setback == nil {
            #expect(services.payment == .charged, comment)
            #expect(services.stock == .committed, comment)
            #expect(services.shipment == .created || services.shipment == .shipped, comment)
            #expect(endings.last == .fulfilled, comment)
        } else {
            #expect(services.payment != .charged, comment)
            #expect(services.stock == .untouched || services.stock == .released, comment)
            #expect(services.shipment == .none || services.shipment == .cancelled, comment)
            #expect(endings.last == saga.setback.map { .undone($0) }, comment)
        }
    }
}
