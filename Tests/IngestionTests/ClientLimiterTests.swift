internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import Ingestion

@Suite("What clients are held to")
struct ClientLimiterTests {
    private final class Clock: Sendable {
        private let nanoseconds = Mutex<Int64>(1_000_000_000_000)
        var now: Int64 { nanoseconds.withLock { $0 } }
        func advance(_ seconds: Double) { nanoseconds.withLock { $0 += Int64(seconds * 1e9) } }
    }

    private func limiter(_ clock: Clock, _ change: (inout ClientRates) -> Void) -> ClientLimiter {
        var rates = ClientRates()
        rates.burstSeconds = 2
        change(&rates)
        return ClientLimiter(rates) { clock.now }
    }

    private func refusal(_ limiter: ClientLimiter, _ client: ClientIdentity) -> ClientLimiter.Refusal? {
        do throws(ClientLimiter.Refusal) { try limiter.admit(client) } catch { return error }
        return nil
    }

    private let shop = ClientIdentity(.tenant, "shop")

    @Test func `requests beyond the burst are refused until time has passed, and the limit is named`() throws {
        let clock = Clock()
        let limiter = limiter(clock) { $0.requests = 3 }
        for _ in 0..<6 { #expect(refusal(limiter, shop) == nil) }
        let refused = try #require(refusal(limiter, shop))
        #expect(refused.message == "tenant \"shop\" sends more than its 3 requests in a second (limits.clients.requests_per_second)")
        #expect(refused.retryAfterSeconds == 1)
        #expect(refusal(limiter, ClientIdentity(.address, "10.0.0.1")) == nil)
        clock.advance(0.5)
        #expect(refusal(limiter, shop) == nil)
        #expect(refusal(limiter, shop) == nil)
        #expect(refusal(limiter, shop) != nil)
        #expect(limiter.refusals.requests == 2)
    }

    @Test func `what has no requests is held back for bytes and items alone, and counted once while it waits`() throws {
        let clock = Clock()
        let limiter = limiter(clock) {
            $0.requests = 1
            $0.items = 10
        }
        limiter.charge(shop, requests: 5, bytes: 0, items: 0)
        #expect(limiter.delay(of: shop, streams: true) == nil)
        #expect(limiter.delay(of: shop, streams: false)?.limit == .requests)
        limiter.charge(shop, bytes: 0, items: 50)
        let delay = try #require(limiter.delay(of: shop, streams: true))
        #expect(delay.limit == .items && abs(delay.seconds - 3) < 0.01 && delay.retryAfterSeconds == 3)
        clock.advance(2.9)
        #expect(limiter.delay(of: shop, streams: true, isWaiting: true) != nil)
        clock.advance(0.2)
        #expect(limiter.delay(of: shop, streams: true, isWaiting: true) == nil)
        #expect(limiter.refusals == (requests: 1, bytes: 0, items: 1))
        // Asking takes nothing.
        for _ in 0..<100 { #expect(limiter.delay(of: shop, streams: true) == nil) }
    }

    @Test func `a client over a limit is told of once a minute, and of many one a second`() throws {
        let clock = Clock()
        let told = Mutex<[String]>([])
        var rates = ClientRates()
        rates.bytes = 1
        let limiter = ClientLimiter(rates) {
            clock.now
        } report: { refusal in
            told.withLock { $0.append(refusal.message) }
        }
        let other = ClientIdentity(.address, "10.0.0.1")
        for client in [shop, other] { limiter.charge(client, bytes: 1_000_000, items: 0) }
        for _ in 0..<5 { _ = refusal(limiter, shop) }
        _ = refusal(limiter, other)
        #expect(told.withLock { $0.count } == 1)
        clock.advance(1)
        for client in [shop, other] { _ = refusal(limiter, client) }
        #expect(told.withLock { $0 }.map { $0.contains("10.0.0.1") } == [false, true])
        clock.advance(60)
        _ = refusal(limiter, shop)
        #expect(told.withLock { $0.count } == 3)
        #expect(limiter.refusals.bytes == 9)
    }

    @Test func `a message larger than the burst passes, and what comes behind it waits the longer`() throws {
        let clock = Clock()
        let limiter = limiter(clock) {
            $0.bytes = 1000
            $0.items = 10
        }
        #expect(refusal(limiter, shop) == nil)
        limiter.charge(shop, bytes: 500, items: 120)
        let refused = try #require(refusal(limiter, shop))
        #expect(refused.message.contains("10 items in a second") && refused.retryAfterSeconds == 10)
        clock.advance(10.1)
        #expect(refusal(limiter, shop) == nil)
        limiter.charge(shop, bytes: 7000, items: 0)
        #expect(refusal(limiter, shop)?.message.contains("1000 bytes in a second") == true)
        #expect(refusal(limiter, shop)?.retryAfterSeconds == 5)
        #expect(limiter.refusals == (requests: 0, bytes: 2, items: 1))
    }

    @Test func `over a long time no more is let through than the rate and one burst`() {
        var random = SeededGenerator(seed: 41)
        let clock = Clock()
        let limiter = limiter(clock) { $0.items = 100 }
        var taken = 0
        var seconds = 0.0
        for _ in 0..<20_000 {
            let step = Double.random(in: 0...0.05, using: &random)
            seconds += step
            clock.advance(step)
            guard refusal(limiter, shop) == nil else { continue }
            let items = Int.random(in: 0...40, using: &random)
            limiter.charge(shop, bytes: 0, items: items)
            taken += items
        }
        #expect(Double(taken) <= seconds * 100 + 200 + 40)
        #expect(Double(taken) >= seconds * 100 * 0.95)
    }

    @Test func `many clients do not fill the memory, and a flood of names does not free one of its limit`() {
        let clock = Clock()
        let limiter = limiter(clock) { $0.requests = 1 }
        for number in 0..<30_000 { _ = refusal(limiter, ClientIdentity(.tenant, "t\(number)")) }
        #expect(limiter.refusals.requests > 19_000)
        clock.advance(60)
        #expect(refusal(limiter, shop) == nil)
        #expect(refusal(limiter, shop) == nil)
        #expect(refusal(limiter, shop) != nil)
    }

    @Test func `a clock that goes back gives nothing`() {
        let clock = Clock()
        let limiter = limiter(clock) { $0.requests = 1 }
        for _ in 0..<2 { #expect(refusal(limiter, shop) == nil) }
        clock.advance(-3600)
        #expect(refusal(limiter, shop) != nil)
    }

    @Test func `who sends is told by tenant, user, address, in this order`() {
        func of(_ tenant: String?, _ authorization: String?) -> String {
            ClientIdentity(tenant: tenant, authorization: authorization, address: "10.0.0.1").description
        }
        #expect(of("shop", "Basic bWU6cGFzcw==") == #"tenant "shop""#)
        #expect(of("", "Basic bWU6cGFzcw==") == #"user "me""#)
        #expect(of(nil, "basic bWU6cGFzcw") == #"user "me""#)
        for other in [nil, "Bearer abc", "Basic", "Basic !!", "Basic bWU=", "Basic OnBhc3M="] {
            #expect(of(nil, other) == #"address "10.0.0.1""#)
        }
        #expect(ClientIdentity(tenant: String(repeating: "x", count: 5000), authorization: nil, address: "").name.utf8.count == 256)
    }
}
