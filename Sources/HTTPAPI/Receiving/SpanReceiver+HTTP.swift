internal import Compression
internal import HTTPTypes
internal import Ingestion
internal import NIOCore

extension SpanReceiver {
    /// Takes the spans of a request's body.
    ///
    /// Room is taken as the body comes, so memory is bounded however many senders there are and whatever lengths they announce.
    ///
    /// - Parameters:
    ///   - bytesMax: of the body as sent, and decompressed.
    ///   - convert: makes OTLP of the body; nil where it is OTLP.
    func receive(
        _ call: APICall, as source: Source, coding: RequestCoding, bytesMax: Int,
        converting convert: (@Sendable ([UInt8]) throws(SpanConversionError) -> [UInt8])? = nil
    ) async -> SpanAppendOutcome {
        let client = call.client
        if let refusal = overRate(client, source) { return refusal }
        let room = self.room()
        let whole: ByteBuffer
        do throws(BodyRefusal) {
            whole = try await ReceivedBody.read(call, bytesMax: bytesMax, into: room)
        } catch {
            switch error {
            case .tooLarge(let bytes): return count(.tooLarge(bytesMax), of: source, bytes: bytes)
            case .noRoom(let bytes): return refuse(source, bytes: bytes)
            case .broken(let reason, let bytes): return count(SpanAppendOutcome(.malformed, reason), of: source, bytes: bytes)
            }
        }
        return await receive(source, bytes: whole.readableBytes, room, from: client) { spans in
            whole.withUnsafeReadableBytes { SpanReceiver.append($0, coding, bytesMax, convert, to: spans) }
        }
    }

    private static func append(
        _ body: UnsafeRawBufferPointer, _ coding: RequestCoding, _ bytesMax: Int,
        _ convert: (@Sendable ([UInt8]) throws(SpanConversionError) -> [UInt8])?, to spans: any SpanAppending
    ) -> SpanAppendOutcome {
        var plain: [UInt8] = []
        switch coding {
        case .identity:
            guard convert != nil else { return spans.append(otlp: body) }
            plain = Array(body)
        case .compressed(let codec):
            do throws(CompressionError) {
                // A sender without spans may leave the body empty and say that it is compressed all the same.
                if !body.isEmpty { try codec.decompress(body, limit: bytesMax, into: &plain) }
            } catch {
                switch error.code {
                case .limitExceeded: return .tooLarge(bytesMax)
                case .failed: return SpanAppendOutcome(.unavailable, error.description, retryAfterSeconds: 1)
                case .corrupt, .truncated, .trailingBytes: return SpanAppendOutcome(.malformed, error.description)
                }
            }
        }
        guard let convert else { return plain.withUnsafeBytes { spans.append(otlp: $0) } }
        do throws(SpanConversionError) {
            return try convert(plain).withUnsafeBytes { spans.append(otlp: $0) }
        } catch {
            return SpanAppendOutcome(.malformed, error.message)
        }
    }
}

extension SpanAppendOutcome {
    static func tooLarge(_ bytesMax: Int) -> SpanAppendOutcome {
        SpanAppendOutcome(.tooLarge, "the body has more than \(bytesMax) bytes, as sent or decompressed")
    }
}
