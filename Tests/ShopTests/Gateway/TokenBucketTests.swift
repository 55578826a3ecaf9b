internal import TestSupport
internal import Testing

@testable import ShopGateway

@Suite struct TokenBucketTests {
    private let start = ContinuousClock.now
    private let limit = TokenBucket.Limit(perSecond: 10, burst: 5)

    @Test func `a burst is let through, then so many a second`() {
        var bucket = TokenBucket(limit, at: start)
        for _ in 0..<5 { #expect(bucket.take(at: start) == nil) }
        #expect(bucket.take(at: start) == .milliseconds(100))
        #expect(bucket.take(at: start + .milliseconds(100)) == nil)
        #expect(bucket.take(at: start + .milliseconds(150)) != nil)
        #expect(bucket.take(at: start + .milliseconds(200)) == nil)
    }

    @Test func `a long pause does not save up more than a burst`() {
        var bucket = TokenBucket(limit, at: start)
        let later = start + .seconds(3600)
        for _ in 0..<5 { #expect(bucket.take(at: later) == nil) }
        #expect(bucket.take(at: later) != nil)
    }

    @Test func `a clock that goes back does no harm`() {
        var bucket = TokenBucket(limit, at: start)
        #expect(bucket.take(at: start - .seconds(5)) == nil)
        for _ in 0..<4 { #expect(bucket.take(at: start) == nil) }
        #expect(bucket.take(at: start) != nil)
    }

    @Test func `over any time no more get through than the limit says`() {
        var random = SeededGenerator(seed: 12)
        var bucket = TokenBucket(limit, at: start)
        var (now, taken) = (start, 0)
        for _ in 0..<5000 {
            now += .milliseconds(Int.random(in: 0...60, using: &random))
            if bucket.take(at: now) == nil { taken += 1 }
        }
        let allowed = 5 + (now - start) / .seconds(1) * 10
        #expect(Double(taken) <= allowed)
        #expect(Double(taken) >= allowed * 0.95)
    }

    @Test func `clients do not take from each other, and there is room for so many only`() {
        var buckets = TokenBuckets(limit, clientsMax: 100)
        for client in 0..<1000 {
            let now = start + .milliseconds(client)
            for _ in 0..<5 { #expect(buckets.take("\(client)", at: now) == nil) }
            #expect(buckets.take("\(client)", at: now) != nil)
            #expect(buckets.clientCount <= 100)
        }
    }
}
