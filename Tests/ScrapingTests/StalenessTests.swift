internal import MetricStorage
internal import Relabeling
internal import TelemetryModel
internal import TestSupport
internal import Testing

@testable internal import Scraping

@Suite("Series that end")
struct StalenessTests {
    private let a = "a{instance=\"i\", job=\"j\"}"
    private let b = "b{instance=\"i\", job=\"j\"}"

    @Test func `a series that is gone from the page is marked once`() {
        var scraper = PageScraper()
        _ = scraper.scrape("a 1\nb 2\n", at: 1000)
        #expect(scraper.scrape("b 2\n", at: 2000).samples == ["\(b) 2.0", "\(a) stale"])
        #expect(scraper.scrape("b 2\n", at: 3000).samples == ["\(b) 2.0"])
        #expect(scraper.scrape("a 1\nb 2\n", at: 4000).samples == ["\(a) 1.0", "\(b) 2.0"])
    }

    @Test func `a failed scrape marks all series once`() {
        var scraper = PageScraper()
        _ = scraper.scrape("a 1\nb 2\n", at: 1000)
        #expect(scraper.fail(ScrapeFailure(.timeout, "slow"), at: 2000) == ["\(a) stale", "\(b) stale"])
        #expect(scraper.report["up"] == 0)
        #expect(scraper.fail(ScrapeFailure(.timeout, "slow"), at: 3000) == [])
        #expect(scraper.scrape("a 1\n", at: 4000).samples == ["\(a) 1.0"])
    }

    @Test func `series that storage has forgotten meanwhile are given with their labels again`() {
        var scraper = PageScraper()
        _ = scraper.scrape("a 1\nb 2\n", at: 1000)
        scraper.storage.forgetReferences()
        #expect(scraper.scrape("b 3\nc 4\n", at: 2000).samples == ["\(b) 3.0", "c{instance=\"i\", job=\"j\"} 4.0", "\(a) stale"])
        #expect(scraper.scrape("b 5\n", at: 3000).samples == ["\(b) 5.0", "c{instance=\"i\", job=\"j\"} stale"])
    }

    @Test func `a page that changes its content in the middle is taken as a whole or not at all`() {
        var scraper = PageScraper()
        _ = scraper.scrape("a 1\nb 2\n", at: 1000)
        let torn = "a 2\nb 3\n<!DOCTYPE html><html>bad gateway</html>\n"
        let (failure, samples) = scraper.scrape(torn, at: 2000)
        #expect(failure?.code == .malformed)
        #expect(samples == ["\(a) stale", "\(b) stale"])
        #expect(scraper.scrape("a 4\nb 5\n", at: 3000).samples == ["\(a) 4.0", "\(b) 5.0"])
    }

    @Test func `a malformed page marks what was there before, not what it began with`() {
        var scraper = PageScraper()
        _ = scraper.scrape("a 1\n", at: 1000)
        #expect(scraper.scrape("b 1\na 2\n{", at: 2000).samples == ["\(a) stale"])
        #expect(scraper.scrape("b 1\n", at: 3000).samples == ["\(b) 1.0"])
    }

    @Test func `a series written differently goes on`() {
        var scraper = PageScraper()
        _ = scraper.scrape("a{x=\"1\",y=\"2\"} 1\n", at: 1000)
        let samples = scraper.scrape("a{y=\"2\",x=\"1\"} 2\n", at: 2000).samples
        #expect(samples == ["a{instance=\"i\", job=\"j\", x=\"1\", y=\"2\"} 2.0"])
        #expect(scraper.scrape("a{x=\"1\",y=\"2\"} 1\n", at: 3000).samples.count == 1)
    }

    @Test func `series with timestamps of their own are not marked, unless asked for`() {
        var scraper = PageScraper()
        _ = scraper.scrape("a 1 500\nb 2\n", at: 1000)
        #expect(scraper.scrape("b 2\n", at: 2000).samples == ["\(b) 2.0"])
        var tracking = PageScraper(ScrapeJob(name: "j", trackTimestampsStaleness: true))
        _ = tracking.scrape("a 1 500\nb 2\n", at: 1000)
        #expect(tracking.scrape("b 2\n", at: 2000).samples == ["\(b) 2.0", "\(a) stale"])
    }

    @Test func `a target that goes away ends its series and its report`() throws {
        var scraper = PageScraper()
        _ = scraper.scrape("a 1\n", at: 1000)
        try scraper.memory.endSeries(at: 2000, environment: scraper.environment)
        let last = try #require(scraper.storage.batches.last)
        #expect(last.count == 6)
        #expect(last.allSatisfy { StaleMarker.matches($0.value) && $0.timestamp == 2000 })
    }

    @Test func `what storage did not keep changes nothing`() {
        var scraper = PageScraper()
        _ = scraper.scrape("a 1\n", at: 1000)
        scraper.storage.fail(MetricStorageError(.overloaded, "full"))
        #expect(scraper.scrape("b 1\n", at: 2000).failure?.code == .storage)
        scraper.storage.fail(nil)
        #expect(scraper.scrape("b 1\n", at: 3000).samples == ["\(b) 1.0", "\(a) stale"])
    }

    @Test func `rules that change end what they drop`() throws {
        var old = PageScraper()
        _ = old.scrape("a 1\nb 1\n", at: 1000)
        let rules = try RelabelRules([RelabelRule(action: .drop, sourceLabels: ["__name__"], regex: "a")])
        var new = PageScraper(ScrapeJob(name: "j", metricRelabelRules: rules))
        new.memory.takeOver(old.memory)
        #expect(new.scrape("a 1\nb 1\n", at: 2000).samples == ["\(b) 1.0", "\(a) stale"])
    }

    /// Random pages against a plain model: after every scrape, exactly the series of the last page are alive.
    @Test func `random pages`() {
        var generator = SeededGenerator(seed: 77)
        for _ in 0..<50 {
            var scraper = PageScraper()
            var alive: Set<String> = []
            for round in 1...60 {
                let names = (0..<Int.random(in: 0...40, using: &generator)).map { _ in "m\(Int.random(in: 0..<60, using: &generator))" }
                let isBroken = Int.random(in: 0..<10, using: &generator) == 0
                let page = names.map { "\($0) 1\n" }.joined() + (isBroken ? "=" : "")
                let samples = scraper.scrape(page, at: Int64(round) * 1000).samples
                let now: Set<String> = isBroken ? [] : Set(names)
                let expected = Set(now.map { "\($0){instance=\"i\", job=\"j\"} 1.0" }).union(
                    alive.subtracting(now).map { "\($0){instance=\"i\", job=\"j\"} stale" })
                #expect(Set(samples) == expected, "seed \(generator.seed)")
                #expect(samples.count == expected.count, "seed \(generator.seed)")
                alive = now
            }
        }
    }

    @Test func `the memory of a target that never repeats itself stays bounded`() {
        var scraper = PageScraper()
        for round in 0..<60 {
            let page = (0..<500).map { "m\(round)_\($0) 1\n" }.joined()
            _ = scraper.scrape(page, at: Int64(round) * 1000)
            _ = scraper.scrape(page + "{", at: Int64(round) * 1000 + 1)
        }
        #expect(scraper.memory.cache.textCount <= 2 * 500 + ScrapeCache.spareTexts)
        #expect(scraper.memory.cache.seriesCount <= 3 * 500 + ScrapeCache.spareTexts)
    }
}
