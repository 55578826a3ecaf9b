internal import Logging
internal import NIOCore
internal import NIOPosix
internal import PerchMetrics
internal import TelemetryModel

@testable internal import Scraping

/// Feeds pages to one target's memory as its loop would, without a network.
struct PageScraper {
    let storage = RecordingStorage()
    var memory: TargetMemory
    /// What the scrape before lost to a limit, in words.
    private(set) var notice: String?
    let environment: ScrapeEnvironment

    init(_ job: ScrapeJob = ScrapeJob(name: "j"), target: LabelSet = ["instance": "i", "job": "j"]) {
        environment = ScrapeEnvironment(
            storage: storage, eventLoopGroup: MultiThreadedEventLoopGroup.singleton, threadPool: NIOThreadPool.singleton,
            logger: Logger(label: "test"), registry: MetricRegistry(), userAgent: "Perch/test")
        memory = TargetMemory(job: job, target: target, timeoutMilliseconds: 1000)
    }

    /// Scrapes a page.
    ///
    /// - Returns: the failure and the samples without the report, printed; stale markers as `stale`.
    mutating func scrape(
        _ page: String, at time: Timestamp, contentType: String? = "text/plain; version=0.0.4"
    ) -> (failure: ScrapeFailure?, samples: [String]) {
        let before = storage.batches.count
        let fetched = FetchedPage(bytes: Array(page.utf8), contentType: contentType)
        let (failure, report) = memory.digest(.success(fetched), at: time, environment: environment) { 0.25 }
        notice = report.notice
        return (failure, printed(storage.batches.dropFirst(before), at: time))
    }

    /// A scrape that brings nothing.
    mutating func fail(_ failure: ScrapeFailure, at time: Timestamp) -> [String] {
        let before = storage.batches.count
        _ = memory.digest(.failure(failure), at: time, environment: environment) { 0.25 }
        return printed(storage.batches.dropFirst(before), at: time)
    }

    private func printed(_ batches: ArraySlice<[RecordingStorage.Entry]>, at time: Timestamp) -> [String] {
        batches.flatMap { $0 }.filter { !isReport($0.labels) }.map { entry in
            let value = StaleMarker.matches(entry.value) ? "stale" : "\(entry.value)"
            return "\(entry.labels) \(value)" + (entry.timestamp == time ? "" : " @\(entry.timestamp)")
        }
    }

    /// The last values of the report's series.
    var report: [String: Double] {
        var report: [String: Double] = [:]
        for entry in storage.batches.last ?? [] where isReport(entry.labels) { report[entry.labels.metricName ?? ""] = entry.value }
        return report
    }

    private func isReport(_ labels: LabelSet) -> Bool { labels["__name__"] == "up" || labels["__name__"]?.hasPrefix("scrape_") == true }
}
