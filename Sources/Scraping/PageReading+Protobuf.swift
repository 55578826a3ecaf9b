internal import ByteCoding
internal import ExpositionFormat
internal import Ingestion
internal import MetricStorage
internal import TelemetryModel

/// Pages in protobuf.
extension PageReading {
    func readProtobuf(
        _ page: [UInt8], _ time: Timestamp, _ cache: inout ScrapeCache, _ workspace: inout ScrapeWorkspace, _ report: inout ScrapeReport
    ) throws(ScrapeFailure) {
        var histograms = MetricFamilyParser.Histograms()
        histograms.readsNative = job.histograms.takesNative
        histograms.readsClassicToo = job.histograms.takesClassicToo
        histograms.convertsClassic = job.histograms.convertsClassic
        let outcome = page.withUnsafeBytes { bytes -> ScrapeFailure? in
            var parser = MetricFamilyParser(bytes, histograms)
            do {
                while let entry = try parser.next() {
                    if entry == .family {
                        PageReading.note(parser.family, page, &cache)
                    } else if let failure = try take(entry, &parser, time, &cache, &workspace, &report) {
                        return failure
                    }
                }
                return nil
            } catch let failure as ScrapeFailure {
                return failure
            } catch {
                return ScrapeFailure(.malformed, "malformed page: \(error)")
            }
        }
        if let outcome { throw outcome }
    }

    private static func note(_ family: MetricFamilyParser.Family, _ page: [UInt8], _ cache: inout ScrapeCache) {
        cache.metadata.note(.type(name: family.name, type: family.type), of: page)
        cache.metadata.note(.help(name: family.name, text: family.help), of: page)
        cache.metadata.note(.unit(name: family.name, unit: family.unit), of: page)
    }

    private func take(
        _ entry: MetricFamilyParser.Entry, _ parser: inout MetricFamilyParser, _ time: Timestamp, _ cache: inout ScrapeCache,
        _ workspace: inout ScrapeWorkspace, _ report: inout ScrapeReport
    ) throws -> ScrapeFailure? {
        report.samplesScraped += 1
        let number: Int
        switch cache.meaning(of: parser.key, 0..<parser.key.count) {
        case .dropped: return nil
        case .series(let known): number = known
        case nil:
            workspace.packed.removeAll(keepingCapacity: true)
            try parser.appendLabels(to: &workspace.packed)
            switch enter(LabelSet(canonical: workspace.packed), &cache, &report) {
            case .failure(let failure): return failure
            case .success(let meaning):
                cache.remember(parser.key, 0..<parser.key.count, meaning)
                guard case .series(let new) = meaning else { return nil }
                number = new
            }
        }
        let ownTime = job.honorTimestamps ? parser.timestamp : nil
        let exemplars = try parser.exemplars(defaultTimestamp: ownTime ?? time)
        if entry == .histogram {
            do throws(NativeHistogramError) {
                try parser.histogram.validate()
            } catch {
                return ScrapeFailure(.malformed, "malformed page: the histogram \(parser.text(of: parser.family.name)): \(error)")
            }
            try append(
                parser.histogram.compacted(), to: number, parser.timestamp, start: parser.start, exemplars, time, &cache, &workspace,
                &report)
            return nil
        }
        guard note(number, ownTime, time, &cache, &report) else { return nil }
        PageReading.begin(number, cache, &workspace)
        workspace.batch.append(timestamp: ownTime ?? time, value: parser.value)
        workspace.batch.noteStart(parser.start, at: ownTime ?? time)
        for exemplar in exemplars where ExemplarLimit.allows(exemplar.labels) { workspace.batch.append(exemplar) }
        appendZero(number, parser.start, time, &cache, &workspace)
        return nil
    }
}
