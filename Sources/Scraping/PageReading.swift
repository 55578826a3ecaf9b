internal import ExpositionFormat
internal import Ingestion
internal import MetricStorage
internal import Relabeling
internal import TelemetryModel

/// How the pages of one target become samples: what of the job concerns the content.
struct PageReading: Sendable {
    let job: ScrapeJob
    let target: TargetLabels
    /// Samples later than the scrape by more than this are left out, as Prometheus does.
    static let futureMilliseconds: Int64 = 10 * 60_000

    init(job: ScrapeJob, target: LabelSet) {
        self.job = job
        self.target = TargetLabels(target, honorLabels: job.honorLabels)
    }

    /// Reads a page into the workspace's batch, with markers for the series that have disappeared.
    ///
    /// The caller has begun the scrape in the cache, and commits or not. The counts in `report` are right also where it fails.
    ///
    /// - Throws: ``ScrapeFailure``; the batch is then of no use.
    func read(
        _ page: [UInt8], format: ExpositionTextFormat, at time: Timestamp, cache: inout ScrapeCache, workspace: inout ScrapeWorkspace,
        report: inout ScrapeReport
    ) throws(ScrapeFailure) {
        var parser = ExpositionParser(page, format: format)
        cache.metadata.beginPage()
        var failure: ScrapeFailure?
        do {
            while failure == nil, let entry = try parser.next() {
                if case .sample(let sample) = entry {
                    report.samplesScraped += 1
                    failure = try take(sample, page, time, &cache, &workspace, &report)
                } else {
                    cache.metadata.note(entry, of: page)
                }
            }
        } catch {
            failure = ScrapeFailure(.malformed, "malformed page: \(error)")
        }
        if let failure { throw failure }
        if job.limits.samples > 0, report.samplesAfterRelabeling > job.limits.samples {
            throw ScrapeFailure(
                .sampleLimit, "sample limit exceeded: \(report.samplesAfterRelabeling) samples, at most \(job.limits.samples) allowed")
        }
        PageReading.markEnds(cache.disappeared(), at: time, cache, &workspace)
    }

    /// Writes that series end.
    static func markEnds(_ numbers: [Int], at time: Timestamp, _ cache: ScrapeCache, _ workspace: inout ScrapeWorkspace) {
        for number in numbers {
            begin(number, cache, &workspace)
            workspace.batch.append(timestamp: time, value: StaleMarker.value)
        }
    }

    private static func begin(_ number: Int, _ cache: ScrapeCache, _ workspace: inout ScrapeWorkspace) {
        workspace.batch.beginSeries(cache.reference(of: number), packed: cache.labelBytes[cache.labelRange(of: number)])
        workspace.seriesNumbers.append(number)
    }

    private func take(
        _ sample: ExpositionSample, _ page: [UInt8], _ time: Timestamp, _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace,
        _ report: inout ScrapeReport
    ) throws(ExpositionError) -> ScrapeFailure? {
        let number: Int
        switch cache.meaning(of: page, sample.series) {
        case .dropped: return nil
        case .series(let known): number = known
        case nil:
            switch try enter(sample, page, &cache, &workspace, &report) {
            case .success(.series(let new)): number = new
            case .success(.dropped): return nil
            case .failure(let failure): return failure
            }
        }
        let ownTime = job.honorTimestamps ? sample.timestamp : nil
        let sampleTime = ownTime ?? time
        report.samplesAfterRelabeling += 1
        guard sampleTime <= time + PageReading.futureMilliseconds,
            cache.note(number, time: sampleTime, tracksDisappearance: ownTime == nil || job.trackTimestampsStaleness)
        else { return nil }
        PageReading.begin(number, cache, &workspace)
        workspace.batch.append(timestamp: sampleTime, value: sample.value)
        if let range = sample.exemplar {
            let exemplar = try workspace.decoder.decodeExemplar(page, range, defaultTimestamp: sampleTime)
            if ExemplarLimit.allows(exemplar.labels) { workspace.batch.append(exemplar) }
        }
        return nil
    }

    /// Finds out what a series text stands for that was not seen before.
    private func enter(
        _ sample: ExpositionSample, _ page: [UInt8], _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace,
        _ report: inout ScrapeReport
    ) throws(ExpositionError) -> Result<ScrapeCache.Meaning, ScrapeFailure> {
        workspace.packed.removeAll(keepingCapacity: true)
        try workspace.decoder.decode(page, sample.series, into: &workspace.packed)
        let merged = target.merged(with: LabelSet(canonical: workspace.packed))
        guard let labels = job.metricRelabelRules.apply(to: merged), !labels.isEmpty else {
            cache.remember(page, sample.series, .dropped)
            return .success(.dropped)
        }
        if let failure = violation(of: labels) { return .failure(failure) }
        guard let (number, isNew) = cache.seriesNumber(packed: labels.packed) else {
            return .failure(ScrapeFailure(.bodyLimit, "the page has more series than can be remembered"))
        }
        if isNew { report.seriesAdded += 1 }
        cache.remember(page, sample.series, .series(number))
        return .success(.series(number))
    }

    /// What a series after relabelling has too much of or lacks.
    private func violation(of labels: LabelSet) -> ScrapeFailure? {
        if labels.metricName == nil { return ScrapeFailure(.nameMissing, "relabelling left a series without a metric name: \(labels)") }
        let limits = job.limits
        guard limits.labels > 0 || limits.labelNameBytes > 0 || limits.labelValueBytes > 0 else { return nil }
        if limits.labels > 0, labels.count > limits.labels {
            return ScrapeFailure(
                .labelLimit, "label limit exceeded: \(labels) has \(labels.count) labels, at most \(limits.labels) allowed")
        }
        var ranges = labels.labelRanges
        while let label = ranges.next() {
            if limits.labelNameBytes > 0, label.name.count > limits.labelNameBytes {
                return ScrapeFailure(
                    .labelLimit,
                    "label name length limit exceeded: \(labels) has a name of \(label.name.count) bytes, at most \(limits.labelNameBytes) allowed"
                )
            }
            if limits.labelValueBytes > 0, label.value.count > limits.labelValueBytes {
                return ScrapeFailure(
                    .labelLimit,
                    "label value length limit exceeded: \(labels) has a value of \(label.value.count) bytes, at most "
                        + "\(limits.labelValueBytes) allowed")
            }
        }
        return nil
    }
}
