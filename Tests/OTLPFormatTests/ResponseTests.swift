internal import OTLPFormat
internal import Testing

@Suite("OTLP answers")
struct ResponseTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `all taken says nothing`() {
        #expect(ExportTraceResponse().encoded(as: .protobuf) == [])
        #expect(text(ExportTraceResponse().encoded(as: .json)) == "{}")
    }

    @Test func `what was rejected is said`() {
        let response = ExportTraceResponse(rejectedSpans: 2, message: "no id")
        #expect(response.encoded(as: .protobuf) == [0x0a, 9, 0x08, 2, 0x12, 5] + Array("no id".utf8))
        #expect(text(response.encoded(as: .json)) == #"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"no id"}}"#)
    }

    @Test func `a status has code, message and when to come again`() {
        #expect(RPCStatus(.invalidArgument, "bad").encoded(as: .protobuf) == [8, 3, 0x12, 3] + Array("bad".utf8))
        #expect(text(RPCStatus(.notFound, "x").encoded(as: .json)) == #"{"code":5,"message":"x"}"#)
        let throttled = RPCStatus(.unavailable, "later", retryAfterSeconds: 2)
        #expect(
            text(throttled.encoded(as: .json))
                == #"{"code":14,"message":"later","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}]}"#)
        let type = Array("type.googleapis.com/google.rpc.RetryInfo".utf8)
        #expect(throttled.encoded(as: .protobuf).suffix(type.count + 8) == [0x0a, UInt8(type.count)] + type + [0x12, 4, 0x0a, 2, 8, 2])
    }

    @Test func `a content type's parameters do not matter`() {
        #expect(OTLPEncoding(contentType: "application/json; charset=utf-8") == .json)
        #expect(OTLPEncoding(contentType: "Application/X-Protobuf") == .protobuf)
        #expect(OTLPEncoding(contentType: "text/plain") == nil)
        #expect(OTLPEncoding(contentType: nil) == nil)
    }
}
