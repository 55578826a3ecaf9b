internal import ByteCoding
internal import OTLPFormat
internal import TelemetryModel

/// A trace as Tempo's API gives it (`tempopb.TraceByIDResponse`).
struct TraceReply: Sendable {
    let batch: SpanBatch
    /// What the server says of a trace that is not whole.
    let remark: String?

    init(protobuf bytes: [UInt8]) throws(ByteCodingError) {
        var batch = SpanBatch()
        var isPartial = false
        var message = ""
        var reader = ProtobufReader(bytes)
        while let field = try reader.nextField() {
            switch field.number {
            case 1:
                let trace = try reader.readBytes(field)
                try batch.append(otlp: Array(bytes[trace]))
            case 3: isPartial = try reader.readUInt64(field) == 1
            case 4: message = String(decoding: bytes[try reader.readBytes(field)], as: UTF8.self)
            default: try reader.skip(field)
            }
        }
        self.batch = batch
        remark = isPartial ? (message.isEmpty ? "the trace is not whole" : message) : nil
    }
}
