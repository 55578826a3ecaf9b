internal import Foundation
internal import HTTPTypes
internal import OTLPFormat
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

/// Searches of Jaeger, from the request to the traces.
@Suite struct JaegerFindingTests {
    private let shop = TraceFixture.shopID.hexadecimal
    private let window = "query.startTimeMin=2023-11-14T00:00:00Z&query.startTimeMax=2023-11-15T00:00:00Z"

    @Test(arguments: [
        ("service=payments", 1), ("service=payments&operation=charge", 1), ("service=payments&operation=cart.get", 0),
        ("service=nobody", 0),
        ("service=OTLPResourceNoServiceName", 1), ("", 2), ("limit=1", 1), ("tag=error:true", 1), ("service=cart&tag=error:true", 0),
        ("tag=http.status_code:200", 1), ("tag=http.status_code:20", 0), ("tag=ratio:2.5", 1), ("tag=cached:true", 1),
        ("tag=host.name:h1", 1),
        ("tag=span.kind:client", 1), ("tag=span.kind:consumer", 0), ("tags=%7B%22error%22:%22true%22,%22host.name%22:%22h1%22%7D", 1),
        ("tag=otel.status_description:card%20declined", 1), ("tag=otel.scope.name:lib", 1), ("minDuration=400ms", 1), ("minDuration=1h", 0),
        ("service=frontend&minDuration=10ms&maxDuration=30ms", 1), ("start=1699999400000000&end=1699999401000000", 1),
        ("start=1600000000000000&end=1600000001000000", 0),
    ])
    func tracesAreFound(query: String, count: Int) async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.get("/jaeger/api/traces?\(query)")
            #expect(answer.status == 200, "\(answer.text)")
            let traces = try #require(try answer.json()["data"] as? [[String: Any]])
            #expect(traces.count == count, "\(query)")
            // Traces come whole, however little of them was asked for.
            for trace in traces where trace["traceID"] as? String == shop { #expect((trace["spans"] as? [Any])?.count == 4) }
        }
    }

    @Test func theNewestComeFirst() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.get("/jaeger/api/traces")
            #expect((try answer.json()["data"] as? [[String: Any]])?.map { $0["traceID"] as? String } == ["0000000000000abc", shop])
        }
    }

    @Test func tracesAreSearchedUnderEitherName() async throws {
        try await TraceTestServer().run { connection async throws in
            for query in [
                "\(window)&query.serviceName=payments&query.attributes=%7B%22error%22:%22true%22%7D",
                // Offsets come with a bare plus, which is a blank then.
                "query.start_time_min=2023-11-14T02:00:00+02:00&query.start_time_max=2023-11-15T02:00:00.123456789+02:00"
                    + "&query.service_name=payments&query.operation_name=charge&query.duration_min=250ms&query.num_traces=5",
            ] {
                let answer = try await connection.get("/jaeger/api/v3/traces?\(query)")
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.text.contains(#""spanId":"0000000000000001""#))
            }
            let none = try await connection.get("/jaeger/api/v3/traces?\(window)&query.serviceName=nobody")
            #expect(none.status == 404)
        }
    }

    @Test func severalTracesAreOneAnswer() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.get("/jaeger/api/v3/traces?\(window)")
            let result = try JSONSerialization.data(withJSONObject: try #require(try answer.json()["result"]))
            let batch = try SpanBatch(otlpJSON: Array(result))
            #expect(Set(batch.spans.map(\.traceID)) == [TraceFixture.shopID, TraceFixture.bareID])
            #expect(Set(batch.resources.map(\.serviceName)) == ["frontend", "cart", "payments", nil])
        }
    }

    @Test func summariesCountSpans() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await connection.get("/jaeger/api/v3/trace-summaries?\(window)")
            let summaries = try #require(try answer.json()["summaries"] as? [[String: Any]])
            let summary = try #require(summaries.first { $0["traceId"] as? String == shop })
            #expect(summary["rootServiceName"] as? String == "frontend")
            #expect(summary["rootOperationName"] as? String == "GET /")
            #expect(summary["minStartTimeUnixNano"] as? String == String(TraceFixture.base))
            #expect(summary["maxEndTimeUnixNano"] as? String == String(TraceFixture.base + 500_000_000))
            #expect(summary["spanCount"] as? Int == 4)
            #expect(summary["errorSpanCount"] as? Int == 1)
            #expect(summary["orphanSpanCount"] == nil)
            let services = try #require(summary["services"] as? [[String: Any]])
            #expect(services.map { $0["name"] as? String } == ["cart", "frontend", "payments"])
            let bare = try #require(summaries.first { $0["traceId"] as? String == TraceFixture.bareID.hexadecimal })
            #expect(bare["orphanSpanCount"] as? Int == 1)
            #expect(bare["rootServiceName"] == nil)
        }
    }
}
