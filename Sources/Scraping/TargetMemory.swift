internal import ExpositionFormat
internal import Ingestion
internal import MetricStorage
internal import TelemetryModel

/// What one target's loop keeps from scrape to scrape, and the work on a page: all of a scrape except fetching it.
struct TargetMemory: Sendable {
    var cache = ScrapeCache()
    private let reading: PageReading
    private var reports: ScrapeReportWriter

    init(job: ScrapeJob, target: LabelSet, timeoutMilliseconds: Int64) {
        reading = PageReading(job: job, target: target)
        reports = ScrapeReportWriter(target: target, job: job, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Takes over the series of the loop that scraped the target by other rules, so that those which the new rules drop get their end.
    mutating func takeOver(_ previous: TargetMemory) {
        cache = previous.cache
        cache.forgetTexts()
    }

    /// Turns what was fetched into samples and appends them with the scrape's report. A scrape that failed ends all series.
    ///
    /// - Parameters:
    ///   - time: the time of the samples.
    ///   - elapsed: gives the scrape's duration until now, in seconds.
    /// - Returns: why the scrape failed, nil where it succeeded, and its report.
    mutating func digest(
        _ fetched: Result<FetchedPage, ScrapeFailure>, at time: Timestamp, environment: ScrapeEnvironment, elapsed: () -> Double
    ) -> (failure: ScrapeFailure?, report: ScrapeReport) {
        var workspace = environment.buffers.takeWorkspace()
        var report = ScrapeReport()
        var metadata: [String: MetricMetadata]?
        cache.beginScrape(at: time)
        var failure: ScrapeFailure?
        do {
            let page = try fetched.get()
            report.bodyBytes = page.bytes.count
            let format = try ScrapeContentType.format(page.contentType, fallback: reading.job.fallbackProtocol)
            try reading.read(page.bytes, format: format, at: time, cache: &cache, workspace: &workspace, report: &report)
            metadata = cache.metadata.changes(in: page.bytes, format: format)
            report.isUp = true
        } catch {
            failure = error
            if error.code == .bodyLimit { report.bodyBytes = -1 }
            workspace.clear()
            PageReading.markEnds(cache.live(), at: time, cache, &workspace)
        }
        report.durationSeconds = elapsed()
        reports.write(report, at: time, to: &workspace.batch)
        do {
            let result = try append(&workspace, to: environment.storage)
            report.samplesRejected = result.rejected.count
            let notices = [seriesLimitNotice(report), TargetMemory.notice(of: result, workspace.batch)].compactMap { $0 }
            if !notices.isEmpty { report.notice = notices.joined(separator: "; ") }
            keep(result, workspace.seriesNumbers)
            if failure == nil { cache.commit() } else { cache.commitFailure() }
            if let metadata { try environment.storage.setMetadata(metadata) }
        } catch {
            cache.rollBack()
            failure = ScrapeFailure(.storage, "the samples could not be stored: \(error)")
        }
        environment.buffers.give(workspace)
        return (failure, report)
    }

    /// Appends that all series of the target end.
    ///
    /// - Throws: `MetricStorageError`.
    mutating func endSeries(at time: Timestamp, environment: ScrapeEnvironment) throws(MetricStorageError) {
        var workspace = environment.buffers.takeWorkspace()
        PageReading.markEnds(cache.live(), at: time, cache, &workspace)
        reports.writeEnds(at: time, to: &workspace.batch)
        _ = try append(&workspace, to: environment.storage)
        environment.buffers.give(workspace)
    }

    /// What of the target is left out because it begins too many series; also where none is refused anew, as long as the hour lasts.
    private mutating func seriesLimitNotice(_ report: ScrapeReport) -> String? {
        if report.seriesRefused > 0 {
            cache.noteRefusal(
                "series limit exceeded: \(cache.begun.refused) new series were left out, for within an hour a target may begin "
                    + "\(reading.job.limits.series) (series_limit)" + (report.refusedGrowth.words.map { "; \($0)" } ?? ""))
        }
        return cache.begun.refusal
    }

    /// Of the samples that storage refused those of too many series, in words.
    private static func notice(of result: AppendResult, _ batch: MetricBatch) -> String? {
        func growth(_ reason: RejectedSample.Reason) -> (count: Int, series: SeriesGrowth)? {
            var growth = SeriesGrowth()
            var count = 0
            for sample in result.rejected where sample.reason == reason {
                growth.add(batch.labels(at: sample.seriesIndex))
                count += 1
            }
            return count > 0 ? (count, growth) : nil
        }
        if result.rejected.isEmpty { return nil }
        var notices: [String] = []
        if let (count, series) = growth(.tooManySeries) {
            notices.append(
                "\(count) samples of new series were refused, for there are as many active series as may be (limits.max_active_series)"
                    + (series.words.map { "; \($0)" } ?? ""))
        }
        if let (count, series) = growth(.tooManyLabelBytes) {
            notices.append(
                "\(count) samples of new series were refused, for the labels of active series take as many bytes as they may "
                    + "(limits.max_active_label_bytes)" + (series.byteWords.map { "; \($0)" } ?? ""))
        }
        return notices.isEmpty ? nil : notices.joined(separator: "; ")
    }

    /// Appends a batch; where storage has forgotten a series meanwhile, with the labels of all.
    private func append(_ workspace: inout ScrapeWorkspace, to storage: any MetricAppending) throws(MetricStorageError) -> AppendResult {
        do { return try storage.append(workspace.batch) } catch {
            guard error.code == .unknownReference else { throw error }
        }
        let numbers = workspace.seriesNumbers
        workspace.batch.setLabels { [cache] series in cache.labelBytes[cache.labelRange(of: numbers[series])] }
        return try storage.append(workspace.batch)
    }

    private mutating func keep(_ result: AppendResult, _ seriesNumbers: [Int]) {
        guard result.references.count >= seriesNumbers.count else { return }
        for (index, number) in seriesNumbers.enumerated() { cache.setReference(result.references[index], of: number) }
        reports.keepReferences(result.references)
    }
}
