internal import LabelMatching
internal import QueryModel
internal import TelemetryModel

/// Adds up how much there is of some streams.
struct VolumeEvaluation: Sendable {
    let matchers: [LabelMatcher]
    let start: Int64
    let end: Int64
    let budget: QueryBudget
    let threads: Int

    private var selection: LogSelection { LogSelection(matchers: matchers, start: start, end: end) }

    private func tables(_ source: any LogSource) throws(QueryError) -> [any LogTable] {
        try source.tables(selection, budget: budget).filter {
            $0.rowCount > 0 && $0.times.upperBound >= start && $0.times.lowerBound < end
        }
    }

    // MARK: Statistics

    func statistics(_ source: any LogSource) throws(QueryError) -> IndexStatistics {
        var streams: Set<LabelSet> = []
        var total = IndexStatistics()
        try TableScheduler(tables: tables(source), threads: threads).forEach { (table) throws(QueryError) in
            try part(table)
        } merge: { (part) throws(QueryError) in
            streams.formUnion(part.streams)
            if part.statistics.entries > 0 { total.chunks += 1 }
            total.bytes += part.statistics.bytes
            total.entries += part.statistics.entries
            return true
        }
        total.streams = streams.count
        return total
    }

    private struct Part: Sendable {
        var streams: [LabelSet]
        var statistics: IndexStatistics
    }

    private func part(_ table: any LogTable) throws(QueryError) -> Part {
        let reader = try TableReader(table, selection, budget: budget)
        var part = Part(streams: [], statistics: IndexStatistics())
        if reader.runs.isEmpty { return part }
        let lengths = try table.lineLengths(budget: budget)
        for run in reader.runs {
            part.streams.append(reader.frame.streams[run.stream])
            part.statistics.entries += run.rows.count
            for row in run.rows { part.statistics.bytes += Int(lengths[row]) }
        }
        return part
    }

    // MARK: Volumes

    func volumes(_ options: VolumeOptions, stepNanoseconds: Int64?, _ source: any LogSource) throws(QueryError) -> [Volume] {
        var totals: [LabelSet: [Int64: Int]] = [:]
        try TableScheduler(tables: tables(source), threads: threads).forEach { (table) throws(QueryError) in
            try bytesByStream(table, stepNanoseconds)
        } merge: { (streams) throws(QueryError) in
            for (stream, steps) in streams {
                for key in keys(of: stream, options) { totals[key, default: [:]].merge(steps) { $0 + $1 } }
            }
            return true
        }
        var volumes = totals.map { key, steps in
            var volume = Volume(labels: key, bytes: steps.values.reduce(0, +))
            if stepNanoseconds != nil {
                for (time, bytes) in steps.sorted(by: { $0.key < $1.key }) { volume.samples.append(time / 1_000_000, Double(bytes)) }
            }
            return volume
        }
        volumes.sort { $0.bytes != $1.bytes ? $0.bytes > $1.bytes : $0.labels < $1.labels }
        return Array(volumes.prefix(Swift.max(options.limit, 0)))
    }

    /// The bytes of each stream by the starts of steps.
    private func bytesByStream(_ table: any LogTable, _ step: Int64?) throws(QueryError) -> [(LabelSet, [Int64: Int])] {
        let reader = try TableReader(table, selection, budget: budget)
        if reader.runs.isEmpty { return [] }
        let lengths = try table.lineLengths(budget: budget)
        return reader.runs.map { run in
            var steps: [Int64: Int] = [:]
            var (current, bytes) = (start, 0)
            for row in run.rows {
                if let step {
                    let place = start + (reader.frame.times[row] - start) / step * step
                    if place != current {
                        if bytes > 0 { steps[current, default: 0] += bytes }
                        (current, bytes) = (place, 0)
                    }
                }
                bytes += Int(lengths[row])
            }
            steps[current, default: 0] += bytes
            return (reader.frame.streams[run.stream], steps)
        }
    }

    /// What a stream's bytes are counted for.
    private func keys(of stream: LabelSet, _ options: VolumeOptions) -> [LabelSet] {
        if options.targetLabels.contains(where: { stream[$0] == nil }) { return [] }
        let named = options.targetLabels.isEmpty ? options.matchers.map(\.name) : options.targetLabels
        switch options.aggregation {
        case .series: return [named.isEmpty ? stream : stream.keeping(named)]
        case .labels:
            // Without targets all labels count.
            let names = stream.map(\.name).filter { options.targetLabels.isEmpty || options.targetLabels.contains($0) }
            return names.map { name in
                var packed: [UInt8] = []
                LabelSet.appendRun(name.utf8, to: &packed)
                LabelSet.appendRun([], to: &packed)
                return LabelSet(canonical: packed)
            }
        }
    }
}
