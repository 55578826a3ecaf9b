internal import ExpositionFormat
internal import TelemetryModel

/// Lines of OpenMetrics text with timestamps.
struct OpenMetricsReader {
    /// Whether `# EOF` was there.
    private(set) var isAtEnd = false
    private var decoder = SeriesTextDecoder()
    private var packed: [UInt8] = []
    /// The text of the series begun last in the batch.
    private var latestSeries: [UInt8] = []
    /// Where it had its latest sample.
    private var latestLine = 0

    /// The next sample begins a series of a new batch.
    mutating func beginBatch() { latestSeries = [] }

    /// What is missing at the end of the file, once.
    mutating func finish() -> String? {
        defer { isAtEnd = true }
        return isAtEnd ? nil : "the file does not end with # EOF"
    }

    /// Takes a line.
    ///
    /// - Returns: what the format allows and an import cannot take.
    mutating func take(
        _ line: [UInt8], number: Int, into batch: inout ImportBatch, _ metadata: inout [String: MetricMetadata]
    ) throws(ExpositionError) -> (column: Int, message: String)? {
        var parser = ExpositionParser(line, format: .openMetrics)
        switch try parser.next() {
        case nil: isAtEnd = true
        case .sample(let sample), .created(let sample): return try take(sample, line, number, into: &batch)
        case .type(let name, let type): metadata[parser.name(at: name), default: MetricMetadata()].type = type
        case .help(let name, let help): metadata[parser.name(at: name), default: MetricMetadata()].help = parser.help(at: help)
        case .unit(let name, let unit): metadata[parser.name(at: name), default: MetricMetadata()].unit = parser.text(at: unit)
        case .comment: break
        }
        return nil
    }

    private mutating func take(
        _ sample: ExpositionSample, _ text: [UInt8], _ number: Int, into batch: inout ImportBatch
    ) throws(ExpositionError) -> (column: Int, message: String)? {
        guard let timestamp = sample.timestamp else { return (sample.series.count + 2, "the sample has no timestamp") }
        var exemplar: Exemplar?
        if let range = sample.exemplar { exemplar = try decoder.decodeExemplar(text, range, defaultTimestamp: timestamp) }
        // A run is of lines that follow each other, so that a sample's line is known from its place.
        if latestSeries.isEmpty || number != latestLine + 1 || !text[sample.series].elementsEqual(latestSeries) {
            packed.removeAll(keepingCapacity: true)
            try decoder.decode(text, sample.series, into: &packed)
            batch.begin(LabelSet(canonical: packed), line: number)
            latestSeries = Array(text[sample.series])
        }
        latestLine = number
        batch.append(timestamp, sample.value)
        if let exemplar { batch.append(exemplar) }
        return nil
    }
}
