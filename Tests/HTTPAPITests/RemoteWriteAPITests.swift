internal import HTTPAPI
internal import HTTPTypes
internal import NIOCore
internal import Synchronization
internal import Testing

@testable internal import Ingestion

@Suite struct RemoteWriteAPITests {
    private let samples = HTTPField.Name("X-Prometheus-Remote-Write-Samples-Written")!
    private let histograms = HTTPField.Name("X-Prometheus-Remote-Write-Histograms-Written")!
    private let exemplars = HTTPField.Name("X-Prometheus-Remote-Write-Exemplars-Written")!
    private let headers: HTTPFields = [.contentType: "application/x-protobuf", .contentEncoding: "snappy"]

    @Test func acceptedWritesAre204WithCounts() async throws {
        let server = TestServer()
        server.writes.outcome.withLock { $0.samplesWritten = 3 }
        server.writes.outcome.withLock { $0.exemplarsWritten = 1 }
        try await server.run { connection async throws in
            let answer = try await connection.send(.post, "/api/v1/write", headers: headers, body: ByteBuffer(bytes: [1, 2, 3]))
            #expect(answer.status == 204 && answer.body.readableBytes == 0)
            #expect(answer.headers[samples] == "3")
            #expect(answer.headers[histograms] == "0")
            #expect(answer.headers[exemplars] == "1")
        }
        let request = try #require(server.writes.requests.withLock { $0.first })
        #expect(request.body == [1, 2, 3])
        #expect(request.contentType == "application/x-protobuf" && request.contentEncoding == "snappy")
    }

    @Test func bodiesOfManyPiecesArriveWhole() async throws {
        let server = TestServer()
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await server.run { connection async throws in
            let answer = try await connection.send(.post, "/api/v1/write", headers: headers, body: ByteBuffer(bytes: body))
            #expect(answer.status == 204)
        }
        #expect(server.writes.requests.withLock { $0.first?.body } == body)
    }

    @Test(
        arguments: [
            (RemoteWriteOutcome(.rejected, "out of bounds"), 400, nil), (RemoteWriteOutcome(.tooLarge, "large"), 413, nil),
            (RemoteWriteOutcome(.unsupported, "what"), 415, nil),
            (RemoteWriteOutcome(.tooManyRequests, "slower", retryAfterSeconds: 7), 429, "7"),
            (RemoteWriteOutcome(.unavailable, "full", retryAfterSeconds: 5), 503, "5"),
        ] as [(RemoteWriteOutcome, Int, String?)])
    func outcomesBecomeStatuses(outcome: RemoteWriteOutcome, status: Int, retryAfter: String?) async throws {
        let server = TestServer()
        server.writes.outcome.withLock { $0 = outcome }
        try await server.run { connection async throws in
            let answer = try await connection.send(.post, "/api/v1/write", headers: headers, body: ByteBuffer(bytes: [1]))
            #expect(answer.status == status)
            #expect(answer.text == outcome.message + "\n")
            #expect(answer.headers[.retryAfter] == retryAfter)
            #expect(answer.headers[samples] == (status == 415 ? nil : "0"))
        }
    }

    @Test func tooMuchIsRefusedBeforeItIsRead() async throws {
        var server = TestServer()
        server.writeLimits.bodyBytesMax = 100
        try await server.run { connection async throws in
            let large = try await connection.send(.post, "/api/v1/write", headers: headers, body: ByteBuffer(repeating: 1, count: 101))
            connection.expectFailure(large, 413, "too_large", "more than 100 bytes")
            let fitting = try await connection.send(.post, "/api/v1/write", headers: headers, body: ByteBuffer(repeating: 1, count: 100))
            #expect(fitting.status == 204)
        }
        #expect(server.writes.requests.withLock { $0.count } == 1)
    }

    @Test func overloadIs503WithRetryAfter() async throws {
        var server = TestServer()
        server.writeLimits.pendingBytesMax = 10
        try await server.run { connection async throws in
            let answer = try await connection.send(.post, "/api/v1/write", headers: headers, body: ByteBuffer(repeating: 1, count: 11))
            #expect(answer.status == 503)
            #expect(answer.headers[.retryAfter] == "1")
            #expect(try await connection.send(.post, "/api/v1/write", headers: headers, body: ByteBuffer(bytes: [1])).status == 204)
            #expect(try await connection.get("/metrics").text.contains("perch_remote_write_refused_total 1\n"))
        }
    }
}
