internal import ExpositionFormat
internal import MetricStorage
internal import TelemetryModel

/// When series began to be counted: `_created` lines of OpenMetrics pages, created timestamps of protobuf.
extension PageReading {
    /// A start that lies further back than this gets no zero (feature `created-timestamp-zero-ingestion`); Prometheus takes none then either,
    /// for its head is an hour old at least.
    static let zeroAgeMax: Timestamp = 3_600_000

    static func tellsStarts(_ type: MetricType) -> Bool { type == .counter || type == .histogram || type == .summary }

    /// What the series of one metric have in common: the family, and all labels that do not tell its parts apart.
    ///
    /// Series are compared by it with the `_created` line behind them only, so two that fall together by chance would have to be neighbours.
    static func metricHash(_ exposed: LabelSet, _ family: String) -> UInt64 {
        let base = exposed.removing([LabelName.bucketBound, LabelName.quantile]).setting(LabelName.metricName, family)
        return max(1, hashOfBytes(base.packed, 0..<base.packed.count))
    }

    /// Takes a `_created` line: it tells the start of the series right before it that are of the same metric. It is a series itself, too,
    /// unless starts are made zeros of, as Prometheus has it.
    func takeCreated(
        _ sample: ExpositionSample, _ page: [UInt8], _ time: Timestamp, _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace,
        _ report: inout ScrapeReport
    ) throws -> ScrapeFailure? {
        let end = workspace.seriesNumbers.count
        if job.ingestsStartsAsZeros {
            report.samplesScraped += 1
            if cache.meaning(of: page, sample.series) == nil { cache.remember(page, sample.series, .dropped) }
        } else if let failure = try take(sample, page, time, &cache, &workspace, &report) {
            return failure
        }
        let hash: UInt64
        if let known = cache.currentMetricHash {
            hash = known
        } else {
            workspace.packed.removeAll(keepingCapacity: true)
            try workspace.decoder.decode(page, sample.series, into: &workspace.packed)
            hash = PageReading.metricHash(LabelSet(canonical: workspace.packed), workspace.family.name)
            cache.setCurrentMetricHash(hash)
        }
        let start = sample.value * 1000
        if start >= 1, start < 9e15 { noteStart(Timestamp(start.rounded()), hash, upTo: end, time, &cache, &workspace) }
        return nil
    }

    private func noteStart(
        _ start: Timestamp, _ hash: UInt64, upTo end: Int, _ time: Timestamp, _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace
    ) {
        if workspace.gathering.series >= 0, cache.metricHash(of: Int(workspace.gathering.series)) == hash {
            workspace.gathering.start = start
        }
        var begin = end
        while begin > 0, cache.metricHash(of: workspace.seriesNumbers[begin - 1]) == hash { begin -= 1 }
        // Another `_created` line of the same metric would tell the same series again.
        begin = max(begin, workspace.batch.seriesWithStarts)
        for series in begin..<end {
            workspace.batch.noteStart(ofSeries: series, start, at: cache.times(of: workspace.seriesNumbers[series]).last)
        }
        guard job.ingestsStartsAsZeros else { return }
        for series in begin..<end { appendZero(workspace.seriesNumbers[series], start, time, &cache, &workspace) }
    }

    /// Appends a zero where a series began to be counted since its last sample.
    func appendZero(
        _ number: Int, _ start: Timestamp, _ time: Timestamp, _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace
    ) {
        guard let zero = zeroTime(number, start, time, &cache) else { return }
        PageReading.begin(number, cache, &workspace)
        workspace.batch.append(timestamp: zero, value: 0)
    }

    /// When a series gets a zero for its start; nil where it gets none.
    func zeroTime(_ number: Int, _ start: Timestamp, _ time: Timestamp, _ cache: inout ScrapeCache) -> Timestamp? {
        guard job.ingestsStartsAsZeros, start > 0, cache.noteStart(start, of: number) else { return nil }
        let (last, before) = cache.times(of: number)
        return start < last && start > before && start >= time - PageReading.zeroAgeMax ? start : nil
    }
}
