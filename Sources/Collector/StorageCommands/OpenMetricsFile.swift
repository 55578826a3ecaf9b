internal import ExpositionFormat
internal import Foundation
internal import MetricStorage
internal import TelemetryModel

/// Reads OpenMetrics text with timestamps from a file, batch by batch: a file may be larger than memory.
///
/// A line that is not right is a fault and is left out; all others count.
struct OpenMetricsFile {
    /// Something that is not right.
    struct Fault: Hashable {
        var line: Int
        /// Counted in bytes from 1.
        var column: Int
        var message: String
    }

    private static let blockBytes = 1 << 20
    private static let lineBytesMax = 16 << 20
    /// Faults with which a batch ends, so that a file of faults takes no memory.
    private static let faultsMax = 1000

    private let file: FileHandle
    /// What was read and not yet taken.
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    private var line = 0
    private var hasEndMarker = false
    private var decoder = SeriesTextDecoder()
    private var packed: [UInt8] = []
    /// The text of the series begun last in the batch.
    private var latestSeries: [UInt8] = []
    /// For each series begun in the batch, its samples' times and lines.
    private var origins: [[(timestamp: Timestamp, line: Int)]] = []

    /// Faults since they were last taken.
    var faults: [Fault] = []
    /// What the file says of its families.
    private(set) var metadata: [String: MetricMetadata] = [:]

    init(path: String) throws(StorageCommandError) {
        guard let file = FileHandle(forReadingAtPath: path) else { throw StorageCommandError("\(path): cannot be opened") }
        self.file = file
    }

    /// Fills the batch with the next samples, maybe none where faults are many; false at the end of the file, where the batch is empty.
    mutating func next(_ batch: inout MetricBatch, samplesMax: Int) -> Bool {
        batch.removeAll()
        latestSeries = []
        origins.removeAll(keepingCapacity: true)
        while batch.sampleCount < samplesMax && faults.count < OpenMetricsFile.faultsMax {
            let next: [UInt8]?
            do throws(StorageCommandError) { next = try nextLine() } catch {
                faults.append(Fault(line: line + 1, column: 1, message: error.message))
                end()
                break
            }
            guard let text = next else {
                if !hasEndMarker {
                    hasEndMarker = true
                    fault(1, "the file does not end with # EOF")
                }
                break
            }
            if hasEndMarker {
                fault(1, "there is text behind # EOF")
                // One fault is enough to say.
                end()
                break
            }
            do throws(ExpositionError) { try take(text, into: &batch) } catch { fault(error.column, error.code.description) }
        }
        return batch.sampleCount > 0 || faults.count >= OpenMetricsFile.faultsMax
    }

    /// Leaves the rest of the file.
    private mutating func end() {
        hasEndMarker = true
        isAtEnd = true
        buffer = []
        position = 0
    }

    /// The line of a sample of the latest batch; 0 where it has none.
    func line(ofSeries series: Int, timestamp: Timestamp) -> Int {
        guard origins.indices.contains(series) else { return 0 }
        return origins[series].first { $0.timestamp == timestamp }?.line ?? 0
    }

    private mutating func take(_ text: [UInt8], into batch: inout MetricBatch) throws(ExpositionError) {
        var parser = ExpositionParser(text, format: .openMetrics)
        switch try parser.next() {
        case nil: hasEndMarker = true
        case .sample(let sample), .created(let sample): try take(sample, text, into: &batch)
        case .type(let name, let type): metadata[parser.name(at: name), default: MetricMetadata()].type = type
        case .help(let name, let help): metadata[parser.name(at: name), default: MetricMetadata()].help = parser.help(at: help)
        case .unit(let name, let unit): metadata[parser.name(at: name), default: MetricMetadata()].unit = parser.text(at: unit)
        case .comment: break
        }
    }

    private mutating func take(_ sample: ExpositionSample, _ text: [UInt8], into batch: inout MetricBatch) throws(ExpositionError) {
        guard let timestamp = sample.timestamp else {
            fault(sample.series.count + 2, "the sample has no timestamp")
            return
        }
        var exemplar: Exemplar?
        if let range = sample.exemplar { exemplar = try decoder.decodeExemplar(text, range, defaultTimestamp: timestamp) }
        if latestSeries.isEmpty || !text[sample.series].elementsEqual(latestSeries) {
            packed.removeAll(keepingCapacity: true)
            try decoder.decode(text, sample.series, into: &packed)
            batch.beginSeries(packed: packed)
            origins.append([])
            latestSeries = Array(text[sample.series])
        }
        batch.append(timestamp: timestamp, value: sample.value)
        if let exemplar { batch.append(exemplar) }
        origins[origins.count - 1].append((timestamp, line))
    }

    private mutating func fault(_ column: Int, _ message: String) { faults.append(Fault(line: line, column: column, message: message)) }

    /// The next line with its line break, which the last one need not have in the file; nil at the end.
    private mutating func nextLine() throws(StorageCommandError) -> [UInt8]? {
        var searched = position
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { position = end + 1 }
                line += 1
                return Array(buffer[position...end])
            }
            if isAtEnd { break }
            guard buffer.count - position <= OpenMetricsFile.lineBytesMax else {
                throw StorageCommandError("the line is longer than \(OpenMetricsFile.lineBytesMax) bytes")
            }
            searched = buffer.count - position
            buffer.removeSubrange(..<position)
            position = 0
            do {
                let block = try file.read(upToCount: OpenMetricsFile.blockBytes) ?? Data()
                if block.isEmpty { isAtEnd = true }
                buffer += block
            } catch {
                throw StorageCommandError("the file cannot be read on: \(error)")
            }
        }
        guard position < buffer.count else { return nil }
        defer { position = buffer.count }
        line += 1
        return Array(buffer[position...]) + [UInt8(ascii: "\n")]
    }
}
