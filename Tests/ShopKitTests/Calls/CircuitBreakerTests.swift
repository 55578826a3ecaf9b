internal import ShopKit
internal import TestSupport
internal import Testing

@Suite struct CircuitBreakerTests {
    private let start = ContinuousClock.now

    private func breaker() -> CircuitBreaker {
        var settings = CircuitBreaker.Settings()
        settings.callsMin = 4
        settings.window = .seconds(10)
        settings.pause = .seconds(5)
        return CircuitBreaker(settings)
    }

    @Test func `it opens when half of enough calls failed`() {
        var breaker = breaker()
        for isFailure in [true, false, true] { breaker.record(isFailure: isFailure, at: start) }
        #expect(breaker.state == .closed)
        breaker.record(isFailure: false, at: start)
        #expect(breaker.state == .open)
        #expect(breaker.admit(at: start + .seconds(1)) == .refused(retryAfter: .seconds(4)))
    }

    @Test func `a few failures among many calls do not open it`() {
        var breaker = breaker()
        for call in 0..<100 { breaker.record(isFailure: call % 3 == 2, at: start) }
        #expect(breaker.state == .closed)
    }

    @Test func `failures of long ago are forgotten`() {
        var breaker = breaker()
        for _ in 0..<3 { breaker.record(isFailure: true, at: start) }
        breaker.record(isFailure: true, at: start + .seconds(10))
        #expect(breaker.state == .closed)
    }

    @Test func `after a pause one call is let through, which decides`() {
        for isBack in [true, false] {
            var breaker = breaker()
            for _ in 0..<4 { breaker.record(isFailure: true, at: start) }
            let later = start + .seconds(5)
            #expect(breaker.admit(at: later) == .allowed)
            #expect(breaker.state == .halfOpen)
            #expect(breaker.admit(at: later + .seconds(1)) == .refused(retryAfter: .seconds(4)))
            breaker.record(isFailure: !isBack, at: later + .seconds(1))
            #expect(breaker.state == (isBack ? .closed : .open))
            #expect((breaker.admit(at: later + .seconds(2)) == .allowed) == isBack)
        }
    }

    @Test func `a call that is never heard of again does not keep it half open for ever`() {
        var breaker = breaker()
        for _ in 0..<4 { breaker.record(isFailure: true, at: start) }
        #expect(breaker.admit(at: start + .seconds(5)) == .allowed)
        #expect(breaker.admit(at: start + .seconds(10)) == .allowed)
    }

    @Test func `what comes of earlier calls does not change an open one`() {
        var breaker = breaker()
        for _ in 0..<4 { breaker.record(isFailure: true, at: start) }
        breaker.record(isFailure: false, at: start + .seconds(1))
        #expect(breaker.state == .open)
    }

    @Test func `whatever happens, an open one lets a call through after its pause`() {
        var random = SeededGenerator(seed: 9)
        var breaker = breaker()
        var now = start
        for _ in 0..<5000 {
            now += .milliseconds(Int64.random(in: 0...2000, using: &random))
            if breaker.admit(at: now) == .allowed { breaker.record(isFailure: Bool.random(using: &random), at: now) }
            var later = breaker
            #expect(later.admit(at: now + .seconds(5)) == .allowed)
        }
    }
}
