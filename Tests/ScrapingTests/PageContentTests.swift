internal import MetricStorage
internal import Relabeling
internal import TelemetryModel
internal import Testing

@testable internal import Scraping

@Suite("What becomes of a page")
struct PageContentTests {
    @Test func `samples get the target's labels and the scrape's time, and the scrape reports`() {
        var scraper = PageScraper()
        let (failure, samples) = scraper.scrape("a 1\nb{x=\"y\"} 2 500\n", at: 1000)
        #expect(failure == nil)
        #expect(samples == ["a{instance=\"i\", job=\"j\"} 1.0", "b{instance=\"i\", job=\"j\", x=\"y\"} 2.0 @500"])
        #expect(
            scraper.report == [
                "up": 1, "scrape_duration_seconds": 0.25, "scrape_samples_scraped": 2, "scrape_samples_post_metric_relabeling": 2,
                "scrape_series_added": 2,
            ])
        _ = scraper.scrape("a 1\nc 3\n", at: 2000)
        #expect(scraper.report["scrape_series_added"] == 1)
        #expect(scraper.storage.values(["__name__": "up", "instance": "i", "job": "j"]) == [1, 1])
    }

    @Test func `references are used from the second scrape on`() {
        var scraper = PageScraper()
        _ = scraper.scrape("a 1\nb 2\n", at: 1000)
        #expect(scraper.storage.knownReferences == 0)
        _ = scraper.scrape("b 2\na 1\n", at: 2000)
        #expect(scraper.storage.knownReferences == 7)
    }

    @Test func `timestamps of the page are passed over where they are not honored, or far ahead`() {
        var scraper = PageScraper(ScrapeJob(name: "j", honorTimestamps: false))
        #expect(scraper.scrape("a 1 500\n", at: 1000).samples == ["a{instance=\"i\", job=\"j\"} 1.0"])
        var honoring = PageScraper()
        #expect(honoring.scrape("a 1 601000\nb 1 601001\n", at: 1000).samples == ["a{instance=\"i\", job=\"j\"} 1.0 @601000"])
    }

    @Test func `conflicting labels of the page are renamed`() {
        var scraper = PageScraper()
        #expect(
            scraper.scrape("a{job=\"p\",exported_job=\"q\",z=\"1\"} 1\n", at: 1000).samples
                == ["a{exported_exported_job=\"p\", exported_job=\"q\", instance=\"i\", job=\"j\", z=\"1\"} 1.0"])
    }

    @Test func `honored labels of the page win`() {
        var scraper = PageScraper(ScrapeJob(name: "j", honorLabels: true))
        #expect(scraper.scrape("a{job=\"p\"} 1\n", at: 1000).samples == ["a{instance=\"i\", job=\"p\"} 1.0"])
    }

    @Test func `metric relabelling drops and renames`() throws {
        let rules = try RelabelRules([
            RelabelRule(action: .drop, sourceLabels: ["__name__"], regex: "go_.*"),
            RelabelRule(sourceLabels: ["__name__"], regex: "old_(.*)", targetLabel: "__name__", replacement: "new_$1"),
        ])
        var scraper = PageScraper(ScrapeJob(name: "j", metricRelabelRules: rules))
        for time in [1000, 2000] as [Timestamp] {
            #expect(scraper.scrape("go_x 1\nold_y 2\n", at: time).samples == ["new_y{instance=\"i\", job=\"j\"} 2.0"])
            #expect(scraper.report["scrape_samples_scraped"] == 2)
            #expect(scraper.report["scrape_samples_post_metric_relabeling"] == 1)
        }
    }

    @Test func `of two samples of one series at one time the first is kept`() throws {
        let rules = try RelabelRules([RelabelRule(action: .labeldrop, regex: "x")])
        var scraper = PageScraper(ScrapeJob(name: "j", metricRelabelRules: rules))
        for time in [1000, 2000] as [Timestamp] {
            #expect(
                scraper.scrape("a{x=\"1\"} 1\na{x=\"2\"} 2\na 3 7\na 4 8\n", at: time).samples == [
                    "a{instance=\"i\", job=\"j\"} 1.0", "a{instance=\"i\", job=\"j\"} 3.0 @7", "a{instance=\"i\", job=\"j\"} 4.0 @8",
                ])
        }
    }

    @Test func `exemplars and metadata are kept`() {
        var scraper = PageScraper()
        let page = """
            # HELP a Help.
            # TYPE a counter
            a_total 1 # {trace_id="t"} 0.5 2
            a_created 12
            # EOF

            """
        #expect(
            scraper.scrape(page, at: 1000, contentType: "application/openmetrics-text; version=1.0.0").samples
                == ["a_total{instance=\"i\", job=\"j\"} 1.0", "a_created{instance=\"i\", job=\"j\"} 12.0"])
        #expect(scraper.storage.exemplars == [Exemplar(labels: ["trace_id": "t"], value: 0.5, timestamp: 2000)])
        #expect(scraper.storage.metadata == ["a": MetricMetadata(type: .counter, help: "Help.")])
        _ = scraper.scrape("# TYPE a gauge\na 1\n", at: 2000)
        #expect(scraper.storage.metadata["a"] == MetricMetadata(type: .gauge))
    }

    static let failing: [(ScrapeJob, String, ScrapeFailure.Code)] = [
        (ScrapeJob(name: "j"), "a 1\nb{ 2\n", .malformed),
        (ScrapeJob(name: "j", limits: ScrapeLimits(samples: 1)), "a 1\nb 2\n", .sampleLimit),
        (ScrapeJob(name: "j", limits: ScrapeLimits(labels: 3)), "a{x=\"1\"} 1\n", .labelLimit),
        (ScrapeJob(name: "j", limits: ScrapeLimits(labelNameBytes: 8)), "a{longname1=\"1\"} 1\n", .labelLimit),
        (ScrapeJob(name: "j", limits: ScrapeLimits(labelValueBytes: 3)), "a{x=\"1234\"} 1\n", .labelLimit),
    ]

    @Test(arguments: failing)
    func `a page beyond a limit or malformed fails as a whole`(job: ScrapeJob, page: String, code: ScrapeFailure.Code) {
        var scraper = PageScraper(job)
        let (failure, samples) = scraper.scrape(page, at: 1000)
        #expect(failure?.code == code)
        #expect(samples.isEmpty)
        #expect(scraper.report["up"] == 0)
    }

    @Test func `a limit that is hit is named, with the metric and the label that grow`() {
        var scraper = PageScraper(ScrapeJob(name: "j", limits: ScrapeLimits(samples: 5)))
        let page = (0..<10).map { "hits{user=\"\($0)\"} 1\n" }.joined() + "a 1\n"
        #expect(
            scraper.scrape(page, at: 1000).failure?.description
                == "sample limit exceeded: 11 samples, at most 5 allowed (sample_limit); "
                + "most are of \"hits\" (10 of 11), whose label \"user\" has 10 values")
        scraper = PageScraper(ScrapeJob(name: "j", limits: ScrapeLimits(labelValueBytes: 3)))
        #expect(
            scraper.scrape("a{x=\"1234\"} 1\n", at: 1000).failure?.description.contains("a value of 4 bytes in \"x\"") == true)
    }

    @Test func `a target that begins too many series goes on with those that are known, and the next hour it may begin others`() {
        let hour: Int64 = 3_600_000
        var scraper = PageScraper(ScrapeJob(name: "j", limits: ScrapeLimits(series: 5)))
        func page(_ ids: ClosedRange<Int>) -> String { "up_time 1\n" + ids.map { "m{id=\"\($0)\"} 1\n" }.joined() }
        #expect(scraper.scrape(page(1...3), at: hour).samples.count == 4)
        #expect(scraper.notice == nil)
        // One more may begin.
        let second = scraper.scrape(page(2...9), at: hour + 1000)
        #expect(second.failure == nil)
        #expect(second.samples.filter { !$0.hasSuffix("stale") }.count == 4)
        #expect(
            scraper.notice == "series limit exceeded: 5 new series were left out, for within an hour a target may begin 5 (series_limit); "
                + #"most are of "m" (5 of 5), whose label "id" has 5 values"#)
        #expect(scraper.report["scrape_samples_scraped"] == 9 && scraper.report["scrape_samples_post_metric_relabeling"] == 4)
        // The same page again refuses nothing new, and is told of nevertheless.
        #expect(scraper.scrape(page(2...9), at: hour + 2000).samples.count == 4)
        #expect(scraper.notice?.hasPrefix("series limit exceeded: 5 new series") == true)
        let third = scraper.scrape(page(2...9), at: 2 * hour)
        #expect(third.samples.count == 9, "\(third.samples)")
        #expect(scraper.notice == nil)
    }

    @Test func `a rule that takes the name away fails the scrape`() throws {
        let rules = try RelabelRules([RelabelRule(action: .labeldrop, regex: "__name__")])
        var scraper = PageScraper(ScrapeJob(name: "j", metricRelabelRules: rules))
        #expect(scraper.scrape("a 1\n", at: 1000).failure?.code == .nameMissing)
    }

    @Test func `the content type chooses the format, a fallback stands in`() {
        var scraper = PageScraper()
        #expect(scraper.scrape("a 1\n", at: 1000, contentType: nil).failure?.code == .contentType)
        #expect(scraper.scrape("a 1\n", at: 2000, contentType: "text/html").failure?.code == .contentType)
        #expect(scraper.scrape("a 1\n", at: 3000, contentType: "TEXT/Plain ;charset=x").failure == nil)
        #expect(scraper.scrape("a 1\n", at: 4000, contentType: "application/openmetrics-text").failure?.code == .malformed)
        var lenient = PageScraper(ScrapeJob(name: "j", fallbackProtocol: .prometheusText0))
        #expect(lenient.scrape("a 1\n", at: 1000, contentType: nil).failure == nil)
    }

    @Test func `extra series are written where asked for`() {
        var scraper = PageScraper(ScrapeJob(name: "j", limits: ScrapeLimits(samples: 9), writesExtraScrapeMetrics: true))
        _ = scraper.scrape("a 1\n", at: 1000)
        #expect(scraper.report["scrape_timeout_seconds"] == 1)
        #expect(scraper.report["scrape_sample_limit"] == 9)
        #expect(scraper.report["scrape_body_size_bytes"] == 4)
    }

    @Test func `the request asks for formats in order`() {
        #expect(
            ScrapeContentType.accept(ScrapeProtocol.defaultOrder)
                == "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
                + "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2")
        #expect(ScrapeContentType.accept([.prometheusText0]) == "text/plain;version=0.0.4;q=0.6,*/*;q=0.5")
    }
}
