internal import Compression
internal import HTTPAPI
internal import HTTPTypes
internal import NIOCore
internal import TelemetryModel
internal import Testing

@Suite struct LargeAnswerTests {
    /// Answers of many pieces arrive whole, plain and compressed, and the connection serves on.
    @Test func largeAnswersArriveWhole() async throws {
        let samples = (0..<60_000).map { (Timestamp($0) * 1000, Double($0) / 8) }
        try await TestServer(ArraySource([(["__name__": "long"], samples)])).run { connection async throws in
            let uri = "/api/v1/query?query=long%5B100000s%5D&time=60000"
            let plain = try await connection.get(uri)
            #expect(plain.status == 200 && plain.body.readableBytes > 1_000_000)
            #expect(plain.text.hasSuffix(#",[59998,"7499.75"],[59999,"7499.875"]]}]}}"#))
            let compressed = try await connection.get(uri, headers: [.acceptEncoding: "gzip"])
            #expect(compressed.body.readableBytes < plain.body.readableBytes / 3)
            let text = try Codec.gzip.decompress(Array(compressed.body.readableBytesView), limit: 1 << 24)
            #expect(text == Array(plain.body.readableBytesView))
            #expect(try await connection.get("/-/healthy").status == 200)
        }
    }
}
