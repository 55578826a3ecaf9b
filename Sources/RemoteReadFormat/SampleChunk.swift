internal import ByteCoding
public import TelemetryModel

/// A run of samples of one series, compressed as Prometheus does it.
public struct SampleChunk: Sendable, Hashable {
    /// The numbers of the message `prometheus.Chunk`.
    public enum Encoding: UInt64, Sendable, Hashable {
        case xor = 1
        case histogram = 2
        case floatHistogram = 3
    }

    public let encoding: Encoding
    /// The first and the last sample.
    public let times: TimeRange
    public let bytes: [UInt8]

    /// Samples of one chunk, as many as Prometheus aims at.
    public static let samplesMax = 120

    /// The chunks of a series, in the order of time.
    public static func chunks(of columns: SampleColumns) -> [SampleChunk] {
        var chunks: [SampleChunk] = []
        for first in stride(from: 0, to: columns.timestamps.count, by: samplesMax) {
            let range = first..<min(first + samplesMax, columns.timestamps.count)
            chunks.append(SampleChunk(columns.timestamps[range], columns.values[range]))
        }
        if columns.histograms.isEmpty { return chunks }
        // Where floats and histograms take turns, so do chunks: none may overlap another.
        if !chunks.isEmpty {
            chunks = runs(of: columns).flatMap { SampleChunk.chunks(of: $0) }
        } else {
            chunks = histogramChunks(columns.histograms)
        }
        return chunks
    }

    /// Cuts columns where floats give way to histograms and the other way round.
    private static func runs(of columns: SampleColumns) -> [SampleColumns] {
        var runs: [SampleColumns] = []
        var run = SampleColumns()
        var (float, histogram) = (0, 0)
        while float < columns.timestamps.count || histogram < columns.histograms.count {
            let isFloat =
                histogram >= columns.histograms.count
                || (float < columns.timestamps.count && columns.timestamps[float] < columns.histograms[histogram].timestamp)
            if !run.isEmpty, isFloat == run.timestamps.isEmpty {
                runs.append(run)
                run = SampleColumns()
            }
            if isFloat {
                run.append(columns.timestamps[float], columns.values[float])
                float += 1
            } else {
                run.histograms.append(columns.histograms[histogram])
                histogram += 1
            }
        }
        if !run.isEmpty { runs.append(run) }
        return runs
    }

    init(encoding: Encoding, times: TimeRange, bytes: [UInt8]) {
        self.encoding = encoding
        self.times = times
        self.bytes = bytes
    }

    /// Float samples: count (16 bits), the first time (varint) and value, the second time (uvarint of the step); then steps of steps, and values
    /// as what differs.
    ///
    /// - Precondition: there is a sample, and no more than ``samplesMax``.
    private init(_ timestamps: ArraySlice<Timestamp>, _ values: ArraySlice<Double>) {
        var chunk = ChunkBits([0, 0])
        chunk.setCount(timestamps.count)
        var value = XORValue(values[values.startIndex])
        var time = timestamps[timestamps.startIndex]
        var step: Int64 = 0
        for index in timestamps.indices {
            let next = timestamps[index]
            switch index - timestamps.startIndex {
            case 0:
                chunk.write(varint: next)
                chunk.write(values[index].bitPattern, 64)
                continue
            case 1:
                step = next &- time
                chunk.write(uvarint: UInt64(bitPattern: step))
            default:
                let change = next &- time &- step
                step = next &- time
                SampleChunk.write(stepChange: change, to: &chunk)
            }
            time = next
            value.write(values[index], to: &chunk)
        }
        self.init(
            encoding: .xor, times: TimeRange(start: timestamps[timestamps.startIndex], end: time), bytes: chunk.bytes)
    }

    private static func write(stepChange change: Int64, to chunk: inout ChunkBits) {
        if change == 0 {
            chunk.write(bit: false)
        } else if ChunkBits.fits(change, bits: 14) {
            chunk.write(0b10, 2)
            chunk.write(UInt64(bitPattern: change), 14)
        } else if ChunkBits.fits(change, bits: 17) {
            chunk.write(0b110, 3)
            chunk.write(UInt64(bitPattern: change), 17)
        } else if ChunkBits.fits(change, bits: 20) {
            chunk.write(0b1110, 4)
            chunk.write(UInt64(bitPattern: change), 20)
        } else {
            chunk.write(0b1111, 4)
            chunk.write(UInt64(bitPattern: change), 64)
        }
    }
}
