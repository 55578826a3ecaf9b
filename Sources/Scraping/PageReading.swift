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
        _ page: [UInt8], format: PageFormat, at time: Timestamp, cache: inout ScrapeCache, workspace: inout ScrapeWorkspace,
        report: inout ScrapeReport
    ) throws(ScrapeFailure) {
        cache.metadata.beginPage()
        switch format {
        case .text(let format): try readText(page, format, time, &cache, &workspace, &report)
        case .protobuf: try readProtobuf(page, time, &cache, &workspace, &report)
        }
        if job.limits.samples > 0, report.samplesAfterRelabeling > job.limits.samples {
            throw ScrapeFailure(
                .sampleLimit,
                "sample limit exceeded: \(report.samplesAfterRelabeling) samples, at most \(job.limits.samples) allowed (sample_limit)"
                    + (cache.growth.words.map { "; \($0)" } ?? ""))
        }
        PageReading.markEnds(cache.disappeared(), at: time, cache, &workspace)
    }

    private func readText(
        _ page: [UInt8], _ format: ExpositionTextFormat, _ time: Timestamp, _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace,
        _ report: inout ScrapeReport
    ) throws(ScrapeFailure) {
        var parser = ExpositionParser(page, format: format)
        workspace.beginPage()
        var failure: ScrapeFailure?
        do {
            while failure == nil, let entry = try parser.next() {
                switch entry {
                case .sample(let sample): failure = try take(sample, page, time, &cache, &workspace, &report)
                case .created(let sample): failure = try takeCreated(sample, page, time, &cache, &workspace, &report)
                case .type(let name, let type):
                    workspace.family = (parser.name(at: name), type)
                    workspace.familyTellsStarts = format == .openMetrics && PageReading.tellsStarts(type)
                    cache.metadata.note(entry, of: page)
                default: cache.metadata.note(entry, of: page)
                }
            }
        } catch {
            failure = ScrapeFailure(.malformed, "malformed page: \(error)")
        }
        if let failure { throw failure }
        try endClassic(time, &cache, &workspace, &report)
    }

    /// Writes that series end.
    static func markEnds(_ numbers: [Int], at time: Timestamp, _ cache: ScrapeCache, _ workspace: inout ScrapeWorkspace) {
        for number in numbers {
            begin(number, cache, &workspace)
            workspace.batch.append(timestamp: time, value: StaleMarker.value)
        }
    }

    /// Begins a series in the batch: a known one by its reference alone.
    static func begin(_ number: Int, _ cache: ScrapeCache, _ workspace: inout ScrapeWorkspace) {
        let reference = cache.reference(of: number)
        if reference == .unknown {
            workspace.batch.beginSeries(packed: cache.labelBytes[cache.labelRange(of: number)])
        } else {
            workspace.batch.beginSeries(reference)
        }
        workspace.seriesNumbers.append(number)
    }

    func take(
        _ sample: ExpositionSample, _ page: [UInt8], _ time: Timestamp, _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace,
        _ report: inout ScrapeReport
    ) throws -> ScrapeFailure? {
        let number: Int?
        switch cache.meaning(of: page, sample.series) {
        case .dropped: number = nil
        case .series(let known): number = known
        case nil:
            switch try enter(sample, page, &cache, &workspace, &report) {
            case .success(.series(let new)): number = new
            case .success(.dropped): number = nil
            case .failure(let failure): return failure
            }
        }
        if job.histograms.convertsClassic, let part = cache.currentPart {
            try gather(part, sample, page, time, &cache, &workspace, &report)
            // Counted where the histogram is whole.
            if number == nil { return nil }
        }
        report.samplesScraped += 1
        guard let number else { return nil }
        let ownTime = job.honorTimestamps ? sample.timestamp : nil
        guard note(number, ownTime, time, &cache, &report) else { return nil }
        let sampleTime = ownTime ?? time
        PageReading.begin(number, cache, &workspace)
        workspace.batch.append(timestamp: sampleTime, value: sample.value)
        if let range = sample.exemplar {
            let exemplar = try workspace.decoder.decodeExemplar(page, range, defaultTimestamp: sampleTime)
            if ExemplarLimit.allows(exemplar.labels) { workspace.batch.append(exemplar) }
        }
        return nil
    }

    /// Counts a sample of a series; false where it is not taken, since it lies too far ahead or is the second of its time.
    func note(
        _ number: Int, _ ownTime: Timestamp?, _ time: Timestamp, _ cache: inout ScrapeCache, _ report: inout ScrapeReport
    ) -> Bool {
        report.samplesAfterRelabeling += 1
        let sampleTime = ownTime ?? time
        return sampleTime <= time + PageReading.futureMilliseconds
            && cache.note(number, time: sampleTime, tracksDisappearance: ownTime == nil || job.trackTimestampsStaleness)
    }

    /// Finds out what a series text stands for that was not seen before.
    private func enter(
        _ sample: ExpositionSample, _ page: [UInt8], _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace,
        _ report: inout ScrapeReport
    ) throws(ExpositionError) -> Result<ScrapeCache.Meaning, ScrapeFailure> {
        workspace.packed.removeAll(keepingCapacity: true)
        try workspace.decoder.decode(page, sample.series, into: &workspace.packed)
        let exposed = PageReading.normalized(LabelSet(canonical: workspace.packed), workspace.family.type)
        let part: ScrapeCache.Part?
        switch self.part(exposed, &cache, workspace, &report) {
        case .success(let found): part = found
        case .failure(let failure): return .failure(failure)
        }
        if part != nil, !job.histograms.takesClassicToo {
            cache.remember(page, sample.series, .dropped, part: part)
            return .success(.dropped)
        }
        let meaning = enter(exposed, &cache, &report)
        if workspace.familyTellsStarts, case .success(.series(let number)) = meaning {
            cache.setMetricHash(PageReading.metricHash(exposed, workspace.family.name), of: number)
        }
        if case .success(let meaning) = meaning { cache.remember(page, sample.series, meaning, part: part) }
        return meaning
    }

    /// Finds out what becomes of a series that a page shows.
    func enter(
        _ exposed: LabelSet, _ cache: inout ScrapeCache, _ report: inout ScrapeReport
    ) -> Result<ScrapeCache.Meaning, ScrapeFailure> {
        let merged = target.merged(with: exposed)
        guard let labels = job.metricRelabelRules.apply(to: merged), !labels.isEmpty else { return .success(.dropped) }
        if let failure = violation(of: labels) { return .failure(failure) }
        if job.limits.series > 0, !cache.mayHave(packed: labels.packed, seriesMax: job.limits.series) {
            report.seriesRefused += 1
            report.refusedGrowth.add(labels)
            return .success(.dropped)
        }
        guard let (number, isNew) = cache.seriesNumber(packed: labels.packed) else {
            return .failure(ScrapeFailure(.bodyLimit, "the page has more series than can be remembered"))
        }
        if isNew { report.seriesAdded += 1 }
        return .success(.series(number))
    }

    /// Bounds and quantiles in the one form that all formats come to, as Prometheus 3 has it: `1` is `1.0`.
    private static func normalized(_ labels: LabelSet, _ type: MetricType) -> LabelSet {
        let name: String
        switch type {
        case .histogram: name = LabelName.bucketBound
        case .summary: name = LabelName.quantile
        default: return labels
        }
        guard let value = labels[name], let number = Double(value) else { return labels }
        let text = FloatText.openMetrics(number)
        return text == value ? labels : labels.setting(name, text)
    }

    /// What a series after relabelling has too much of or lacks.
    private func violation(of labels: LabelSet) -> ScrapeFailure? {
        if labels.metricName == nil { return ScrapeFailure(.nameMissing, "relabelling left a series without a metric name: \(labels)") }
        if job.names.areClassic, let name = unclassicName(in: labels) {
            return ScrapeFailure(
                .malformed, "the name \(quoted(name)) of \(labels) is not taken under metric_name_validation_scheme: legacy")
        }
        let limits = job.limits
        guard limits.labels > 0 || limits.labelNameBytes > 0 || limits.labelValueBytes > 0 else { return nil }
        if limits.labels > 0, labels.count > limits.labels {
            return ScrapeFailure(
                .labelLimit, "label limit exceeded: \(labels) has \(labels.count) labels, at most \(limits.labels) allowed (label_limit)")
        }
        var ranges = labels.labelRanges
        while let label = ranges.next() {
            if limits.labelNameBytes > 0, label.name.count > limits.labelNameBytes {
                return ScrapeFailure(
                    .labelLimit,
                    "label name length limit exceeded: \(labels) has a name of \(label.name.count) bytes, at most \(limits.labelNameBytes) allowed (label_name_length_limit)"
                )
            }
            if limits.labelValueBytes > 0, label.value.count > limits.labelValueBytes {
                return ScrapeFailure(
                    .labelLimit,
                    "label value length limit exceeded: \(labels) has a value of \(label.value.count) bytes in "
                        + "\(quoted(String(decoding: labels.packed[label.name], as: UTF8.self))), at most \(limits.labelValueBytes) allowed "
                        + "(label_value_length_limit)")
            }
        }
        return nil
    }

    private func unclassicName(in labels: LabelSet) -> String? {
        for label in labels {
            if label.name == LabelName.metricName {
                if !LabelSet.isClassicMetricName(label.value) { return label.value }
            } else if !LabelSet.isClassicLabelName(label.name) {
                return label.name
            }
        }
        return nil
    }
}
