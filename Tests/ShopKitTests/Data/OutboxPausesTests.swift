internal import Testing

@testable import ShopKit

@Suite struct OutboxPausesTests {
    private let start = ContinuousClock.now

    @Test func `who fails waits twice as long each time, up to the longest pause`() {
        var pauses = Outbox.Pauses(max: .seconds(1))
        var waits: [Duration] = []
        var now = start
        for _ in 0..<5 {
            pauses.record("a", isFailure: true, at: now)
            guard case .wait(let pause)? = pauses.next(["a"], at: now) else { return #expect(Bool(false), "no pause") }
            waits.append(pause)
            now += pause
            #expect(pauses.next(["a"], at: now) == .deliver("a"))
        }
        #expect(waits == [.milliseconds(200), .milliseconds(400), .milliseconds(800), .seconds(1), .seconds(1)])
        pauses.record("a", isFailure: false, at: now)
        #expect(pauses.next(["a"], at: now) == .deliver("a"))
    }

    @Test func `who fails holds nobody up, and nobody left is the end`() {
        var pauses = Outbox.Pauses(max: .seconds(1))
        pauses.record("a", isFailure: true, at: start)
        #expect(pauses.next(["a", "b"], at: start) == .deliver("b"))
        #expect(pauses.next([String](), at: start) == nil)
        pauses.record("b", isFailure: true, at: start)
        pauses.record("b", isFailure: true, at: start)
        #expect(pauses.next(["a", "b"], at: start) == .wait(.milliseconds(200)))
    }
}
