internal import Ingestion
internal import MetricStorage
internal import TelemetryModel

/// The series that every scrape writes about itself.
struct ScrapeReport: Sendable {
    var isUp = false
    var durationSeconds = 0.0
    var samplesScraped = 0
    var samplesAfterRelabeling = 0
    var seriesAdded = 0
    /// New series that were left out, for the target had begun as many as it may within the hour.
    var seriesRefused = 0
    /// What these are.
    var refusedGrowth = SeriesGrowth()
    /// Bytes of the page after decompression; -1 where it was larger than allowed.
    var bodyBytes = 0
    /// Samples that storage refused, such as for their age; not written.
    var samplesRejected = 0
    /// Which limit samples were lost to though the scrape succeeded; nil where none was.
    var notice: String?
}

/// Writes reports of one target: the label sets are made once, references are kept.
struct ScrapeReportWriter: Sendable {
    private struct Line: Sendable {
        let labels: LabelSet
        let value: @Sendable (ScrapeReport) -> Double
        var reference = SeriesReference.unknown
    }

    private var lines: [Line] = []

    init(target: LabelSet, job: ScrapeJob, timeoutMilliseconds: Int64) {
        func add(_ name: String, _ value: @escaping @Sendable (ScrapeReport) -> Double) {
            lines.append(Line(labels: target.setting(LabelName.metricName, name), value: value))
        }
        add("up") { $0.isUp ? 1 : 0 }
        add("scrape_duration_seconds") { $0.durationSeconds }
        add("scrape_samples_scraped") { Double($0.samplesScraped) }
        add("scrape_samples_post_metric_relabeling") { Double($0.samplesAfterRelabeling) }
        add("scrape_series_added") { Double($0.seriesAdded) }
        if job.writesExtraScrapeMetrics {
            let timeout = Double(timeoutMilliseconds) / 1000
            let sampleLimit = Double(job.limits.samples)
            add("scrape_timeout_seconds") { _ in timeout }
            add("scrape_sample_limit") { _ in sampleLimit }
            add("scrape_body_size_bytes") { Double($0.bodyBytes) }
        }
    }

    /// The number of series that a report has.
    var count: Int { lines.count }

    func write(_ report: ScrapeReport, at time: Timestamp, to batch: inout MetricBatch) {
        for line in lines {
            batch.beginSeries(line.reference, packed: line.labels.packed)
            batch.append(timestamp: time, value: line.value(report))
        }
    }

    /// Writes that all of them end.
    func writeEnds(at time: Timestamp, to batch: inout MetricBatch) {
        for line in lines {
            batch.beginSeries(line.reference, packed: line.labels.packed)
            batch.append(timestamp: time, value: StaleMarker.value)
        }
    }

    /// Keeps the references that storage gave to the lines, the last of a batch.
    mutating func keepReferences(_ references: [SeriesReference]) {
        guard references.count >= lines.count else { return }
        for (index, reference) in references.suffix(lines.count).enumerated() { lines[index].reference = reference }
    }
}
