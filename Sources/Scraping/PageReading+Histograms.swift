internal import ExpositionFormat
internal import Ingestion
internal import MetricStorage
internal import TelemetryModel

/// Classic histograms of text pages that become native ones, and what native ones are held to.
extension PageReading {
    /// A classic histogram on its way.
    struct Gathering: Sendable {
        var series: Int32 = -1
        var histogram = ClassicHistogram()
        var timestamp: Timestamp?
        var exemplars: [Exemplar] = []
        var type = MetricType.histogram
        /// When it began to be counted; 0 where that was not told.
        var start: Timestamp = 0
    }

    /// What a sample is of a histogram that is to be converted; nil where it is of none.
    func part(
        _ exposed: LabelSet, _ cache: inout ScrapeCache, _ workspace: ScrapeWorkspace, _ report: inout ScrapeReport
    ) -> Result<ScrapeCache.Part?, ScrapeFailure> {
        let family = workspace.family
        guard job.histograms.convertsClassic, family.type == .histogram || family.type == .gaugehistogram, let name = exposed.metricName,
            name.hasPrefix(family.name)
        else { return .success(nil) }
        let role: ScrapeCache.Part.Role
        switch name.dropFirst(family.name.count) {
        case "_bucket":
            guard let text = exposed[LabelName.bucketBound], let bound = Double(text) else { return .success(nil) }
            role = .bucket(bound)
        case "_count", "_gcount": role = .count
        case "_sum", "_gsum": role = .sum
        default: return .success(nil)
        }
        let base = exposed.removing([LabelName.bucketBound]).setting(LabelName.metricName, family.name)
        switch enter(base, &cache, &report) {
        case .success(.series(let number)):
            if workspace.familyTellsStarts { cache.setMetricHash(PageReading.metricHash(base, family.name), of: number) }
            return .success(.init(series: Int32(number), role: role))
        case .success(.dropped): return .success(.init(series: -1, role: role))
        case .failure(let failure): return .failure(failure)
        }
    }

    /// Adds a sample to its histogram; one of another histogram ends the one before.
    func gather(
        _ part: ScrapeCache.Part, _ sample: ExpositionSample, _ page: [UInt8], _ time: Timestamp, _ cache: inout ScrapeCache,
        _ workspace: inout ScrapeWorkspace, _ report: inout ScrapeReport
    ) throws {
        if workspace.gathering.series != part.series || workspace.gathering.timestamp != sample.timestamp {
            try endClassic(time, &cache, &workspace, &report)
            workspace.gathering.series = part.series
            workspace.gathering.timestamp = sample.timestamp
            workspace.gathering.type = workspace.family.type
        }
        switch part.role {
        case .bucket(let bound): workspace.gathering.histogram.add(bound: bound, count: sample.value)
        case .count: workspace.gathering.histogram.count = sample.value
        case .sum: workspace.gathering.histogram.sum = sample.value
        }
        if let range = sample.exemplar {
            let exemplar = try workspace.decoder.decodeExemplar(page, range, defaultTimestamp: sample.timestamp ?? time)
            if ExemplarLimit.allows(exemplar.labels) { workspace.gathering.exemplars.append(exemplar) }
        }
    }

    /// Appends the histogram that was gathered. One whose buckets make no sense is left out, as Prometheus does.
    func endClassic(
        _ time: Timestamp, _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace, _ report: inout ScrapeReport
    ) throws(ScrapeFailure) {
        if workspace.gathering.histogram.isEmpty { return }
        defer { workspace.gathering = Gathering() }
        report.samplesScraped += 1
        guard workspace.gathering.series >= 0, var histogram = workspace.gathering.histogram.converted() else { return }
        if workspace.gathering.type == .gaugehistogram { histogram.resetHint = .gauge }
        try append(
            histogram, to: Int(workspace.gathering.series), workspace.gathering.timestamp, start: workspace.gathering.start,
            workspace.gathering.exemplars, time,
            &cache, &workspace, &report)
    }

    /// Appends a native histogram, made coarser where the job asks for that.
    func append(
        _ histogram: NativeHistogram, to number: Int, _ ownTime: Timestamp?, start: Timestamp, _ exemplars: [Exemplar], _ time: Timestamp,
        _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace, _ report: inout ScrapeReport
    ) throws(ScrapeFailure) {
        var histogram = histogram
        try fit(&histogram)
        let ownTime = job.honorTimestamps ? ownTime : nil
        guard note(number, ownTime, time, &cache, &report) else { return }
        let sampleTime = ownTime ?? time
        PageReading.begin(number, cache, &workspace)
        workspace.batch.append(HistogramSample(timestamp: sampleTime, histogram: histogram))
        workspace.batch.noteStart(start, at: sampleTime)
        for exemplar in exemplars where ExemplarLimit.allows(exemplar.labels) { workspace.batch.append(exemplar) }
        if let zero = zeroTime(number, start, time, &cache) {
            PageReading.begin(number, cache, &workspace)
            var empty = NativeHistogram(schema: histogram.schema)
            empty.zeroThreshold = histogram.zeroThreshold
            empty.customBounds = histogram.customBounds
            workspace.batch.append(HistogramSample(timestamp: zero, histogram: empty))
        }
    }

    private func fit(_ histogram: inout NativeHistogram) throws(ScrapeFailure) {
        let settings = job.histograms
        if !histogram.usesCustomBuckets, histogram.schema > settings.schemaMax { histogram.reduceResolution(to: settings.schemaMax) }
        guard settings.bucketsMax > 0 else { return }
        while histogram.positiveBuckets.count + histogram.negativeBuckets.count > settings.bucketsMax {
            guard !histogram.usesCustomBuckets, histogram.schema > NativeHistogram.exponentialSchemas.lowerBound else {
                throw ScrapeFailure(
                    .bucketLimit,
                    "histogram bucket limit exceeded: a histogram has "
                        + "\(histogram.positiveBuckets.count + histogram.negativeBuckets.count) buckets and can be made no coarser, at most "
                        + "\(settings.bucketsMax) allowed")
            }
            histogram.reduceResolution(to: histogram.schema - 1)
        }
    }
}
