internal import Foundation
internal import HTTPTypes
internal import OTLPFormat
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct JaegerVersion3Tests {
    private let shop = TraceFixture.shopID.hexadecimal
    private let window = "query.startTimeMin=2023-11-14T00:00:00Z&query.startTimeMax=2023-11-15T00:00:00Z"

    @Test func servicesAndOperationsAreListed() async throws {
        try await TraceTestServer().run { connection async throws in
            let services = try await connection.get("/jaeger/api/v3/services")
            #expect(services.text == #"{"services":["OTLPResourceNoServiceName","cart","frontend","payments"]}"#)
            let operations = try await connection.get("/jaeger/api/v3/operations?service=frontend")
            #expect(operations.text == #"{"operations":[{"name":"GET /","spanKind":"server"},{"name":"cart.get","spanKind":"client"}]}"#)
            let client = try await connection.get("/jaeger/api/v3/operations?service=frontend&spanKind=client")
            #expect(client.text == #"{"operations":[{"name":"cart.get","spanKind":"client"}]}"#)
            // What has no kind is internal there.
            let bare = try await connection.get("/jaeger/api/v3/operations?service=OTLPResourceNoServiceName")
            #expect(bare.text == #"{"operations":[{"name":"tick","spanKind":"internal"}]}"#)
        }
    }

    @Test func aTraceIsOTLPWithHexadecimalIds() async throws {
        try await TraceTestServer().run { connection async throws in
            let times = "startTime=2023-11-14T00:00:00.5+02:00&endTime=2023-11-15T00:00:00Z"
            for path in [shop, "CvdlGRbNQ92ESOshHIAxnA==", "CvdlGRbNQ92ESOshHIAxnA", "\(shop)?\(times)"] {
                let answer = try await connection.get("/jaeger/api/v3/traces/\(path)")
                #expect(answer.status == 200, "\(path): \(answer.text)")
                let result = try #require(try answer.json()["result"] as? [String: Any])
                #expect(Array(result.keys) == ["resourceSpans"])
                #expect(answer.text.contains(#""traceId":"\#(shop)""#))
                #expect(answer.text.contains(#""kind":2"#))
            }
        }
    }

    @Test(arguments: [
        ("traces/ff", 404, "No traces found"), ("traces/!", 400, "trace_id"), ("traces/ff?startTime=x", 400, "startTime"),
        ("traces/ff?rawTraces=x", 400, "rawTraces"), ("operations", 400, "service"), ("traces", 400, "query.startTimeMin and"),
        ("traces?query.startTimeMin=x&query.startTimeMax=x", 400, "malformed parameter query.startTimeMin"),
        ("traces?query.startTimeMin=2023-11-15T00:00:00Z&query.startTimeMax=2023-11-15T00:00:00Z", 400, "must be before"),
        (
            "trace-summaries?query.startTimeMin=2023-11-14T00:00:00Z&query.startTimeMax=2023-11-15T00:00:00Z&query.attributes=1", 400,
            "attributes"
        ),
        ("traces?query.startTimeMin=2023-11-14T00:00:00Z&query.startTimeMax=2023-11-15T00:00:00Z&query.searchDepth=x", 400, "searchDepth"),
        (
            "traces?query.startTimeMin=2023-11-14T00:00:00Z&query.startTimeMax=2023-11-15T00:00:00Z&query.duration_min=x", 400,
            "duration_min"
        ),
    ])
    func errorsHaveTheirOwnForm(path: String, status: Int, message: String) async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.get("/jaeger/api/v3/\(path)")
            #expect(answer.status == status)
            let error = try #require(try answer.json()["error"] as? [String: Any])
            #expect(error["httpCode"] as? Int == status)
            #expect((error["message"] as? String)?.contains(message) == true, "\(answer.text)")
        }
    }
}
