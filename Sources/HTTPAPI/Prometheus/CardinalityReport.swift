internal import QueryModel
internal import TelemetryModel

/// How many series, values and bytes there are by metric, label, target and pair.
struct CardinalityReport {
    struct Share {
        var series = 0
        /// Bytes of label sets.
        var bytes = 0
    }

    let seriesCount: Int
    private(set) var metrics: [String: Share] = [:]
    /// By `job` and `instance`.
    private(set) var targets: [String: Share] = [:]
    private var targetNames: [String: (job: String, instance: String)] = [:]
    private(set) var valuesByLabel: [String: Int] = [:]
    /// Bytes of the values in label sets.
    private(set) var bytesByLabel: [String: Int] = [:]
    private(set) var seriesByPair: [String: Int] = [:]

    init(_ series: [LabelSet]) {
        seriesCount = series.count
        for labels in series {
            var (metric, job, instance) = ("", "", "")
            for label in labels {
                switch label.name {
                case LabelName.metricName: metric = label.value
                case LabelName.job: job = label.value
                case LabelName.instance: instance = label.value
                default: break
                }
                bytesByLabel[label.name, default: 0] += label.value.utf8.count
                let pair = label.name + "=" + label.value
                let isNew = seriesByPair.updateValue((seriesByPair[pair] ?? 0) + 1, forKey: pair)
                if isNew == nil { valuesByLabel[label.name, default: 0] += 1 }
            }
            let target = "{instance=\(quoted(instance)), job=\(quoted(job))}"
            metrics[metric, default: Share()].series += 1
            metrics[metric, default: Share()].bytes += labels.packed.count
            if targets[target] == nil { targetNames[target] = (job, instance) }
            targets[target, default: Share()].series += 1
            targets[target, default: Share()].bytes += labels.packed.count
        }
    }

    /// Writes the report. The first four lists are those of Prometheus; the others are Perch's own.
    ///
    /// - Parameter lastQueried: when something was last asked for; nil where it was not since the start.
    func write(to writer: inout JSONWriter, range: TimeRange, limit: Int, lastQueried: (StatusAPI.Asked) -> Timestamp?) {
        writer.beginObject()
        writer.name("headStats")
        writer.beginObject()
        writer.member("numSeries", seriesCount)
        writer.member("numLabelPairs", seriesByPair.count)
        writer.member("minTime", Int(range.start))
        writer.member("maxTime", Int(range.end))
        writer.endObject()
        CardinalityReport.write("seriesCountByMetricName", metrics.mapValues(\.series), limit, to: &writer)
        CardinalityReport.write("labelValueCountByLabelName", valuesByLabel, limit, to: &writer)
        CardinalityReport.write("memoryInBytesByLabelName", bytesByLabel, limit, to: &writer)
        CardinalityReport.write("seriesCountByLabelValuePair", seriesByPair, limit, to: &writer)
        CardinalityReport.write("memoryInBytesByMetricName", metrics.mapValues(\.bytes), limit, to: &writer)
        CardinalityReport.write("seriesCountByTarget", targets.mapValues(\.series), limit, to: &writer)
        CardinalityReport.write("memoryInBytesByTarget", targets.mapValues(\.bytes), limit, to: &writer)
        func writeTimes(_ title: String, _ counts: [String: Int], _ asked: (String) -> StatusAPI.Asked) {
            writer.name(title)
            writer.beginArray()
            for (name, _) in CardinalityReport.greatest(counts, limit) {
                writer.beginObject()
                writer.member("name", name)
                // Milliseconds; 0 for never since the start.
                writer.member("value", Int(lastQueried(asked(name)) ?? 0))
                writer.endObject()
            }
            writer.endArray()
        }
        writeTimes("lastQueriedByMetricName", metrics.mapValues(\.series)) { .metric($0) }
        writeTimes("lastQueriedByLabelName", valuesByLabel) { .label($0) }
        writeTimes("lastQueriedByTarget", targets.mapValues(\.series)) { name in
            .target(job: targetNames[name]?.job ?? "", instance: targetNames[name]?.instance ?? "")
        }
        writer.endObject()
    }

    private static func greatest(_ counts: [String: Int], _ limit: Int) -> ArraySlice<(key: String, value: Int)> {
        counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.prefix(limit)
    }

    /// The largest counts, as a list of names and values.
    private static func write(_ name: String, _ counts: [String: Int], _ limit: Int, to writer: inout JSONWriter) {
        writer.name(name)
        writer.beginArray()
        for (name, count) in greatest(counts, limit) {
            writer.beginObject()
            writer.member("name", name)
            writer.member("value", count)
            writer.endObject()
        }
        writer.endArray()
    }
}
