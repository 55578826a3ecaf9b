internal import Compression
internal import HTTPAPI
internal import HTTPTypes
internal import NIOCore
internal import Testing

@Suite struct HTTPBehaviourTests {
    @Test func unknownPathsAndWrongMethodsAreJSON() async throws {
        try await TestServer().run { connection async throws in
            connection.expectFailure(try await connection.get("/api/v1/nothing"), 404, "not_found", "/api/v1/nothing")
            // An Alertmanager must not seem to be here.
            #expect(try await connection.get("/alertmanager/api/v2/status").status == 404)
            let wrong = try await connection.send(.post, "/api/v1/label/job/values")
            connection.expectFailure(wrong, 405, "method_not_allowed", "POST is not allowed here")
            #expect(wrong.headers[.allow] == "GET, HEAD, OPTIONS")
            #expect(try await connection.send(.get, "/api/v1/write").status == 405)
            #expect(try await connection.send(.get, "/-/reload").status == 405)
            #expect(try await connection.send(.delete, "/api/v1/query").status == 405)
        }
    }

    @Test func optionsAndCrossOriginRequests() async throws {
        try await TestServer().run { connection async throws in
            let options = try await connection.send(.options, "/api/v1/query", headers: [.origin: "http://grafana"])
            #expect(options.status == 204 && options.body.readableBytes == 0)
            #expect(options.headers[.accessControlAllowOrigin] == "*")
            #expect(options.headers[.accessControlAllowMethods] == "GET, POST, OPTIONS")
            #expect(try await connection.get("/api/v1/labels").headers[.accessControlAllowOrigin] == nil)
            #expect(try await connection.send(.options, "/api/v1/nothing").status == 204)
        }
    }

    @Test func answersAreCompressedOnlyWhenAsked() async throws {
        try await TestServer().run { connection async throws in
            let plain = try await connection.get("/metrics")
            #expect(plain.headers[.contentEncoding] == nil)
            #expect(plain.headers[values: .vary].contains("Accept-Encoding"))
            for (accept, coding, codec) in [
                ("gzip, deflate", "gzip", Codec.gzip), ("br, deflate, gzip", "deflate", .zlib), ("gzip;q=0, deflate", "deflate", .zlib),
            ] {
                let answer = try await connection.get("/metrics", headers: [.acceptEncoding: accept])
                #expect(answer.headers[.contentEncoding] == coding)
                #expect(answer.headers[.contentLength] == String(answer.body.readableBytes))
                let text = String(decoding: try codec.decompress(Array(answer.body.readableBytesView), limit: 1 << 20), as: UTF8.self)
                #expect(text.hasPrefix("# HELP perch_http_request_duration_seconds "))
            }
            let refused = try await connection.get("/metrics", headers: [.acceptEncoding: "identity, gzip;q=0"])
            #expect(refused.headers[.contentEncoding] == nil)
        }
    }

    @Test func healthAndReadiness() async throws {
        try await TestServer().run { connection async throws in
            #expect(try await connection.get("/-/healthy").text == "Perch is healthy.\n")
            let head = try await connection.send(.head, "/-/healthy")
            #expect(head.status == 200 && head.body.readableBytes == 0)
            #expect(try await connection.get("/-/ready").status == 200)
        }
        var starting = TestServer()
        starting.isReady = false
        try await starting.run { connection async throws in
            let ready = try await connection.get("/-/ready")
            let healthy = try await connection.get("/-/healthy")
            #expect(ready.status == 503 && healthy.status == 200)
            #expect(try await connection.get("/api/v1/status/walreplay").status == 200)
            #expect(try await connection.get("/metrics").status == 200)
            for answer in [
                try await connection.get("/api/v1/query?query=up"), try await connection.post("/api/v1/query", form: "query=up"),
                try await connection.send(.post, "/api/v1/write"), try await connection.get("/api/v1/labels"),
            ] {
                connection.expectFailure(answer, 503, "unavailable", "/-/ready says when")
                #expect(answer.headers[.retryAfter] == "1")
            }
        }
    }

    @Test func reloadSaysWhatIsWrong() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.send(.post, "/-/reload")
            connection.expectFailure(answer, 500, "internal", "failed to reload config: perch.yml:3:5: unknown key")
            #expect(try await connection.send(.put, "/-/flush").status == 200)
        }
    }

    @Test func ownMetricsAreServedInTheFormatAskedFor() async throws {
        try await TestServer().run { connection async throws in
            let text = try await connection.get("/metrics")
            #expect(text.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let open = try await connection.get(
                "/metrics", headers: [.accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"])
            #expect(open.headers[.contentType]?.hasPrefix("application/openmetrics-text; version=1.0.0; charset=utf-8") == true)
            #expect(open.text.hasSuffix("# EOF\n"))
        }
    }

    @Test func theLandingPageListsWhatIsServed() async throws {
        try await TestServer().run { connection async throws in
            let page = try await connection.get("/")
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.text.contains("<code>/api/v1/query_range</code>") && page.text.contains("<code>/metrics</code>"))
        }
    }

    @Test func formsThatAreTooLargeAreRefused() async throws {
        try await TestServer().run { connection async throws in
            let form = "query=" + String(repeating: "1+", count: 6 << 20) + "1"
            connection.expectFailure(try await connection.post("/api/v1/query", form: form), 413, "too_large", "bytes")
            #expect(try await connection.get("/api/v1/query?query=1").status == 200)
        }
    }

    /// What Grafana's "Save & test" does, then what its query editor asks for first.
    @Test func grafanaAcceptsTheDataSource() async throws {
        try await TestServer().run { connection async throws in
            let health = try await connection.post("/api/v1/query", form: "query=1%2B1&time=4")
            #expect(health.status == 200)
            #expect(health.text == #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#)
            let build = try await connection.get("/api/v1/status/buildinfo")
            #expect(build.status == 200 && !build.text.contains("features") && !build.text.contains("Mimir"))
            let rules = try await connection.get("/api/v1/rules")
            #expect(rules.text == #"{"status":"success","data":{"groups":[]}}"#)
            #expect(try await connection.get("/api/v1/metadata?limit=40000").status == 200)
            #expect(try await connection.post("/api/v1/labels", form: "limit=40000&start=1699996400&end=1700000000").status == 200)
            #expect(try await connection.get("/api/v1/label/__name__/values?limit=40000").text.contains("up"))
            let series = try await connection.post("/api/v1/series", form: "match[]=%7B__name__!%3D%22%22%7D&limit=40000")
            #expect(series.status == 200)
            let probe = try await connection.get("/api/v1/query_exemplars?query=test&start=1699996400000&end=1700000000000")
            #expect(probe.status == 200 && probe.text.hasPrefix(#"{"status":"success""#))
        }
    }
}
