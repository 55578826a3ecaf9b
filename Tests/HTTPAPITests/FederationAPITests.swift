internal import HTTPAPI
internal import HTTPTypes
internal import TelemetryModel
internal import Testing

@Suite struct FederationAPITests {
    @Test func newestSamplesAreGivenOnce() async throws {
        try await TestServer().run { connection async throws in
            let page = try await connection.get("/federate?match[]=up&match[]=%7Bjob=%22node%22%7D")
            #expect(page.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(
                page.text == """
                    # TYPE requests_total untyped
                    requests_total{instance="a:1",job="node",path="/\\"x\\"\\n"} 10.5 1700000000000
                    # TYPE up untyped
                    up{instance="a:1",job="node"} 1 1700000000000
                    up{instance="b:1",job="node"} 0 1700000000000

                    """)
            #expect(try await connection.get("/federate").text == "")
            connection.expectFailure(
                try await connection.get("/federate?match[]=%7B%7D"), 400, "bad_data", "must contain at least one non-empty matcher")
        }
    }

    @Test func externalLabelsAreAddedWhereTheSeriesHasNoneOfThatName() async throws {
        var server = TestServer()
        server.externalLabels = ["job": "outer", "region": "eu"]
        try await server.run { connection async throws in
            let page = try await connection.get("/federate?match[]=up")
            #expect(page.text.contains("up{instance=\"a:1\",job=\"node\",region=\"eu\"} 1 1700000000000\n"), "\(page.text)")
        }
    }

    @Test func endedAndOldSeriesAreLeftOutAndNamesEscaped() async throws {
        let now = TestServer.now
        let source = ArraySource([
            (["__name__": "ended"], [(now - 1000, 1), (now, StaleMarker.value)]), (["__name__": "old"], [(now - 300_001, 1)]),
            (["__name__": "http.time", "k.x": "v"], [(now, .infinity)]),
        ])
        try await TestServer(source).run { connection async throws in
            let plain = try await connection.get("/federate?match[]=%7B__name__!=%22%22%7D")
            #expect(plain.text == "# TYPE http_time untyped\nhttp_time{k_x=\"v\",instance=\"\"} +Inf 1700000000000\n")
            let full = try await connection.get(
                "/federate?match[]=%7B__name__!=%22%22%7D", headers: [.accept: "text/plain;version=1.0.0;escaping=allow-utf-8"])
            #expect(full.text == "# TYPE \"http.time\" untyped\n{\"http.time\",\"k.x\"=\"v\",instance=\"\"} +Inf 1700000000000\n")
            #expect(full.headers[.contentType]?.contains("escaping=allow-utf-8") == true)
        }
    }
}
