internal import HTTPAPI
internal import HTTPTypes
internal import TelemetryModel
internal import Testing

@Suite struct StatusAPITests {
    @Test func buildinfoHasNoFeatures() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.get("/api/v1/status/buildinfo")
            #expect(
                answer.text == #"{"status":"success","data":{"version":"3.7.0","revision":"abc","branch":"","buildUser":"","buildDate":"","#
                    + #""goVersion":"swift"}}"#)
        }
    }

    @Test func statusPagesHaveTheirShapes() async throws {
        try await TestServer().run { connection async throws in
            #expect(
                try await connection.get("/api/v1/status/config").text
                    == #"{"status":"success","data":{"yaml":"global:\n  scrape_interval: 15s\n"}}"#)
            #expect(
                try await connection.get("/api/v1/status/flags").text
                    == #"{"status":"success","data":{"config.file":"y","web.listen-address":"x"}}"#)
            #expect(
                try await connection.get("/api/v1/status/storage").text
                    == #"{"status":"success","data":{"activeSeries":3,"shardBytes":4096}}"#)
            #expect(
                try await connection.get("/api/v1/status/walreplay").text
                    == #"{"status":"success","data":{"min":0,"max":2,"current":1,"state":"in progress"}}"#)
            #expect(
                try await connection.get("/api/v1/notifications").text
                    == #"{"status":"success","data":[{"text":"Heads up.","date":"2023-11-14T22:13:20Z","active":true}]}"#)
            let features = try await connection.get("/api/v1/features").text
            #expect(features.hasPrefix(#"{"status":"success","data":{"api":{"admin":false},"promql":{"anchored":false,"#))
            #expect(features.contains(#""rate":true"#) && features.contains(#""limitk":false"#))
            let runtime = try await connection.get("/api/v1/status/runtimeinfo").text
            #expect(runtime.contains(#""startTime":"2023-11-14T21:13:20Z""#))
            #expect(runtime.contains(#""lastConfigTime":"2023-11-14T22:13:18.5Z""#))
            #expect(runtime.contains(#""reloadConfigSuccess":true"#))
        }
    }

    @Test func cardinalityIsRanked() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.get("/api/v1/status/tsdb?limit=2")
            #expect(answer.text.contains(#""numSeries":3"#))
            #expect(answer.text.contains(#""seriesCountByMetricName":[{"name":"up","value":2},{"name":"requests_total","value":1}]"#))
            #expect(answer.text.contains(#""labelValueCountByLabelName":[{"name":"__name__","value":2},{"name":"instance","value":2}]"#))
            #expect(answer.text.contains(#""seriesCountByLabelValuePair":[{"name":"job=node","value":3}"#))
            #expect(answer.text.contains(#""seriesCountByTarget":[{"name":"{instance="#))
            #expect(answer.text.contains(#""memoryInBytesByMetricName":[{"name":"up","value":"#))
            #expect(answer.text.contains(#""lastQueriedByMetricName":[{"name":"up","value":0},{"name":"requests_total","value":0}]"#))
            #expect(answer.text.contains(#""lastQueriedByLabelName":[{"name":"__name__","value":0},{"name":"instance","value":0}]"#))
            #expect(answer.text.contains(#""lastQueriedByTarget":[{"name":"{instance="#))
            for limit in ["0", "10001", "x"] {
                let refused = try await connection.get("/api/v1/status/tsdb?limit=\(limit)")
                connection.expectFailure(refused, 400, "bad_data", "limit must be a number between 1 and 10000")
            }
        }
    }

    @Test func rulesAndAlertsAreEmptyLists() async throws {
        try await TestServer().run { connection async throws in
            #expect(try await connection.get("/api/v1/rules?type=alert").text == #"{"status":"success","data":{"groups":[]}}"#)
            #expect(try await connection.get("/api/v1/alerts").text == #"{"status":"success","data":{"alerts":[]}}"#)
            #expect(
                try await connection.get("/api/v1/alertmanagers").text
                    == #"{"status":"success","data":{"activeAlertmanagers":[],"droppedAlertmanagers":[]}}"#)
            connection.expectFailure(
                try await connection.get("/api/v1/rules?type=x"), 400, "bad_data", #"invalid parameter \"type\": not supported value"#)
        }
    }

    @Test func metadataIsLimited() async throws {
        try await TestServer().run { connection async throws in
            #expect(
                try await connection.get("/api/v1/metadata").text
                    == #"{"status":"success","data":{"a_seconds":[{"type":"gauge","help":"A","unit":"seconds"},"#
                    + #"{"type":"gauge","help":"B","unit":""}],"z_total":[{"type":"counter","help":"Z","unit":""}]}}"#)
            #expect(
                try await connection.get("/api/v1/metadata?limit=1&limit_per_metric=1").text
                    == #"{"status":"success","data":{"a_seconds":[{"type":"gauge","help":"A","unit":"seconds"}]}}"#)
            #expect(try await connection.get("/api/v1/metadata?limit=0").text == #"{"status":"success","data":{}}"#)
            #expect(try await connection.get("/api/v1/metadata?metric=none").text == #"{"status":"success","data":{}}"#)
            #expect(try await connection.get("/api/v1/metadata?limit=-1&metric=z_total").text.contains("z_total"))
            connection.expectFailure(try await connection.get("/api/v1/metadata?limit=x"), 400, "bad_data", "limit must be a number")
        }
    }

    @Test func targetsAreFiltered() async throws {
        var server = TestServer()
        server.targets = TargetsView(
            scrapePools: ["node", "empty"],
            active: [
                ActiveTargetView(
                    discoveredLabels: ["__address__": "a:1"], labels: ["instance": "a:1", "job": "node"], scrapePool: "node",
                    scrapeURL: "http://a:1/metrics", globalURL: "http://a:1/metrics", lastError: "", lastScrape: 1_500,
                    lastScrapeDurationSeconds: 0.25, health: .up, intervalMilliseconds: 15_000, timeoutMilliseconds: 10_000)
            ],
            dropped: [DroppedTargetView(discoveredLabels: ["__address__": "c:1"], scrapePool: "node")], droppedCounts: ["node": 7])
        try await server.run { connection async throws in
            let active =
                #"{"discoveredLabels":{"__address__":"a:1"},"labels":{"instance":"a:1","job":"node"},"scrapePool":"node","#
                + #""scrapeUrl":"http://a:1/metrics","globalUrl":"http://a:1/metrics","lastError":"","#
                + #""lastScrape":"1970-01-01T00:00:01.5Z","lastScrapeDuration":0.25,"health":"up","scrapeInterval":"15s","scrapeTimeout":"10s"}"#
            let dropped = #"{"discoveredLabels":{"__address__":"c:1"},"scrapePool":"node"}"#
            #expect(
                try await connection.get("/api/v1/targets").text
                    == #"{"status":"success","data":{"activeTargets":[\#(active)],"droppedTargets":[\#(dropped)],"droppedTargetCounts":{"node":7}}}"#
            )
            #expect(
                try await connection.get("/api/v1/targets?state=active").text
                    == #"{"status":"success","data":{"activeTargets":[\#(active)],"droppedTargets":[],"droppedTargetCounts":null}}"#)
            #expect(
                try await connection.get("/api/v1/targets?state=dropped&scrapePool=other").text
                    == #"{"status":"success","data":{"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{}}}"#)
            #expect(
                try await connection.get("/api/v1/scrape_pools").text == #"{"status":"success","data":{"scrapePools":["empty","node"]}}"#)
            #expect(
                try await connection.get("/api/v1/targets/metadata?match_target=%7Bjob=%22node%22%7D&limit=3").text
                    == #"{"status":"success","data":[{"target":{"instance":"a:1","job":"node"},"metric":"up","type":"gauge","#
                    + #""help":"Up at http://a:1/metrics.","unit":""}]}"#)
            #expect(try await connection.get("/api/v1/targets/metadata?metric=down").text == #"{"status":"success","data":[]}"#)
        }
    }

    @Test func exemplarsAreFoundBySelectors() async throws {
        try await TestServer().run { connection async throws in
            // Grafana asks with milliseconds where seconds belong.
            let probe = try await connection.get("/api/v1/query_exemplars?query=test&start=1700000000000&end=1700003600000")
            #expect(probe.text == #"{"status":"success","data":[]}"#)
            let found = try await connection.post("/api/v1/query_exemplars", form: "query=rate(test[5m])+*+2&start=1&end=2")
            #expect(
                found.text == #"{"status":"success","data":[{"seriesLabels":{"__name__":"test"},"exemplars":["#
                    + #"{"labels":{"trace_id":"abc"},"value":"0.25","timestamp":1.500}]}]}"#)
            #expect(try await connection.get("/api/v1/query_exemplars?query=1").text == #"{"status":"success","data":[]}"#)
            connection.expectFailure(
                try await connection.get("/api/v1/query_exemplars?query=%7B"), 400, "bad_data", #"invalid parameter \"query\""#)
        }
    }
}
