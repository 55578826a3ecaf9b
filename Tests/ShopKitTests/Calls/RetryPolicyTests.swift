internal import ShopKit
internal import Testing

@Suite struct RetryPolicyTests {
    @Test func `pauses double, with at least half of each`() throws {
        var policy = RetryPolicy()
        policy.attemptsMax = 10
        for (attempt, expected) in [(1, 50), (2, 100), (3, 200), (5, 800), (6, 1000), (9, 1000)] {
            let longest = try #require(policy.pause(after: attempt, jitter: 1, remaining: .seconds(60)))
            let shortest = try #require(policy.pause(after: attempt, jitter: 0, remaining: .seconds(60)))
            #expect(longest == .milliseconds(expected))
            #expect(shortest == .milliseconds(expected) / 2)
        }
    }

    @Test func `there is an end to attempts`() {
        #expect(RetryPolicy().pause(after: 2, jitter: 0, remaining: .seconds(60)) != nil)
        #expect(RetryPolicy().pause(after: 3, jitter: 0, remaining: .seconds(60)) == nil)
        #expect(RetryPolicy.none.pause(after: 1, jitter: 0, remaining: .seconds(60)) == nil)
    }

    @Test func `no pause goes beyond the deadline`() {
        #expect(RetryPolicy().pause(after: 1, jitter: 1, remaining: .milliseconds(50)) == nil)
        #expect(RetryPolicy().pause(after: 1, jitter: 1, remaining: .milliseconds(51)) != nil)
    }

    @Test func `what the other side asks for is kept`() {
        #expect(RetryPolicy().pause(after: 1, jitter: 0, remaining: .seconds(60), asked: .seconds(2)) == .seconds(2))
        #expect(RetryPolicy().pause(after: 1, jitter: 0, remaining: .seconds(1), asked: .seconds(2)) == nil)
    }
}
