internal import ExpositionFormat
internal import TelemetryModel

/// In which format a file of samples is.
public enum SampleFileFormat: String, Sendable, CaseIterable {
    /// OpenMetrics text with timestamps: floats and exemplars.
    case openmetrics
    /// A JSON object a line: everything.
    case json
}

/// Samples from a file, on their way into a storage.
struct ImportBatch {
    /// Runs of samples of one series; a series may come more than once.
    var series: [SampleLine.Series] = []
    /// For each series, the line of its first sample, and whether each sample has a line of its own.
    var lines: [(first: Int, isOnePerSample: Bool)] = []
    private(set) var sampleCount = 0

    mutating func removeAll() {
        series.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
        sampleCount = 0
    }

    mutating func begin(_ labels: LabelSet, line: Int) {
        series.append(SampleLine.Series(labels: labels))
        lines.append((line, true))
    }

    mutating func append(_ timestamp: Timestamp, _ value: Double) {
        series[series.count - 1].timestamps.append(timestamp)
        series[series.count - 1].values.append(value)
        sampleCount += 1
    }

    mutating func append(_ exemplar: Exemplar) { series[series.count - 1].exemplars.append(exemplar) }

    mutating func append(_ series: SampleLine.Series, line: Int) {
        self.series.append(series)
        lines.append((line, false))
        sampleCount += series.timestamps.count + series.histograms.count
    }
}

extension ImportBatch {
    /// The line of a sample of a series; of the first one where no time is given.
    func line(ofSeries index: Int, timestamp: Timestamp?) -> Int {
        guard lines.indices.contains(index) else { return 0 }
        let (first, isOnePerSample) = lines[index]
        guard isOnePerSample, let timestamp else { return first }
        return first + (series[index].timestamps.firstIndex(of: timestamp) ?? 0)
    }
}

/// Something in a file that is not right.
struct ImportFault: Hashable {
    var line: Int
    /// Counted in bytes from 1.
    var column: Int
    var message: String
}

/// Reads a file of samples, batch by batch. A line that is not right is a fault and is left out.
struct ImportFile {
    /// Faults with which a batch ends, so that a file of faults takes no memory.
    private static let faultsMax = 1000

    private enum Reader {
        case openMetrics(OpenMetricsReader)
        case json(SampleLineReader)
    }

    private var lines: LineReader
    private var reader: Reader
    /// Faults since they were last taken.
    var faults: [ImportFault] = []
    /// What the file says of its families.
    private(set) var metadata: [String: MetricMetadata] = [:]

    /// - Parameter format: nil to tell it from the first line.
    init(path: String, format: SampleFileFormat?) throws(StorageCommandError) {
        lines = try LineReader(path: path)
        var isJSON = format == .json
        if format == nil {
            var first = try LineReader(path: path)
            let start = try first.next() ?? []
            isJSON = ["{\"metric\":", "{\"family\":"].contains { start.starts(with: $0.utf8) }
        }
        reader = isJSON ? .json(SampleLineReader()) : .openMetrics(OpenMetricsReader())
    }

    /// Fills the batch with the next samples, maybe none where faults are many; false at the end of the file, where the batch is empty.
    mutating func next(_ batch: inout ImportBatch, samplesMax: Int) -> Bool {
        batch.removeAll()
        if case .openMetrics(var text) = reader {
            text.beginBatch()
            reader = .openMetrics(text)
        }
        while batch.sampleCount < samplesMax && faults.count < ImportFile.faultsMax {
            let line: [UInt8]?
            do throws(StorageCommandError) { line = try lines.next() } catch {
                faults.append(ImportFault(line: lines.line + 1, column: 1, message: error.message))
                lines.end()
                return !batch.series.isEmpty || !faults.isEmpty
            }
            guard let line else {
                if case .openMetrics(var text) = reader {
                    if let fault = text.finish() { faults.append(ImportFault(line: lines.line, column: 1, message: fault)) }
                    reader = .openMetrics(text)
                }
                break
            }
            take(line, into: &batch)
        }
        return !batch.series.isEmpty || faults.count >= ImportFile.faultsMax
    }

    private mutating func take(_ line: [UInt8], into batch: inout ImportBatch) {
        switch reader {
        case .openMetrics(var text):
            if text.isAtEnd {
                faults.append(ImportFault(line: lines.line, column: 1, message: "there is text behind # EOF"))
                // One fault is enough to say.
                lines.end()
                return
            }
            do throws(ExpositionError) {
                if let fault = try text.take(line, number: lines.line, into: &batch, &metadata) {
                    faults.append(ImportFault(line: lines.line, column: fault.column, message: fault.message))
                }
            } catch {
                faults.append(ImportFault(line: lines.line, column: error.column, message: error.code.description))
            }
            reader = .openMetrics(text)
        case .json(let json):
            do throws(SampleLineError) { try json.take(line, number: lines.line, into: &batch, &metadata) } catch {
                faults.append(ImportFault(line: lines.line, column: error.column, message: error.message))
            }
        }
    }
}

/// Lines of the JSON export.
struct SampleLineReader {
    func take(
        _ line: [UInt8], number: Int, into batch: inout ImportBatch, _ metadata: inout [String: MetricMetadata]
    ) throws(SampleLineError) {
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d || $0 == 0x0a }) { return }
        switch try SampleLine(decoding: line) {
        case .series(let series): batch.append(series, line: number)
        case .metadata(let family, let found): metadata[family] = found
        }
    }
}
