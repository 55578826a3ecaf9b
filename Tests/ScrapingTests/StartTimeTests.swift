internal import Relabeling
internal import TelemetryModel
internal import Testing

@testable internal import Scraping

@Suite("When series began to be counted, as pages tell")
struct StartTimeTests {
    private static let type = "application/openmetrics-text; version=1.0.0"

    private static func page(_ hits: Int, createdAt created: String, other: String = "100.5") -> String {
        """
        # TYPE hits counter
        hits_total{path="/a"} \(hits)
        hits_created{path="/a"} \(created)
        hits_total{path="/b"} 7
        hits_created{path="/b"} \(other)
        # TYPE took histogram
        took_bucket{le="1"} 1
        took_bucket{le="+Inf"} 2
        took_count 2
        took_sum 3
        took_created 101
        # TYPE up_created gauge
        up_created 5
        # EOF

        """
    }

    @Test func `a created line tells the start of the series before it, and is a series itself`() {
        var scraper = PageScraper()
        for time in [200_000, 205_000] as [Timestamp] {
            let (failure, samples) = scraper.scrape(Self.page(3, createdAt: "100.25"), at: time, contentType: Self.type)
            #expect(failure == nil)
            #expect(samples.count == 10)
            #expect(samples.contains("hits_created{instance=\"i\", job=\"j\", path=\"/b\"} 100.5"))
            #expect(
                scraper.storage.starts == [
                    "hits_total{path=\"/a\"} 100250 \(time)", "hits_total{path=\"/b\"} 100500 \(time)",
                    "took_bucket{le=\"1.0\"} 101000 \(time)", "took_bucket{le=\"+Inf\"} 101000 \(time)", "took_count 101000 \(time)",
                    "took_sum 101000 \(time)",
                ])
        }
    }

    @Test func `with zeros, a start that lies since the last sample is a sample of its own, once`() {
        var job = ScrapeJob(name: "j")
        job.takeStartsAsZeros()
        #expect(job.protocols.first == .prometheusProtobuf)
        var scraper = PageScraper(job)
        let a = "hits_total{instance=\"i\", job=\"j\", path=\"/a\"}"
        var samples = scraper.scrape(Self.page(3, createdAt: "100.25"), at: 200_000, contentType: Self.type).samples
        #expect(samples.filter { $0.hasPrefix(a) } == ["\(a) 3.0", "\(a) 0.0 @100250"])
        #expect(!samples.contains { $0.hasPrefix("hits_created") })
        #expect(samples.contains { $0.hasPrefix("up_created") })
        #expect(samples.filter { $0.hasSuffix("0.0 @101000") }.count == 4)
        samples = scraper.scrape(Self.page(4, createdAt: "100.25"), at: 205_000, contentType: Self.type).samples
        #expect(samples.filter { $0.hasPrefix(a) } == ["\(a) 4.0"])
        // Counted anew between two scrapes.
        samples = scraper.scrape(Self.page(5, createdAt: "207.5"), at: 210_000, contentType: Self.type).samples
        #expect(samples.filter { $0.hasPrefix(a) } == ["\(a) 5.0", "\(a) 0.0 @207500"])
        // A start before the last sample, or after this one, would put a zero where samples are.
        samples = scraper.scrape(Self.page(6, createdAt: "203"), at: 215_000, contentType: Self.type).samples
        #expect(samples.filter { $0.hasPrefix(a) } == ["\(a) 6.0"])
        samples = scraper.scrape(Self.page(7, createdAt: "1e9"), at: 220_000, contentType: Self.type).samples
        #expect(samples.filter { $0.hasPrefix(a) } == ["\(a) 7.0"])
    }

    @Test func `a start of long ago gets no zero, and one that is no time is passed over`() {
        var job = ScrapeJob(name: "j")
        job.takeStartsAsZeros()
        var scraper = PageScraper(job)
        let now: Timestamp = 1_795_348_800_000
        for (created, other) in [("1795340000", "NaN"), ("-5", "+Inf"), ("0", "1e300")] {
            let (failure, samples) = scraper.scrape(Self.page(3, createdAt: created, other: other), at: now, contentType: Self.type)
            #expect(failure == nil)
            #expect(!samples.contains { $0.contains(" @") }, "\(created) \(other)")
        }
    }

    @Test func `a dropped created line still tells`() throws {
        let rules = try RelabelRules([RelabelRule(action: .drop, sourceLabels: ["__name__"], regex: ".*_created")])
        var scraper = PageScraper(ScrapeJob(name: "j", metricRelabelRules: rules))
        for time in [200_000, 205_000] as [Timestamp] {
            _ = scraper.scrape(Self.page(3, createdAt: "100.25"), at: time, contentType: Self.type)
            #expect(scraper.storage.starts.count == 6)
            #expect(scraper.storage.starts.first == "hits_total{path=\"/a\"} 100250 \(time)")
        }
    }
}
