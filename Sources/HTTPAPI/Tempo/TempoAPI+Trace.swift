internal import ByteCoding
internal import HTTPTypes
internal import NIOCore
internal import OTLPFormat
internal import QueryModel
internal import TelemetryModel

extension TempoAPI {
    /// A trace by its id: as bare OTLP in version 1, with a status around it in version 2.
    func trace(_ call: APICall, version: Version) async throws -> APIReply {
        let id = try TraceIDText.parse(call.pathParameter("id"))
        let parameters = try await call.parameters()
        // Tempo looks into fewer blocks for a range. Here a trace is found by its id alone, so the range only has to be one.
        let start = try seconds("start", parameters)
        let end = try seconds("end", parameters)
        if let start, let end, end <= start {
            throw APIFailure(.badData, "http parameter start must be before end. received start=\(start) end=\(end)")
        }
        let filter = version == .v2 ? try TraceFilter(parameters, environment.engine) : nil
        if let text = parameters["q"], filter != nil { try checkLength(text) }
        let format = TempoFormat(call.headers)
        let (find, bytesMax) = (environment.trace, limits.traceBytesMax)
        return try await environment.answer(call, .init(.trace, id.hexadecimal)) { budget, _ in
            guard let whole = try find(id, budget), !whole.spans.isEmpty else { throw APIFailure(.notFound, "trace not found") }
            switch version {
            case .v1: return try TempoAPI.firstVersion(whole, format, bytesMax: bytesMax)
            case .v2:
                let part = try filter?.apply(to: whole, budget: budget) ?? whole
                let notes = part.spans.count < whole.spans.count ? [TraceFilter.message] : []
                return TempoAPI.secondVersion(part, notes: notes, format, bytesMax: bytesMax)
            }
        }
    }

    private func seconds(_ name: String, _ parameters: FormParameters) throws(APIFailure) -> Int64? {
        guard let text = parameters[name] else { return nil }
        guard let seconds = Int64(text) else { throw APIFailure(.badData, "invalid \(name): parsing \(quoted(text)): invalid syntax") }
        return seconds
    }

    /// `tempopb.Trace`.
    private static func firstVersion(_ batch: SpanBatch, _ format: TempoFormat, bytesMax: Int) throws(APIFailure) -> APIReply {
        let bytes = format == .protobuf ? batch.otlp : batch.otlpJSON(.tempoV1)
        if bytes.count > bytesMax {
            // Status 422: the trace is there, and cannot be answered.
            throw APIFailure(.execution, "trace exceeds max size (max bytes: \(bytesMax))")
        }
        return format == .protobuf
            ? TempoFormat.reply(protobuf: bytes) : APIReply(contentType: "application/json", body: [ByteBuffer(bytes: bytes)])
    }

    /// `tempopb.TraceByIDResponse`. Field 1 is always there, since Grafana takes it for granted.
    private static func secondVersion(_ batch: SpanBatch, notes: [String], _ format: TempoFormat, bytesMax: Int) -> APIReply {
        var notes = notes
        var bytes = encodedTrace(batch, format)
        var part = batch
        while bytes.count > bytesMax && part.spans.count > 1 {
            // Spans differ in size; a little less than the share that would fit, until it does.
            part.spans.removeLast(part.spans.count - max(1, part.spans.count * bytesMax / bytes.count * 9 / 10))
            bytes = encodedTrace(part, format)
        }
        if part.spans.count < batch.spans.count {
            notes.insert("Trace exceeds maximum size of \(bytesMax) bytes, a partial trace is returned", at: 0)
        }
        let message = notes.joined(separator: "; ")
        switch format {
        case .protobuf:
            var writer = ProtobufWriter()
            writer.write(1, bytes: bytes)
            writer.write(2) { _ in }
            if !notes.isEmpty {
                writer.write(3, uint64: 1)
                writer.write(4, string: message)
            }
            return TempoFormat.reply(protobuf: writer.bytes)
        case .json:
            var buffer = ByteBuffer()
            buffer.reserveCapacity(bytes.count + message.utf8.count * 2 + 80)
            buffer.writeString("{\"trace\":")
            buffer.writeBytes(bytes)
            var writer = JSONTextWriter()
            writer.beginObject()
            writer.name("metrics")
            writer.beginObject()
            writer.endObject()
            writer.name("status")
            writer.value(notes.isEmpty ? "COMPLETE" : "PARTIAL")
            if !notes.isEmpty {
                writer.name("message")
                writer.value(message)
            }
            writer.endObject()
            // The members go on in the object that was begun.
            buffer.writeString(",")
            buffer.writeBytes(writer.bytes.dropFirst())
            return APIReply(contentType: "application/json", body: [buffer])
        }
    }

    private static func encodedTrace(_ batch: SpanBatch, _ format: TempoFormat) -> [UInt8] {
        format == .protobuf ? batch.otlp : batch.otlpJSON(.protobuf)
    }
}
