internal import HTTPTypes
internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct LokiNamesTests {
    @Test func `labels, their values, and streams`() async throws {
        try await LogTestServer().run { connection async throws in
            for path in ["/labels", "/label"] {
                #expect(try await connection.logs(path).text == #"{"status":"success","data":["app","pod"]}"#)
            }
            #expect(try await connection.logs("/label/app/values").text == #"{"status":"success","data":["orders","payments"]}"#)
            #expect(
                try await connection.logs("/label/pod/values", [("query", #"{app="payments"}"#)]).text
                    == #"{"status":"success","data":["1"]}"#)
            // Nothing is no list at all here, and an empty list there.
            #expect(try await connection.logs("/label/none/values").text == #"{"status":"success"}"#)
            #expect(try await connection.logs("/labels", [("start", "1"), ("end", "2")]).text == #"{"status":"success"}"#)
            #expect(
                try await connection.logs("/series", [("match", #"{app="payments"}"#)]).text
                    == #"{"status":"success","data":[{"app":"payments","pod":"1"}]}"#)
            #expect(try await connection.logs("/series", [("match", #"{app="none"}"#)]).text == #"{"status":"success","data":[]}"#)
            let all = #"{"status":"success","data":[{"app":"orders","pod":"a"},{"app":"orders","pod":"b"},{"app":"payments","pod":"1"}]}"#
            #expect(try await connection.logs("/series").text == all)
            #expect(try await connection.logs("/series", [("match", "{ }")]).text == all)
            #expect(
                try await connection.post(
                    "/loki/api/v1/series",
                    form: TestConnection.form([("match[]", #"{pod="b"}"#), ("match", #"{pod="1"}"#)])
                ).text == #"{"status":"success","data":[{"app":"orders","pod":"b"},{"app":"payments","pod":"1"}]}"#)
            #expect(try await connection.logs("/series", [("match", "{app")]).status == 400)
            #expect(
                try await connection.logs("/labels", [("query", #"{app="orders"} |= "x""#)]).text == "only label matchers are supported")
        }
    }

    @Test func `detected labels leave out what only numbers things`() async throws {
        var server = LogTestServer()
        server.store = LogStore(
            (0..<4).map {
                LogFixture(labels: ["app": "a", "pod": "\($0)", "shard": "\($0)", "flag": "\($0 % 2)"], time: LogFixture.now - 1, line: "")
            })
        try await server.run { connection async throws in
            #expect(
                try await connection.logs("/detected_labels").text == #"{"detectedLabels":[{"label":"app","cardinality":1},"#
                    + #"{"label":"flag","cardinality":2},{"label":"pod","cardinality":4}]}"#)
            #expect(try await connection.logs("/detected_labels", [("query", #"{app="b"}"#)]).text == #"{"detectedLabels":[]}"#)
        }
    }

    @Test(arguments: [
        ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", true), ("6ba7b8109dad11d180b400c04fd430c8", true),
        ("{6ba7b810-9dad-11d1-80b4-00c04fd430c8}", true), ("urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8", true),
        ("6ba7b810-9dad-11d1-80b4-00c04fd430c", false), ("6ba7b810x9dad-11d1-80b4-00c04fd430c8", false), ("orders", false), ("", false),
    ])
    func `UUIDs are known`(text: String, isUUID: Bool) { #expect(IdentifierLabel.isUUID(text) == isUUID) }

    @Test func `volumes are bytes, the most first`() async throws {
        try await LogTestServer().run { connection async throws in
            let orders = LogFixture.shop[..<3].reduce(0) { $0 + $1.line.utf8.count }
            let payments = LogFixture.shop[3...].reduce(0) { $0 + $1.line.utf8.count }
            let statistics = try await connection.logs("/index/stats", [("query", #"{app="orders"}"#)])
            #expect(statistics.text == #"{"streams":2,"chunks":1,"bytes":\#(orders),"entries":3}"#)
            let shards = try await connection.logs("/index/shards", [("query", #"{app="orders"} | json"#), ("targetBytesPerShard", "1GB")])
            #expect(
                shards.text
                    == #"{"shards":[{"bounds":{"min":0,"max":18446744073709551615},"stats":{"streams":2,"chunks":1,"bytes":\#(orders),"entries":3}}]}"#
            )
            #expect(try await connection.logs("/index/shards", [("query", #"rate({app="orders"}[1m])"#)]).status == 400)
            let volume = try await connection.logs("/index/volume", [("query", #"{app=~".+"}"#), ("targetLabels", "app")])
            #expect(
                volume.text == #"{"status":"success","data":{"resultType":"vector","result":["#
                    + #"{"metric":{"app":"payments"},"value":[1700000000,"\#(payments)"]},{"metric":{"app":"orders"},"value":[1700000000,"\#(orders)"]}]}}"#
            )
            let limited = try await connection.logs("/index/volume", [("query", #"{app=~".+"}"#), ("limit", "1")])
            #expect(!limited.text.contains("orders"))
            let names = try await connection.logs("/index/volume", [("query", #"{app=~".+"}"#), ("aggregateBy", "labels")])
            #expect(names.text.contains(#"{"metric":{"app":""},"value":[1700000000,"\#(orders + payments)"]}"#))
            let range = try await connection.logs(
                "/index/volume_range", [("query", #"{app="orders"}"#), ("step", "1h"), ("start", "1699999900"), ("end", "1700000000")])
            #expect(
                range.text == #"{"status":"success","data":{"resultType":"matrix","result":["#
                    + #"{"metric":{"app":"orders"},"values":[[1699999900,"\#(orders)"]]}]}}"#)
            #expect(try await connection.logs("/index/volume", [("aggregateBy", "x")]).text == "invalid aggregation option")
            #expect(try await connection.logs("/index/volume", [("limit", "-1")]).status == 400)
            #expect(try await connection.logs("/index/volume", [("limit", "0")]).status == 200)
            #expect(try await connection.logs("/index/stats", [("start", "2"), ("end", "1")]).status == 400)
        }
    }

    @Test func `fields are what lines and their metadata have`() async throws {
        var server = LogTestServer()
        server.store = LogStore(
            (0..<6).map {
                LogFixture(
                    labels: ["app": "a"], time: LogFixture.now - Int64($0) - 1,
                    line: $0 < 3 ? #"{"took":"1\#($0)ms","http":{"status":20\#($0)}}"# : "ok=true size=1\($0)kb",
                    metadata: ["trace_id": "t\($0)"])
            })
        try await server.run { connection async throws in
            let query = ("query", #"{app="a"}"#)
            #expect(
                try await connection.logs("/detected_fields", [query]).text == #"{"fields":["#
                    + #"{"label":"http_status","type":"int","cardinality":3,"parsers":["json"],"jsonPath":["http","status"]},"#
                    + #"{"label":"ok","type":"boolean","cardinality":1,"parsers":["logfmt"]},"#
                    + #"{"label":"size","type":"bytes","cardinality":3,"parsers":["logfmt"]},"#
                    + #"{"label":"took","type":"duration","cardinality":3,"parsers":["json"],"jsonPath":["took"]},"#
                    + #"{"label":"trace_id","type":"string","cardinality":6,"parsers":null}],"limit":1000}"#)
            #expect(try await connection.logs("/detected_fields", [query, ("line_limit", "1")]).text.contains("trace_id"))
            #expect(!(try await connection.logs("/detected_fields", [query, ("line_limit", "1")]).text.contains("size")))
            #expect(
                try await connection.logs("/detected_field/http_status/values", [query]).text
                    == #"{"values":["200","201","202"],"limit":1000}"#)
            #expect(
                try await connection.logs("/detected_field/took/values", [query, ("limit", "2")]).text
                    == #"{"values":["10ms","11ms"],"limit":2}"#)
            #expect(try await connection.logs("/detected_fields", [query, ("line_limit", "0")]).status == 400)
            #expect(try await connection.logs("/detected_fields", [("query", "{")]).status == 400)
        }
    }

    @Test func `patterns are counted by level and time`() async throws {
        var server = LogTestServer()
        server.store = LogStore(
            (0..<20).map {
                LogFixture(
                    labels: ["app": "a"], time: LogFixture.now - Int64($0 * 10 + 1) * LogFixture.second,
                    line: "order \($0 * 37) of user \($0) was declined",
                    metadata: ["detected_level": $0 % 4 == 0 ? "error" : "info"])
            })
        try await server.run { connection async throws in
            let answer = try await connection.logs("/patterns", [("query", #"{app="a"} |= "x""#), ("step", "10m")])
            #expect(
                answer.text
                    == #"{"status":"success","data":[{"pattern":"order <_> of user <_> was declined","level":"info","samples":[[1699999800,15]]},"#
                    + #"{"pattern":"order <_> of user <_> was declined","level":"error","samples":[[1699999800,5]]}]}"#)
            #expect(try await connection.logs("/patterns", [("query", #"{app="b"}"#)]).text == #"{"status":"success","data":[]}"#)
            #expect(try await connection.logs("/patterns", [("query", #"rate({app="b"}[1m])"#)]).status == 400)
        }
    }

    @Test func `what is told about the server`() async throws {
        try await LogTestServer().run { connection async throws in
            #expect(try await connection.logs("/status/buildinfo").text.hasPrefix(#"{"version":"3.5.0","revision":"abc","branch":"#))
            #expect(
                try await connection.logs("/drilldown-limits").text == #"{"limits":{"discover_service_name":["service"],"#
                    + #""discover_log_levels":true,"log_level_fields":["level"],"max_entries_limit_per_query":5000,"query_timeout":"20s","#
                    + #""retention_period":"336h","volume_enabled":true},"pattern_ingester_enabled":true,"version":"3.5.0"}"#)
            #expect(
                try await connection.logs("/format_query", [("query", #"{app="x"}|="y""#)]).text
                    == #"{"status":"success","data":"{app=\"x\"} |= \"y\""}"#)
            let wrong = try await connection.logs("/format_query", [("query", "{")])
            #expect(wrong.status == 400 && wrong.text.hasPrefix(#"{"status":"invalid-query","error":"parse error"#))
            let rules = try await connection.logs("/rules")
            #expect(rules.status == 404 && rules.text == "no rule groups found\n")
        }
    }

    @Test func `deletions are checked, done and listed`() async throws {
        try await LogTestServer().run { connection async throws in
            func delete(_ parameters: [(String, String)], _ method: HTTPRequest.Method = .post) async throws -> TestConnection.Answer {
                try await connection.send(method, "/loki/api/v1/delete?" + TestConnection.form(parameters))
            }
            let query = ("query", #"{app="x"} |= "secret" != "open""#)
            #expect(try await delete([]).text == "query not set")
            for wrong in ["{", #"rate({app="x"}[1m])"#, "{}"] {
                #expect(try await delete([("query", wrong)]).text == "invalid query expression")
            }
            #expect(try await delete([("query", #"{app="x"} | json"#), ("start", "1600000000")]).status == 400)
            #expect(try await delete([query]).text == "start time not set")
            #expect(try await delete([query, ("start", "1")]).text == "invalid start time: require unix seconds or RFC3339 format")
            #expect(
                try await delete([query, ("start", "1600000000"), ("end", "12")]).text
                    == "invalid end time: require unix seconds or RFC3339 format")
            #expect(
                try await delete([query, ("start", "1600000000"), ("end", "1800000000")]).text == "deletes in the future are not allowed")
            #expect(
                try await delete([query, ("start", "1600000000"), ("end", "1600000000")]).text
                    == "start time can't be greater than or equal to end time")
            #expect(try await delete([("query", #"{app="unavailable"}"#), ("start", "1600000000")]).status == 503)
            #expect(try await delete([], .get).text == "[]")
            let done = try await delete([query, ("start", "2020-09-13T12:26:40Z"), ("end", "1600000060")], .put)
            #expect(done.status == 204)
            let id = try #require(HTTPField.Name("X-Delete-Request-ID").flatMap { done.headers[$0] })
            #expect(
                try await delete([], .get).text == #"[{"request_id":"\#(id)","start_time":1600000000,"end_time":1600000060,"#
                    + #""query":"{app=\"x\"} |= \"secret\" != \"open\"","status":"processed","created_at":1700000000,"deleted_entries":3}]"#
            )
            #expect(try await delete([("request_id", "none")], .delete).status == 404)
            let cancel = try await delete([("request_id", id)], .delete)
            #expect(cancel.status == 400 && cancel.text.contains("already processed"))
            let later = try await delete([("query", #"{app="later"}"#), ("start", "1600000000"), ("end", "1600000060")])
            let other = try #require(HTTPField.Name("X-Delete-Request-ID").flatMap { later.headers[$0] })
            #expect(try await delete([], .get).text.contains(#""status":"received","created_at":1700000000}]"#))
            #expect(try await delete([("request_id", other)], .delete).status == 204)
            #expect(try await delete([("request_id", other)], .delete).status == 404)
        }
    }
}
