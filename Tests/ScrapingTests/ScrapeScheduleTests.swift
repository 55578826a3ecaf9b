internal import TestSupport
internal import Testing

@testable internal import Scraping

@Suite("When targets are scraped")
struct ScrapeScheduleTests {
    @Test func `ticks keep their offset into the interval`() {
        let schedule = ScrapeSchedule(intervalMilliseconds: 1000, targetHash: 12_345)
        #expect(schedule.offsetMilliseconds == 345)
        #expect(schedule.tick(after: 10_000) == 10_345)
        #expect(schedule.tick(after: 10_344) == 10_345)
        #expect(schedule.tick(after: 10_345) == 11_345)
        #expect(schedule.tick(after: -100) == 345)
        #expect(schedule.tick(after: -700) == -655)
    }

    @Test func `hashes spread targets evenly over the interval`() {
        var generator = SeededGenerator(seed: 5)
        var tenths = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 {
            let schedule = ScrapeSchedule(intervalMilliseconds: 15_000, targetHash: generator.next())
            tenths[Int(schedule.offsetMilliseconds) * 10 / 15_000] += 1
        }
        #expect(tenths.allSatisfy { $0 > 850 && $0 < 1150 }, "\(tenths), seed \(generator.seed)")
    }

    @Test func `a start that is a little late is taken as on time`() {
        let schedule = ScrapeSchedule(intervalMilliseconds: 1000, targetHash: 0)
        #expect(schedule.sampleTime(tick: 5000, now: 5002) == 5000)
        #expect(schedule.sampleTime(tick: 5000, now: 5003) == 5003)
        let fast = ScrapeSchedule(intervalMilliseconds: 100, targetHash: 0)
        #expect(fast.sampleTime(tick: 5000, now: 5001) == 5000)
        #expect(fast.sampleTime(tick: 5000, now: 5002) == 5002)
    }
}

@Suite("The course of a target's scrapes")
struct ScrapeLoopStateTests {
    private var state = ScrapeLoopState(schedule: ScrapeSchedule(intervalMilliseconds: 1000, targetHash: 100))

    @Test mutating func `scrapes go on tick after tick`() {
        #expect(state.apply(.wake, now: 0) == .wait(until: 100))
        #expect(state.health == .unknown)
        #expect(state.apply(.wake, now: 50) == .wait(until: 100))
        #expect(state.apply(.wake, now: 101) == .scrape(at: 100))
        #expect(state.apply(.finished(failure: nil, durationSeconds: 0.5), now: 600) == .wait(until: 1100))
        #expect(state.health == .up)
        #expect(state.lastScrape == 101)
        #expect(state.apply(.wake, now: 1110) == .scrape(at: 1110))
        let failure = ScrapeFailure(.timeout, "slow")
        #expect(state.apply(.finished(failure: failure, durationSeconds: 1), now: 2105) == .wait(until: 3100))
        #expect(state.health == .down)
        #expect(state.missedTicks == 1)
        #expect(state.lastFailure == failure)
    }

    @Test mutating func `a sleep over several ticks makes one scrape, on time where the last tick is near`() {
        _ = state.apply(.wake, now: 0)
        #expect(state.apply(.wake, now: 7101) == .scrape(at: 7100))
        #expect(state.missedTicks == 7)
        #expect(state.lastLatenessMilliseconds == 1)
    }

    @Test mutating func `a target that goes away while waiting ends its series at the next tick`() {
        _ = state.apply(.wake, now: 0)
        _ = state.apply(.wake, now: 100)
        _ = state.apply(.finished(failure: nil, durationSeconds: 0), now: 200)
        #expect(state.apply(.targetGone, now: 300) == .wait(until: 1100))
        #expect(state.apply(.wake, now: 1100) == .endSeries(at: 1100))
        #expect(state.apply(.wake, now: 1200) == .stop)
    }

    @Test mutating func `a target that goes away during a scrape ends its series after it`() {
        _ = state.apply(.wake, now: 0)
        _ = state.apply(.wake, now: 100)
        #expect(state.apply(.targetGone, now: 150) == .none)
        #expect(state.apply(.finished(failure: nil, durationSeconds: 0), now: 200) == .wait(until: 1100))
        #expect(state.apply(.wake, now: 1100) == .endSeries(at: 1100))
    }

    @Test mutating func `a target that was never scraped has nothing to end`() {
        _ = state.apply(.wake, now: 0)
        #expect(state.apply(.targetGone, now: 50) == .stop)
    }

    @Test mutating func `a shutdown ends no series`() {
        _ = state.apply(.wake, now: 0)
        _ = state.apply(.wake, now: 100)
        #expect(state.apply(.shutdown, now: 150) == .stop)
        #expect(state.apply(.finished(failure: nil, durationSeconds: 0), now: 200) == .stop)
    }
}
