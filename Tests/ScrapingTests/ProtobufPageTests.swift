internal import ByteCoding
internal import Relabeling
internal import TelemetryModel
internal import Testing

@testable internal import Scraping

@Suite("Histograms and names of a page")
struct ProtobufPageTests {
    private static let type = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

    private func job(_ change: (inout ScrapeJob) -> Void) -> ScrapeJob {
        var job = ScrapeJob(name: "j")
        change(&job)
        return job
    }

    private func page(_ buckets: Int = 3) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1, string: "h")
        writer.write(2, string: "About h.")
        writer.write(3, uint64: 4)
        writer.write(4) { metric in
            metric.write(7) { histogram in
                histogram.write(1, uint64: UInt64(buckets))
                histogram.write(2, double: 5)
                histogram.write(5, sint64: 3)
                histogram.write(6, double: 0.001)
                histogram.write(12) { $0.write(2, uint64: UInt64(buckets)) }
                for bucket in 0..<buckets { histogram.write(13, sint64: bucket == 0 ? 1 : 0) }
                histogram.write(15) { $0.write(1, int64: 77) }
            }
        }
        var page: [UInt8] = []
        page.appendLengthPrefixed(writer.bytes)
        return page
    }

    private func scrape(
        _ scraper: inout PageScraper, _ bytes: [UInt8], at time: Timestamp = 1000
    ) -> (failure: ScrapeFailure?, histograms: [(labels: String, histogram: NativeHistogram)]) {
        let before = scraper.storage.batches.count
        let fetched = FetchedPage(bytes: bytes, contentType: Self.type)
        let (failure, _) = scraper.memory.digest(.success(fetched), at: time, environment: scraper.environment) { 0.25 }
        return (failure, scraper.storage.histograms(since: before))
    }

    @Test func `a native histogram is kept with the target's labels`() throws {
        var scraper = PageScraper(job { $0.histograms.takesNative = true })
        for time in [1000, 2000] as [Timestamp] {
            let (failure, histograms) = scrape(&scraper, page(), at: time)
            #expect(failure == nil)
            #expect(histograms.map(\.labels) == [#"h{instance="i", job="j"}"#])
            #expect(histograms.first?.histogram.positiveBuckets == [1, 1, 1] && histograms.first?.histogram.schema == 3)
        }
        #expect(scraper.report["scrape_samples_scraped"] == 1 && scraper.report["up"] == 1)
        #expect(scraper.storage.metadata["h"] == MetricMetadata(type: .histogram, help: "About h."))
    }

    @Test func `without the switch the classic buckets are kept`() {
        var scraper = PageScraper()
        #expect(scrape(&scraper, page()).histograms.isEmpty)
        #expect(scraper.report["scrape_samples_scraped"] == 3)
    }

    @Test func `too many buckets make a histogram coarser, or the scrape fail`() {
        var limited = PageScraper(
            job {
                $0.histograms.takesNative = true
                $0.histograms.bucketsMax = 2
            })
        #expect(scrape(&limited, page(3)).histograms.first?.histogram.schema == 2)
        var coarse = PageScraper(
            job {
                $0.histograms.takesNative = true
                $0.histograms.schemaMax = HistogramScraping.schema(minBucketFactor: 1.5)
            })
        #expect(scrape(&coarse, page(3)).histograms.first?.histogram.schema == 0)
        var converted = PageScraper(
            job {
                $0.histograms.convertsClassic = true
                $0.histograms.bucketsMax = 1
            })
        let text = "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 3\nh_bucket{le=\"+Inf\"} 6\nh_count 6\nh_sum 9\n"
        #expect(converted.scrape(text, at: 1000).failure?.code == .bucketLimit)
    }

    @Test(arguments: [(1.0, 8), (1.01, 6), (1.1, 2), (2, 0), (4, -1), (70_000, -4), (1e9, -4)] as [(Double, Int32)])
    func `factors between buckets choose a schema`(factor: Double, schema: Int32) {
        #expect(HistogramScraping.schema(minBucketFactor: factor) == schema)
    }

    @Test func `classic histograms of text pages become native ones`() {
        let text =
            "# TYPE h histogram\nh_bucket{x=\"1\",le=\"1\"} 1\nh_bucket{x=\"1\",le=\"2\"} 3\nh_bucket{x=\"1\",le=\"+Inf\"} 6\nh_sum{x=\"1\"} 9\n"
            + "h_count{x=\"1\"} 6\nh_bucket{x=\"2\",le=\"+Inf\"} 2\nh_sum{x=\"2\"} 1\nh_count{x=\"2\"} 2\n# TYPE g gauge\ng 4\n"
        for takesClassicToo in [false, true] {
            var scraper = PageScraper(
                job {
                    $0.histograms.convertsClassic = true
                    $0.histograms.takesClassicToo = takesClassicToo
                })
            for time in [1000, 2000] as [Timestamp] {
                let before = scraper.storage.batches.count
                let (failure, samples) = scraper.scrape(text, at: time)
                #expect(failure == nil)
                let histograms = scraper.storage.histograms(since: before)
                #expect(histograms.map(\.labels) == [#"h{instance="i", job="j", x="1"}"#, #"h{instance="i", job="j", x="2"}"#])
                #expect(histograms.first?.histogram.customBounds == [1, 2] && histograms.first?.histogram.positiveBuckets == [1, 2, 3])
                #expect(samples.filter { !$0.hasPrefix("h{") }.count == (takesClassicToo ? 9 : 1))
            }
            #expect(scraper.report["scrape_samples_scraped"] == (takesClassicToo ? 11 : 3))
        }
    }

    @Test func `bounds and quantiles of text pages have one form`() {
        var scraper = PageScraper()
        let text =
            "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\n# TYPE s summary\ns{quantile=\"1\"} 2\n# TYPE g gauge\ng{le=\"1\"} 3\n"
        #expect(
            scraper.scrape(text, at: 1000).samples == [
                #"h_bucket{instance="i", job="j", le="1.0"} 1.0"#, #"h_bucket{instance="i", job="j", le="+Inf"} 1.0"#,
                #"s{instance="i", job="j", quantile="1.0"} 2.0"#, #"g{instance="i", job="j", le="1"} 3.0"#,
            ])
    }

    @Test func `names that are not classic fail where only these are taken`() {
        var scraper = PageScraper(job { $0.names.areClassic = true })
        #expect(scraper.scrape("a 1\n", at: 1000).failure == nil)
        #expect(scraper.scrape("{\"a.b\"} 1\n", at: 2000).failure?.code == .malformed)
        #expect(scraper.scrape("a{\"x.y\"=\"1\"} 1\n", at: 3000).failure?.description.contains("x.y") == true)
    }

    @Test func `targets are asked for what the job wants`() {
        #expect(
            ScrapeContentType.accept(ScrapeProtocol.protobufFirst, escaping: .underscores)
                == "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
                + "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
                + "text/plain;version=1.0.0;escaping=underscores;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1")
    }

    @Test func `a page that is no protobuf fails, and one without a type is read by the fallback`() {
        var scraper = PageScraper(job { $0.fallbackProtocol = .prometheusProtobuf })
        #expect(scrape(&scraper, [5, 1, 2]).failure?.code == .malformed)
        let (failure, _) = scraper.memory.digest(
            .success(FetchedPage(bytes: page(), contentType: nil)), at: 2000, environment: scraper.environment
        ) { 0.25 }
        #expect(failure == nil)
    }
}
