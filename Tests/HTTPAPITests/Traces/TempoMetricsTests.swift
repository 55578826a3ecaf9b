internal import Foundation
internal import HTTPTypes
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct TempoMetricsTests {
    private static let base = TraceFixture.base / 1_000_000_000
    private var window: String { "start=\(Self.base - 60)&end=\(Self.base + 120)" }

    @Test func rangesPassAStrictReader() async throws {
        try await TraceTestServer().run { connection async throws in
            for query in [
                "{} | rate()", "{} | count_over_time() by (resource.service.name)", "{} | quantile_over_time(duration, .5, .9)",
                "{} | histogram_over_time(duration)", "{} | compare({ status = error })", "{} | avg_over_time(duration) by (kind, status)",
            ] {
                let answer = try await get(connection, "query_range", query, "\(window)&step=1m")
                #expect(answer.status == 200, "\(query): \(answer.text)")
                #expect(StrictMessage.rangeResponse.faults(in: answer.text) == [], "\(query)")
                #expect(!answer.text.contains("promLabels"))
            }
        }
    }

    @Test func instantAnswersPassAStrictReader() async throws {
        try await TraceTestServer().run { connection async throws in
            for query in ["{} | count_over_time()", "{} | rate() by (resource.service.name)", "{} | max_over_time(duration)"] {
                let answer = try await get(connection, "query", query, window)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(StrictMessage.instantResponse.faults(in: answer.text) == [], "\(query)")
                #expect(!answer.text.contains("promLabels") && !answer.text.contains("samples"))
            }
        }
    }

    @Test func valuesAreThoseOfTheSpans() async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await get(
                connection, "query", "{ resource.service.name != `` } | count_over_time() by (resource.service.name)", window)
            let series = try #require(try answer.json()["series"] as? [[String: Any]])
            var counts: [String: Double] = [:]
            for one in series {
                let label = try #require((one["labels"] as? [[String: Any]])?.first { $0["key"] as? String == "resource.service.name" })
                let name = try #require((label["value"] as? [String: Any])?["stringValue"] as? String)
                counts[name] = one["value"] as? Double
            }
            #expect(counts == ["frontend": 2, "cart": 1, "payments": 1])
        }
    }

    @Test func timesComeInManyForms() async throws {
        try await TraceTestServer().run { connection async throws in
            let (start, end) = (Self.base - 60, Self.base + 120)
            let query = "{} | count_over_time()"
            let wanted = try series(try await get(connection, "query", query, "start=\(start)&end=\(end)"))
            #expect(wanted == 5)
            for window in [
                "start=\(start)000000000&end=\(end)000000000", "start=\(start).0&end=\(end).5",
                "start=2023-11-14T22:02:20Z&end=2023-11-14T22:05:20.5Z", "since=1h", "since=1d", "",
            ] {
                #expect(try series(try await get(connection, "query", query, window)) == wanted, "\(window)")
            }
            #expect(try await connection.ask("/tempo/api/metrics/query?query=%7B%7D%7Crate()").status == 200)
        }
    }

    @Test func stepsComeInManyForms() async throws {
        try await TraceTestServer().run { connection async throws in
            for (step, milliseconds) in [("60", 60_000), ("1m", 60_000), ("0.5", 500), ("90s", 90_000), ("", 1_000)] {
                let answer = try await get(connection, "query_range", "{} | rate()", "\(window)&step=\(step)")
                let series = try #require((try answer.json()["series"] as? [[String: Any]])?.first, "\(answer.text)")
                let times = try #require(series["samples"] as? [[String: Any]]).compactMap {
                    ($0["timestampMs"] as? String).flatMap { Int($0) }
                }
                #expect(times.count > 1 && times[1] - times[0] == milliseconds, "\(step)")
            }
        }
    }

    @Test func exemplarsAndSeriesAreLimited() async throws {
        try await TraceTestServer().run { connection async throws in
            let query = "{} | count_over_time() by (name)"
            let all = try await get(connection, "query_range", query, "\(window)&step=1m")
            #expect(all.text.contains(#""exemplars":[{"labels":["#))
            #expect(all.text.contains("trace:id") || all.text.contains("trace_id") || all.text.contains("traceID"), "\(all.text)")
            let few = try await get(connection, "query_range", query, "\(window)&step=1m&exemplars=1&maxSeries=2")
            #expect((try few.json()["series"] as? [Any])?.count == 2)
            #expect(few.text.contains(#""status":"PARTIAL","message":"#))
            #expect(few.text.components(separatedBy: "exemplars").count <= 2)
            #expect(StrictMessage.rangeResponse.faults(in: few.text) == [])
        }
    }

    @Test(arguments: [
        ("query_range", "{} | rate()", "start=5&end=5", "end must be greater than start"),
        ("query", "{} | rate()", "start=6&end=5", "greater"),
        ("query_range", "{} | rate()", "start=x&end=5", "could not parse 'start' parameter"), ("query", "{} | rate()", "since=x", "since"),
        ("query_range", "{} | rate()", "step=x", "valid duration"), ("query_range", "{} | rate()", "step=-1", "step must be positive"),
        ("query_range", "{} | rate()", "start=1&end=1000000&step=1", "too small"),
        ("query_range", "{ | rate()", "", "invalid TraceQL query"),
        ("query_range", "{}", "", "TraceQL"), ("query", "", "", "TraceQL"),
    ])
    func wrongRequestsAreRefusedAsText(path: String, query: String, rest: String, reason: String) async throws {
        try await TraceTestServer().run { connection async throws in
            let answer = try await get(connection, path, query, rest)
            #expect(answer.status == 400)
            #expect(answer.headers[.contentType] == "text/plain; charset=utf-8")
            #expect(answer.text.contains(reason), "\(answer.text)")
        }
    }

    @Test func protobufIsThereForWhoAsks() async throws {
        try await TraceTestServer().run { connection async throws in
            for path in ["query", "query_range"] {
                let answer = try await connection.ask(
                    "/tempo/api/metrics/\(path)?q=%7B%7D%7Crate()", headers: [.accept: "application/protobuf"])
                #expect(answer.headers[.contentType] == "application/protobuf" && !answer.bytes.isEmpty)
            }
        }
    }

    private func get(_ connection: TestConnection, _ path: String, _ query: String, _ rest: String) async throws -> TestConnection.Answer {
        let encoded = query.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return try await connection.ask("/tempo/api/metrics/\(path)?q=\(encoded)&\(rest)")
    }

    /// The value of the one series of an instant answer.
    private func series(_ answer: TestConnection.Answer) throws -> Double {
        let series = try #require(try answer.json()["series"] as? [[String: Any]], "\(answer.text)")
        return try #require(series.first?["value"] as? Double)
    }
}
