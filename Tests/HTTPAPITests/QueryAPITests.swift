internal import HTTPAPI
internal import HTTPTypes
internal import PromQL
internal import TelemetryModel
internal import Testing

@Suite struct QueryAPITests {
    @Test func instantVectorsCarryTheEvaluationTime() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.get("/api/v1/query?query=up&time=1700000000.25")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "application/json")
            #expect(
                answer.text == #"{"status":"success","data":{"resultType":"vector","result":["#
                    + #"{"metric":{"__name__":"up","instance":"a:1","job":"node"},"value":[1700000000.250,"1"]},"#
                    + #"{"metric":{"__name__":"up","instance":"b:1","job":"node"},"value":[1700000000.250,"0"]}]}}"#)
        }
    }

    @Test func theTimeIsNowUnlessGiven() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.get("/api/v1/query?query=42")
            #expect(answer.text == #"{"status":"success","data":{"resultType":"scalar","result":[1700000000,"42"]}}"#)
        }
    }

    @Test func formsAndAddressesAreMerged() async throws {
        try await TestServer().run { connection async throws in
            let form = try await connection.post("/api/v1/query", form: "query=1%2B1&time=4")
            #expect(form.text == #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#)
            let mixed = try await connection.post("/api/v1/query?time=1970-01-01T00:00:04.5Z", form: "query=+1+%2b+1")
            #expect(mixed.text == #"{"status":"success","data":{"resultType":"scalar","result":[4.500,"2"]}}"#)
        }
    }

    @Test func rangesGiveMatrices() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.post(
                "/api/v1/query_range", form: "query=up{instance=\"a:1\"}&start=1699999970&end=1700000030&step=30")
            #expect(
                answer.text == #"{"status":"success","data":{"resultType":"matrix","result":["#
                    + #"{"metric":{"__name__":"up","instance":"a:1","job":"node"},"#
                    + #""values":[[1699999970,"1"],[1700000000,"1"],[1700000030,"1"]]}]}}"#)
        }
    }

    @Test func nothingFoundIsAnEmptyArray() async throws {
        try await TestServer().run { connection async throws in
            let instant = try await connection.get("/api/v1/query?query=absent_metric")
            #expect(instant.text == #"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
            let range = try await connection.get("/api/v1/query_range?query=absent_metric&start=0&end=10&step=1s")
            #expect(range.text == #"{"status":"success","data":{"resultType":"matrix","result":[]}}"#)
        }
    }

    @Test func rangeVectorsAndStringsAreInstantResults() async throws {
        try await TestServer().run { connection async throws in
            let matrix = try await connection.get("/api/v1/query?query=requests_total%5B5m%5D")
            #expect(
                matrix.text == #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":"#
                    + #"{"__name__":"requests_total","instance":"a:1","job":"node","path":"/\"x\"\n"},"#
                    + #""values":[[1699999940,"10"],[1700000000,"10.5"]]}]}}"#)
            let text = try await connection.get("/api/v1/query?query=%22a%3C%5Cn%22&time=0")
            #expect(text.text == #"{"status":"success","data":{"resultType":"string","result":[0,"a<\n"]}}"#)
        }
    }

    @Test func limitsTruncateWithAWarning() async throws {
        try await TestServer().run { connection async throws in
            let cut = try await connection.get("/api/v1/query?query=up&limit=1")
            #expect(cut.text.hasSuffix(#""value":[1700000000,"1"]}]},"warnings":["results truncated due to limit"]}"#))
            let whole = try await connection.get("/api/v1/query?query=up&limit=0")
            #expect(!whole.text.contains("warnings"))
            let range = try await connection.get("/api/v1/query_range?query=up&start=1700000000&end=1700000000&step=1&limit=1")
            #expect(range.text.contains("truncated"))
        }
    }

    @Test func lookbackCanBeGiven() async throws {
        try await TestServer().run { connection async throws in
            let near = try await connection.get("/api/v1/query?query=up&time=1700000030&lookback_delta=10s")
            #expect(near.text.contains(#""result":[]"#))
            let far = try await connection.get("/api/v1/query?query=up&time=1700000030&lookback_delta=31")
            #expect(far.text.contains(#""value":[1700000030,"1"]"#))
        }
    }

    @Test func statisticsStandBehindTheResult() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.get("/api/v1/query?query=up&stats=all")
            let result = try #require(answer.text.firstRange(of: "\"result\":"))
            let stats = try #require(answer.text.firstRange(of: "\"stats\":{\"timings\":{\"evalTotalTime\":"))
            #expect(result.lowerBound < stats.lowerBound)
            #expect(answer.text.contains("\"samples\":{\"totalQueryableSamples\":"))
            #expect(!answer.text.contains("warnings"))
            #expect(try await connection.get("/api/v1/query?query=1&stats=yes").text.contains("\"warnings\":[\"value \\\"yes\\\" for"))
        }
    }

    @Test func wrongParametersAreBadData() async throws {
        try await TestServer().run { connection async throws in
            let cases: [(String, String)] = [
                ("query?query=up{", #"invalid parameter \"query\": 1:4: parse error: "#),
                ("query", #"invalid parameter \"query\": unknown position: parse error: no expression found in input"#),
                (
                    "query?query=1&time=soon",
                    #"invalid parameter \"time\": invalid time value for 'time': cannot parse \"soon\" to a valid timestamp"#
                ),
                (
                    "query?query=1&lookback_delta=soon",
                    #""error":"error parsing lookback delta duration: cannot parse \"soon\" to a valid duration"#
                ),
                ("query?query=1&limit=few", #"invalid parameter \"limit\": strconv.Atoi: parsing \"few\": invalid syntax"#),
                ("query?query=1&timeout=soon", #"invalid parameter \"timeout\": cannot parse \"soon\" to a valid duration"#),
                ("query?query=1&limit=-1", #"invalid parameter \"limit\": limit must be non-negative"#),
                ("query_range?query=1&end=1&step=1", #"invalid parameter \"start\": cannot parse \"\" to a valid timestamp"#),
                ("query_range?query=1&start=1&step=1", #"invalid parameter \"end\": cannot parse"#),
                ("query_range?query=1&start=1&end=1", #"invalid parameter \"step\": cannot parse \"\" to a valid duration"#),
                ("query_range?query=1&start=2&end=1&step=1", #"invalid parameter \"end\": end timestamp must not be before start"#),
                ("query_range?query=1&start=1&end=2&step=0", #"invalid parameter \"step\": zero or negative query resolution"#),
                ("query_range?query=1&start=1&end=2&step=-1", #"invalid parameter \"step\": zero or negative query resolution"#),
                ("query_range?query=1&start=0&end=11001&step=1", "exceeded maximum resolution of 11,000 points per timeseries"),
                (
                    "query_range?query=up%5B5m%5D&start=1&end=2&step=1",
                    #"invalid parameter \"query\": invalid expression type \"range vector\" for range query"#
                ),
            ]
            for (uri, message) in cases {
                let encoded = uri.replacingBraces
                connection.expectFailure(try await connection.get("/api/v1/" + encoded), 400, "bad_data", message)
            }
            #expect(try await connection.get("/api/v1/query_range?query=1&start=0&end=11000&step=1").status == 200)
        }
    }

    @Test func hugeTimesDoNotOverflow() async throws {
        try await TestServer().run { connection async throws in
            for time in ["1.7e12", "1e300", "-1e300", "+Inf", "-Inf"] {
                #expect(try await connection.get("/api/v1/query?query=1&time=\(time.replacing("+", with: "%2B"))").status == 200, "\(time)")
            }
            let range = try await connection.get("/api/v1/query_range?query=1&start=-1e300&end=1e300&step=1")
            connection.expectFailure(range, 400, "bad_data", "11,000 points")
            let step = try await connection.get("/api/v1/query_range?query=1&start=0&end=1&step=1e300")
            connection.expectFailure(step, 400, "bad_data", "overflows")
        }
    }

    @Test func whatCannotBeEvaluatedIsAnExecutionError() async throws {
        let labels: (String) -> LabelSet = { ["__name__": $0, "job": "a"] }
        let source = ArraySource([
            (labels("left"), [(TestServer.now, 1)]), (["__name__": "right", "job": "a", "x": "1"], [(TestServer.now, 1)]),
            (["__name__": "right", "job": "a", "x": "2"], [(TestServer.now, 1)]),
        ])
        try await TestServer(source).run { connection async throws in
            let answer = try await connection.get("/api/v1/query?query=left%20*%20on(job)%20right")
            connection.expectFailure(answer, 422, "execution", "found duplicate series for the match group")
        }
    }

    @Test func annotationsBecomeWarningsAndInfosWithPositions() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.get("/api/v1/query?query=rate(up%5B5m%5D)")
            #expect(answer.text.contains(#""infos":["PromQL info: metric might not be a counter"#), "\(answer.text)")
            #expect(answer.text.contains(#"(1:6)"]"#), "\(answer.text)")
        }
    }

    @Test func queriesAreCounted() async throws {
        let server = TestServer()
        try await server.run { connection async throws in
            _ = try await connection.get("/api/v1/query?query=up")
            _ = try await connection.get("/api/v1/query?query=")
            let metrics = try await connection.get("/metrics").text
            #expect(metrics.contains(#"perch_queries_total{kind="instant",outcome="bad_data"} 1"#))
            #expect(metrics.contains(#"perch_queries_total{kind="instant",outcome="success"} 1"#))
            #expect(metrics.contains(#"perch_query_duration_seconds_count{kind="instant"} 2"#))
            #expect(metrics.contains(#"perch_http_requests_total{code="400",handler="/api/v1/query"} 1"#))
            #expect(metrics.contains("perch_http_requests_in_flight 1\n"))
        }
    }
}

extension String {
    fileprivate var replacingBraces: String { replacing("{", with: "%7B") }
}
