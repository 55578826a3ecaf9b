internal import ByteCoding
public import TelemetryModel

/// Frames of a streamed answer: the length (uvarint), a CRC32C of the message (big-endian), and a message
/// `prometheus.ChunkedReadResponse` with chunks of one series.
public enum ChunkedReadFrames {
    public static let contentType = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"

    /// The frames of a series.
    ///
    /// - Parameters:
    ///   - query: which of the queries it belongs to, from 0.
    ///   - bytesMax: a frame ends with the chunk that reaches it.
    public static func append(_ labels: LabelSet, _ chunks: [SampleChunk], query: Int, bytesMax: Int, to output: inout [UInt8]) {
        var head = ProtobufWriter()
        var ranges = labels.labelRanges
        while let label = ranges.next() {
            head.write(1) { body in
                body.write(1, bytes: labels.packed[label.name])
                body.write(2, bytes: labels.packed[label.value])
            }
        }
        var first = 0
        while first < chunks.count {
            var series = ProtobufWriter(appendingTo: head.bytes)
            repeat {
                write(chunks[first], to: &series)
                first += 1
            } while first < chunks.count && series.bytes.count < bytesMax
            appendFrame(series.bytes, query: query, to: &output)
        }
    }

    private static func write(_ chunk: SampleChunk, to series: inout ProtobufWriter) {
        series.write(2) { body in
            body.write(1, int64: chunk.times.start)
            body.write(2, int64: chunk.times.end)
            body.write(3, uint64: chunk.encoding.rawValue)
            body.write(4, bytes: chunk.bytes)
        }
    }

    private static func appendFrame(_ series: [UInt8], query: Int, to output: inout [UInt8]) {
        var message = ProtobufWriter()
        message.write(1, bytes: series)
        if query != 0 { message.write(2, int64: Int64(query)) }
        output.appendVarint(count: message.bytes.count)
        output.appendBigEndian(CRC32C.checksum(message.bytes))
        output.append(contentsOf: message.bytes)
    }
}
