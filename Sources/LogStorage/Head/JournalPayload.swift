internal import ByteCoding
internal import Compression
internal import TelemetryModel

/// A batch as the journal holds it.
///
///     version u8 (1) · CRC32C of all that follows, u32 · number of entries (varint) · length of the body (varint) · the body, a zstd frame
///     body: number of parts (varint) · for each the length of its labels (varint), these, and its number of entries (varint) · for each entry its time less
///     the one before (zig-zag varint) · for each the lengths of its line and of its metadata (varints) · all lines · all metadata
enum JournalPayload {
    static let version: UInt8 = 1
    /// What a body may have.
    private static let bodyBytesMax = 1 << 30
    private static let entriesMax = 1 << 26

    static func encode(_ batch: LogBatch, _ compressor: ZstdCompressor) throws(CompressionError) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(batch.lines.bytes.count + batch.metadata.bytes.count + batch.entryCount * 10 + 1024)
        body.appendVarint(count: batch.parts.count)
        for part in batch.parts {
            body.appendLengthPrefixed(part.labels.packed)
            body.appendVarint(count: part.entries.count)
        }
        var before: Int64 = 0
        for time in batch.times {
            body.appendZigZag(time &- before)
            before = time
        }
        for entry in 0..<batch.entryCount {
            body.appendVarint(count: batch.lines.range(entry).count)
            body.appendVarint(count: batch.metadata.range(entry).count)
        }
        body.append(contentsOf: batch.lines.bytes)
        body.append(contentsOf: batch.metadata.bytes)
        var payload: [UInt8] = [version, 0, 0, 0, 0]
        payload.reserveCapacity(body.count / 3 + 64)
        payload.appendVarint(count: batch.entryCount)
        payload.appendVarint(count: body.count)
        try compressor.compress(body, into: &payload)
        let sum = CRC32C.checksum(payload, in: 5..<payload.count)
        for shift in 0..<4 { payload[1 + shift] = UInt8(truncatingIfNeeded: sum >> UInt32(shift * 8)) }
        return payload
    }

    /// What a payload says of its body without decompressing it.
    struct Head: Sendable {
        var entries: Int
        var bodyBytes: Int
        var frame: Range<Int>
    }

    /// Reads the head and checks the whole.
    static func head(_ payload: [UInt8]) throws(ByteCodingError) -> Head {
        var reader = ByteReader(payload)
        guard try reader.readUInt8() == version else { throw ByteCodingError(.invalidValue, at: 0) }
        let sum = try reader.readLittleEndian(UInt32.self)
        guard CRC32C.checksum(payload, in: 5..<payload.count) == sum else { throw ByteCodingError(.invalidValue, at: 1) }
        let entries = try reader.readCount(limit: entriesMax)
        let bodyBytes = try reader.readCount(limit: bodyBytesMax)
        return Head(entries: entries, bodyBytes: bodyBytes, frame: reader.position..<payload.count)
    }

    /// The batch of a payload.
    static func batch(_ payload: [UInt8], _ decompressor: ZstdDecompressor) throws -> LogBatch {
        let head = try head(payload)
        let body = try decompressor.decompress(payload, in: head.frame, limit: head.bodyBytes)
        return try batch(body: body, entries: head.entries)
    }

    private static func batch(body: [UInt8], entries: Int) throws -> LogBatch {
        var reader = ByteReader(body)
        var parts: [(labels: LabelSet, count: Int)] = []
        for _ in 0..<(try reader.readCount(limit: body.count)) {
            let labels = try LabelSet(validating: Array(body[try reader.readLengthPrefixed()]))
            parts.append((labels, try reader.readCount(limit: entries)))
        }
        guard parts.reduce(0, { $0 + $1.count }) == entries else { throw ByteCodingError(.invalidValue, at: reader.position) }
        var times: [Int64] = []
        var time: Int64 = 0
        for _ in 0..<entries {
            time &+= try reader.readZigZag()
            times.append(time)
        }
        var lengths: [(line: Int, metadata: Int)] = []
        for _ in 0..<entries { lengths.append((try reader.readCount(limit: body.count), try reader.readCount(limit: body.count))) }
        let lineBytes = lengths.reduce(0) { $0 &+ $1.line }
        guard lineBytes <= reader.remaining else { throw ByteCodingError(.truncated, at: reader.position) }
        var line = reader.position
        var metadata = line + lineBytes
        var batch = LogBatch()
        var entry = 0
        for part in parts {
            batch.beginPart(part.labels)
            for _ in 0..<part.count {
                let (lineEnd, metadataEnd) = (line + lengths[entry].line, metadata + lengths[entry].metadata)
                guard metadataEnd <= body.count else { throw ByteCodingError(.truncated, at: metadata) }
                let packed = body[metadata..<metadataEnd]
                if !packed.isEmpty { _ = try LabelSet(validating: Array(packed)) }
                batch.append(time: times[entry], line: body[line..<lineEnd], metadata: packed)
                (line, metadata, entry) = (lineEnd, metadataEnd, entry + 1)
            }
        }
        guard metadata == body.count else { throw ByteCodingError(.invalidValue, at: metadata) }
        return batch
    }
}
