internal import ByteCoding
internal import TelemetryModel

/// A batch as the journal keeps it. The bytes are drawn in `docs/storage-format.md`.
///
///     version u8 · CRC32C of the rest u32 · series · float samples ·
///     per series: number, flags, [sample count], [labels], [histograms], [exemplars] · runs of starts · runs of equal time steps ·
///     packed values
enum BatchPayload {
    /// No single bit makes another version of it, for the checksum does not cover it.
    static let version: UInt8 = 4
    /// Versions of earlier programs: values take 8 bytes each, and only the second has a part for runs of starts.
    static let plainVersions: ClosedRange<UInt8> = 1...2
    private static let plainVersionWithStarts: UInt8 = 2
    private static let headerBytes = 5
    private static let hasOneSample: UInt8 = 1
    private static let hasLabels: UInt8 = 2
    private static let hasMore: UInt8 = 4

    /// Encodes a batch whose series have places in the head.
    ///
    /// - Parameter resolution: the places, and for which series the labels go along because the segment may not have them yet.
    static func encode(_ batch: MetricBatch, _ resolution: Head.Resolution) -> [UInt8] {
        var bytes: [UInt8] = []
        let labelBytes = resolution.definesAny ? batch.labelBytes.count + resolution.headLabels.count : 0
        bytes.reserveCapacity(headerBytes + 32 + batch.sampleCount * 8 + batch.seriesCount * 6 + labelBytes + batch.histogramCount * 128)
        bytes.append(version)
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendVarint(count: batch.seriesCount)
        bytes.appendVarint(count: batch.sampleCount)
        for series in 0..<batch.seriesCount {
            encodeSeries(series, of: batch, resolution, into: &bytes)
        }
        encodeStarts(batch.startRuns, into: &bytes)
        encodeTimes(batch.timestamps, into: &bytes)
        PackedValues.append(batch.values, to: &bytes)
        let checksum = CRC32C.checksum(bytes, in: headerBytes..<bytes.count)
        withUnsafeBytes(of: checksum.littleEndian) { raw in for index in 0..<4 { bytes[1 + index] = raw[index] } }
        return bytes
    }

    @inline(__always)
    private static func encodeSeries(
        _ series: Int, of batch: MetricBatch, _ resolution: Head.Resolution, into bytes: inout [UInt8]
    ) {
        let defines = resolution.defines[series]
        let samples = batch.sampleRange(series).count
        let histograms = batch.histogramRange(series)
        let exemplars = batch.exemplarRange(series)
        var flags: UInt8 = samples == 1 ? hasOneSample : 0
        if defines { flags |= hasLabels }
        if !histograms.isEmpty || !exemplars.isEmpty { flags |= hasMore }
        bytes.appendVarint(resolution.references[series].journalNumber << 3 | UInt64(flags))
        if samples != 1 { bytes.appendVarint(count: samples) }
        if defines {
            if batch.starts[series].hasLabels {
                bytes.appendLengthPrefixed(batch.labelBytes[batch.labelRange(series)])
            } else if let range = resolution.headLabelRanges[series] {
                bytes.appendLengthPrefixed(resolution.headLabels[range])
            }
        }
        if flags & hasMore != 0 {
            bytes.appendVarint(count: histograms.count)
            for index in histograms { HistogramCoding.encode(batch.histograms[index], into: &bytes) }
            bytes.appendVarint(count: exemplars.count)
            for index in exemplars { HistogramCoding.encode(batch.exemplars[index], into: &bytes) }
        }
    }

    private static func encodeStarts(_ runs: [BatchStartRun], into bytes: inout [UInt8]) {
        bytes.appendVarint(count: runs.count)
        for run in runs {
            bytes.appendVarint(count: run.series)
            bytes.appendVarint(count: run.count)
            bytes.appendZigZag(run.run.samples.start)
            bytes.appendZigZag(run.run.samples.end &- run.run.samples.start)
            bytes.appendZigZag(run.run.start &- run.run.samples.start)
        }
    }

    private static func decodeStarts(_ reader: inout ByteReader, into batch: inout MetricBatch) throws(ByteCodingError) {
        for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
            let series = try reader.readCount(limit: Swift.max(0, batch.seriesCount - 1))
            let count = try reader.readCount(limit: .max)
            let first = try reader.readZigZag()
            let last = first &+ (try reader.readZigZag())
            let start = first &+ (try reader.readZigZag())
            guard series < batch.seriesCount, first <= last, start != 0 else { throw ByteCodingError(.invalidValue, at: reader.position) }
            batch.append(
                BatchStartRun(
                    series: series, run: StartRun(samples: TimeRange(start: first, end: last), start: start), count: count,
                    samplesBefore: 0))
        }
    }

    /// Times as steps from the one before, each step with how often it comes in a row.
    private static func encodeTimes(_ timestamps: [Timestamp], into bytes: inout [UInt8]) {
        var previous: Timestamp = 0
        var index = 0
        while index < timestamps.count {
            let step = timestamps[index] &- previous
            previous = timestamps[index]
            var run = 1
            while index + run < timestamps.count, timestamps[index + run] &- previous == step {
                previous = timestamps[index + run]
                run += 1
            }
            bytes.appendZigZag(step)
            bytes.appendVarint(count: run)
            index += run
        }
    }

    /// Decodes a payload into an empty batch; `numbers` becomes the journal's number of each series, and the labels of a series in the batch
    /// are empty where the payload does not say them.
    ///
    /// - Throws: ``ByteCodingError`` for any bytes that no ``encode(_:_:)`` made.
    static func decode(_ payload: UnsafeRawBufferPointer, into batch: inout MetricBatch, numbers: inout [UInt64]) throws(ByteCodingError) {
        batch.removeAll()
        numbers.removeAll(keepingCapacity: true)
        var reader = ByteReader([UInt8](payload))
        let found = try reader.readUInt8()
        let isPlain = plainVersions.contains(found)
        guard found == version || isPlain else { throw ByteCodingError(.invalidValue, at: 0) }
        let checksum = try reader.readLittleEndian(UInt32.self)
        guard checksum == CRC32C.checksum(reader.bytes, in: headerBytes..<reader.end) else { throw ByteCodingError(.invalidValue, at: 1) }
        let seriesCount = try reader.readCount(limit: reader.remaining)
        let valueBytesMin = isPlain ? 8 : PackedValues.valueBytesMin
        let sampleCount = try reader.readCount(limit: reader.remaining / valueBytesMin)
        var samples: [Int] = []
        samples.reserveCapacity(seriesCount)
        var total = 0
        for _ in 0..<seriesCount {
            let count = try decodeSeries(&reader, sampleStart: total, countMax: sampleCount, into: &batch, numbers: &numbers)
            total += count
            guard total <= sampleCount else { throw ByteCodingError(.lengthTooLarge, at: reader.position) }
        }
        guard total == sampleCount else { throw ByteCodingError(.invalidValue, at: reader.position) }
        if !isPlain || found == plainVersionWithStarts { try decodeStarts(&reader, into: &batch) }
        let timestamps = try decodeTimes(&reader, count: sampleCount)
        let values = isPlain ? try decodePlainValues(&reader, count: sampleCount) : try PackedValues.read(&reader, count: sampleCount)
        guard reader.remaining == 0 else { throw ByteCodingError(.invalidValue, at: reader.position) }
        for (timestamp, value) in zip(timestamps, values) { batch.append(timestamp: timestamp, value: value) }
    }

    private static func decodeSeries(
        _ reader: inout ByteReader, sampleStart: Int, countMax: Int, into batch: inout MetricBatch, numbers: inout [UInt64]
    ) throws(ByteCodingError) -> Int {
        let header = try reader.readVarint()
        let flags = UInt8(header & 7)
        numbers.append(header >> 3)
        let count = flags & hasOneSample != 0 ? 1 : try reader.readCount(limit: countMax)
        var labels = 0..<0
        if flags & hasLabels != 0 { labels = try reader.readLengthPrefixed() }
        reader.bytes.withUnsafeBytes { raw in
            batch.beginDecodedSeries(packed: UnsafeRawBufferPointer(rebasing: raw[labels]), sampleStart: sampleStart)
        }
        if flags & hasMore != 0 {
            for _ in 0..<(try reader.readCount(limit: reader.remaining)) { batch.append(try HistogramCoding.decodeHistogram(&reader)) }
            for _ in 0..<(try reader.readCount(limit: reader.remaining)) { batch.append(try HistogramCoding.decodeExemplar(&reader)) }
        }
        return count
    }

    private static func decodeTimes(_ reader: inout ByteReader, count: Int) throws(ByteCodingError) -> [Timestamp] {
        var timestamps: [Timestamp] = []
        timestamps.reserveCapacity(count)
        var time: Timestamp = 0
        while timestamps.count < count {
            let step = try reader.readZigZag()
            let run = try reader.readCount(limit: count - timestamps.count)
            guard run > 0 else { throw ByteCodingError(.invalidValue, at: reader.position) }
            for _ in 0..<run {
                time &+= step
                timestamps.append(time)
            }
        }
        return timestamps
    }

    private static func decodePlainValues(_ reader: inout ByteReader, count: Int) throws(ByteCodingError) -> [Double] {
        var values: [Double] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try reader.readDouble()) }
        return values
    }
}
