internal import ExpositionFormat
internal import LabelMatching
internal import MetricStorage
internal import TelemetryModel

/// Stored samples as text, piece by piece. Used by one thread at a time.
///
/// Series come by family, name and labels. What is written is what was there when the export began.
final class SampleExport {
    private static let pieceBytes = 64 << 10
    /// Samples of one line of JSON.
    private static let samplesPerLine = 10_000

    /// A series to be written.
    private struct Item {
        var family: String
        var labels: LabelSet
        var selection: Int
        var index: Int
    }

    private let format: SampleFileFormat
    private let metadata: [String: MetricMetadata]
    private let selections: [MetricSelection]
    private var items: ArraySlice<Item> = []
    private var exemplars: [LabelSet: [Exemplar]] = [:]
    private var announced: String?
    private var isOver = false
    private(set) var summary = StorageExport.Summary()

    init(_ storage: MetricStorage, _ selectors: [LabelSelector], _ range: TimeRange, _ format: SampleFileFormat) throws {
        self.format = format
        metadata = Dictionary(uniqueKeysWithValues: storage.metadata().map { ($0.family, $0.metadata) })
        selections = try selectors.map { try storage.select($0.matchers, in: range) }
        for found in try storage.exemplars(selectors, in: range, countMax: .max) { exemplars[found.labels] = found.exemplars }
        items = sortedItems()[...]
    }

    /// The next piece, which ends with a line; nil behind the last.
    func next() throws -> [UInt8]? {
        if isOver { return nil }
        var piece: [UInt8] = []
        while piece.count < SampleExport.pieceBytes {
            guard let item = items.popFirst() else {
                isOver = true
                if format == .openmetrics { piece += "# EOF\n".utf8 }
                summary.warnings = selections.flatMap(\.warnings)
                break
            }
            var columns = SampleColumns()
            try selections[item.selection].read(item.index, into: &columns)
            let own = exemplars.removeValue(forKey: item.labels) ?? []
            switch format {
            case .openmetrics: addText(item, columns, own, to: &piece)
            case .json: addLines(item, columns, own, try selections[item.selection].startRuns(of: item.index), to: &piece)
            }
        }
        return piece
    }

    // MARK: Formats

    private func addText(_ item: Item, _ columns: SampleColumns, _ exemplars: [Exemplar], to piece: inout [UInt8]) {
        summary.histogramsLeftOut += columns.histograms.count
        let places = columns.values.indices.filter { !StaleMarker.matches(columns.values[$0]) }
        summary.staleMarkersLeftOut += columns.values.count - places.count
        let attached = SampleExport.attach(exemplars, to: places.map { columns.timestamps[$0] })
        summary.exemplars += attached.count
        summary.exemplarsLeftOut += exemplars.count - attached.count
        guard !places.isEmpty else { return }
        var text = OpenMetricsText()
        if announced != item.family {
            announced = item.family
            if let metadata = metadata[item.family] { text.addMetadata(family: item.family, metadata) }
        }
        let series = OpenMetricsText.series(item.labels)
        for (order, place) in places.enumerated() {
            text.addSample(series: series, value: columns.values[place], timestamp: columns.timestamps[place], exemplar: attached[order])
        }
        summary.samples += places.count
        summary.series += 1
        piece += text.bytes
    }

    /// A sample's line has room for one exemplar: each goes to the first sample at its time or later that has none, else to any.
    private static func attach(_ exemplars: [Exemplar], to timestamps: [Timestamp]) -> [Int: Exemplar] {
        var attached: [Int: Exemplar] = [:]
        var waiting: [Exemplar] = []
        var next = 0
        for exemplar in exemplars {
            while next < timestamps.count, timestamps[next] < exemplar.timestamp { next += 1 }
            if next < timestamps.count {
                attached[next] = exemplar
                next += 1
            } else {
                waiting.append(exemplar)
            }
        }
        for place in timestamps.indices.reversed() where attached[place] == nil {
            guard let exemplar = waiting.popLast() else { break }
            attached[place] = exemplar
        }
        return attached
    }

    private func addLines(
        _ item: Item, _ columns: SampleColumns, _ exemplars: [Exemplar], _ runs: [StartRun], to piece: inout [UInt8]
    ) {
        if announced != item.family {
            announced = item.family
            if let metadata = metadata[item.family] { SampleLine.metadata(family: item.family, metadata).append(to: &piece) }
        }
        guard !columns.isEmpty || !exemplars.isEmpty else { return }
        summary.series += 1
        summary.samples += columns.count
        summary.exemplars += exemplars.count
        var start = 0
        let starts = runs.isEmpty ? [] : runs.starts(of: columns.timestamps)
        var rest = SampleLine.Series(
            labels: item.labels, histograms: columns.histograms,
            histogramStarts: runs.isEmpty ? [] : runs.starts(of: columns.histograms.map(\.timestamp)), exemplars: exemplars)
        repeat {
            let end = min(start + SampleExport.samplesPerLine, columns.timestamps.count)
            rest.timestamps = Array(columns.timestamps[start..<end])
            rest.values = Array(columns.values[start..<end])
            rest.starts = starts.isEmpty ? [] : Array(starts[start..<end])
            SampleLine.series(rest).append(to: &piece)
            rest = SampleLine.Series(labels: item.labels)
            start = end
        } while start < columns.timestamps.count
    }

    // MARK: Series

    /// The series of all selections, each once.
    private func sortedItems() -> [Item] {
        var items: [Item] = []
        var seen: Set<LabelSet> = []
        for (number, selection) in selections.enumerated() {
            for index in 0..<selection.count {
                let labels = selection.labels(at: index)
                guard selections.count == 1 || seen.insert(labels).inserted else { continue }
                let name = labels.metricName ?? ""
                if name.isEmpty, format == .openmetrics {
                    summary.seriesLeftOut += 1
                    continue
                }
                items.append(Item(family: SampleExport.family(of: name, metadata), labels: labels, selection: number, index: index))
            }
        }
        return items.sorted { left, right in
            if left.family != right.family { return left.family < right.family }
            let names = (left.labels.metricName ?? "", right.labels.metricName ?? "")
            return names.0 == names.1 ? left.labels < right.labels : names.0 < names.1
        }
    }

    /// The family that a metric belongs to: the one that is known by its name, or by its name without a suffix of the text format.
    private static func family(of name: String, _ metadata: [String: MetricMetadata]) -> String {
        if metadata[name] != nil { return name }
        for suffix in ["_total", "_bucket", "_count", "_sum", "_created", "_info"] where name.hasSuffix(suffix) {
            let family = String(name.dropLast(suffix.count))
            if metadata[family] != nil { return family }
        }
        return name
    }
}
