internal import Foundation
internal import TestSupport
internal import Testing

@testable internal import ShopOrders

@Suite struct CheckoutSagaTests {
    private let noon = Date(timeIntervalSince1970: 1_795_348_800)

    @Test func `an order is reserved, charged, shipped and committed`() {
        var saga = CheckoutSaga(placed: noon)
        #expect(finish(&saga, .reserve) == [])
        #expect(finish(&saga, .charge) == [.charged])
        #expect(finish(&saga, .ship) == [])
        #expect(finish(&saga, .commit) == [.fulfilled])
        #expect(saga.step == nil && saga.setback == nil)
    }

    @Test func `where stock is short there is nothing to undo`() {
        var saga = CheckoutSaga(placed: noon)
        let setback = CheckoutSaga.Setback(kind: .rejected, step: .reserve, reason: "short")
        #expect(finish(&saga, .reserve, .refused(reason: "short")) == [.turnedBack(setback), .undone(setback)])
        #expect(saga.step == nil && saga.setback == setback)
    }

    @Test func `where the card is declined the stock goes back`() {
        var saga = CheckoutSaga(placed: noon)
        finish(&saga, .reserve)
        let setback = CheckoutSaga.Setback(kind: .rejected, step: .charge, reason: "declined")
        #expect(finish(&saga, .charge, .refused(reason: "declined")) == [.turnedBack(setback)])
        #expect(finish(&saga, .release) == [.undone(setback)])
    }

    @Test func `a step that fails is tried again, then it and all before it are undone, last things first`() {
        var saga = CheckoutSaga(placed: noon)
        finish(&saga, .reserve)
        finish(&saga, .charge)
        for _ in 1..<CheckoutSaga.attemptsMax {
            #expect(finish(&saga, .ship, .failed(reason: "down")) == [])
            #expect(saga.step == .ship)
        }
        let setback = CheckoutSaga.Setback(kind: .failed, step: .ship, reason: "down")
        #expect(finish(&saga, .ship, .failed(reason: "down")) == [.turnedBack(setback)])
        #expect(finish(&saga, .cancelShipment) == [])
        #expect(finish(&saga, .refund) == [])
        #expect(finish(&saga, .release) == [.undone(setback)])
    }

    @Test func `what is refused after a failure is undone as well, since the earlier request may yet arrive`() {
        var saga = CheckoutSaga(placed: noon)
        finish(&saga, .reserve, .failed(reason: "no answer"))
        finish(&saga, .reserve, .refused(reason: "short"))
        #expect(saga.step == .release)
    }

    @Test(arguments: [CheckoutSaga.Step.cancelShipment, .refund, .release])
    func `undoing is tried until it succeeds`(step: CheckoutSaga.Step) {
        var saga = CheckoutSaga(placed: noon)
        for done in [CheckoutSaga.Step.reserve, .charge, .ship, .commit] { finish(&saga, done) }
        saga.cancel(now: noon)
        while saga.step != step, let next = saga.step { finish(&saga, next) }
        for _ in 0..<1000 { #expect(finish(&saga, step, .failed(reason: "down")) == []) }
        #expect(saga.step == step)
    }

    @Test func `an order can be cancelled at any time, and everything done is undone`() {
        let steps = [CheckoutSaga.Step.reserve, .charge, .ship, .commit]
        let undone: [[CheckoutSaga.Step]] = [
            [.release], [.refund, .release], [.cancelShipment, .refund, .release], [.cancelShipment, .refund, .release],
            [.cancelShipment, .refund, .release],
        ]
        for done in 0...steps.count {
            var saga = CheckoutSaga(placed: noon)
            for step in steps.prefix(done) { finish(&saga, step) }
            #expect(saga.cancel(now: noon).count == 1)
            var seen: [CheckoutSaga.Step] = []
            while let step = saga.step {
                seen.append(step)
                finish(&saga, step)
            }
            #expect(seen == undone[done], "cancelled after \(done) steps")
            #expect(saga.setback?.kind == .cancelled)
            #expect(saga.cancel(now: noon) == [], "a second time changes nothing")
        }
    }

    @Test func `a shipment that has left keeps the order`() {
        var saga = CheckoutSaga(placed: noon)
        for step in [CheckoutSaga.Step.reserve, .charge, .ship, .commit] { finish(&saga, step) }
        saga.cancel(now: noon)
        #expect(finish(&saga, .cancelShipment, .refused(reason: "shipped")) == [.keptAfterAll])
        #expect(finish(&saga, .commit) == [.fulfilled])
        #expect(saga.setback == nil)
    }

    @Test func `pauses double, up to half a minute, and are up to a half left to chance`() {
        for seed in 0..<50 as Range<UInt64> {
            var saga = CheckoutSaga(placed: noon)
            finish(&saga, .reserve)
            saga.cancel(now: noon)
            for failures in 1...40 {
                finish(&saga, .refund, .failed(reason: "down"), seed: seed)
                let whole = min(0.2 * pow(2, Double(failures - 1)), 30)
                let pause = saga.due.timeIntervalSince(noon)
                #expect(pause >= whole / 2 - 1e-6 && pause <= whole + 1e-6, "failure \(failures), seed \(seed)")
            }
        }
    }

    @Test func `news of a step that is not under way changes nothing`() {
        var saga = CheckoutSaga(placed: noon)
        finish(&saga, .reserve)
        let before = saga
        for step in CheckoutSaga.Step.allCases where step != .charge {
            for outcome in [CheckoutSaga.Outcome.ok, .refused(reason: ""), .failed(reason: "")] {
                #expect(finish(&saga, step, outcome) == [])
                #expect(saga == before)
            }
        }
    }

    @discardableResult
    private func finish(
        _ saga: inout CheckoutSaga, _ step: CheckoutSaga.Step, _ outcome: CheckoutSaga.Outcome = .ok, seed: UInt64 = 1
    ) -> [CheckoutSaga.Milestone] {
        var generator = SeededGenerator(seed: seed)
        return saga.handle(.finished(step, outcome), now: noon, using: &generator)
    }
}

extension CheckoutSaga {
    @discardableResult
    fileprivate mutating func cancel(now: Date) -> [Milestone] {
        var generator = SeededGenerator(seed: 1)
        return handle(.cancel(reason: "changed their mind"), now: now, using: &generator)
    }
}
