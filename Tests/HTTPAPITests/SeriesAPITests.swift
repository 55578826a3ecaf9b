internal import TelemetryModel
internal import Testing

@testable internal import HTTPAPI

@Suite struct SeriesAPITests {
    @Test func labelsAndValuesAreSorted() async throws {
        try await TestServer().run { connection async throws in
            let names = try await connection.get("/api/v1/labels")
            #expect(names.text == #"{"status":"success","data":["__name__","instance","job","path"]}"#)
            let some = try await connection.post("/api/v1/labels", form: "match[]=up&match%5B%5D={__name__=~\"u.*\"}")
            #expect(some.text == #"{"status":"success","data":["__name__","instance","job"]}"#)
            let values = try await connection.get("/api/v1/label/__name__/values?limit=40000")
            #expect(values.text == #"{"status":"success","data":["requests_total","up"]}"#)
            let none = try await connection.get("/api/v1/label/nothing/values")
            #expect(none.text == #"{"status":"success","data":[]}"#)
        }
    }

    @Test func seriesNeedASelector() async throws {
        try await TestServer().run { connection async throws in
            let all = try await connection.get("/api/v1/series?match[]=%7B__name__!=%22%22%7D&start=0")
            #expect(
                all.text == #"{"status":"success","data":[{"__name__":"requests_total","instance":"a:1","job":"node","path":"/\"x\"\n"},"#
                    + #"{"__name__":"up","instance":"a:1","job":"node"},{"__name__":"up","instance":"b:1","job":"node"}]}"#)
            connection.expectFailure(try await connection.get("/api/v1/series"), 400, "bad_data", "no match[] parameter provided")
        }
    }

    @Test func selectorsAreOredAndRangesCut() async throws {
        try await TestServer().run { connection async throws in
            let two = try await connection.get("/api/v1/series?match[]=requests_total&match[]=up%7Binstance=%22b:1%22%7D")
            #expect(two.text.contains("requests_total") && two.text.contains("b:1"))
            let early = try await connection.get("/api/v1/labels?end=1600000000")
            #expect(early.text == #"{"status":"success","data":[]}"#)
        }
    }

    @Test func badSelectorsAreRefused() async throws {
        try await TestServer().run { connection async throws in
            for path in ["series?", "labels?", "label/job/values?"] {
                let open = try await connection.get("/api/v1/\(path)match[]=%7Bjob=~%22.*%22%7D")
                connection.expectFailure(
                    open, 400, "bad_data", #"invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"#)
                let broken = try await connection.get("/api/v1/\(path)match[]=%7Bjob")
                connection.expectFailure(broken, 400, "bad_data", #"invalid parameter \"match[]\": 1:"#)
                let limit = try await connection.get("/api/v1/\(path)match[]=up&limit=x")
                connection.expectFailure(limit, 400, "bad_data", #"invalid parameter \"limit\""#)
                let start = try await connection.get("/api/v1/\(path)match[]=up&start=x")
                connection.expectFailure(start, 400, "bad_data", #"invalid parameter \"start\""#)
            }
        }
    }

    @Test func limitsTruncateWithAWarning() async throws {
        try await TestServer().run { connection async throws in
            let warning = #""warnings":["results truncated due to limit"]}"#
            let names = try await connection.get("/api/v1/labels?limit=2")
            #expect(names.text == #"{"status":"success","data":["__name__","instance"],"# + warning)
            let values = try await connection.get("/api/v1/label/instance/values?limit=1")
            #expect(values.text == #"{"status":"success","data":["a:1"],"# + warning)
            let series = try await connection.get("/api/v1/series?match[]=up&limit=1")
            #expect(series.text.hasSuffix("]," + warning))
            #expect(try await connection.get("/api/v1/labels?limit=4").text.contains("warnings") == false)
        }
    }

    @Test func escapedLabelNamesAreDecoded() async throws {
        let source = ArraySource([(["__name__": "x", "http.status": "200"], [(0, 1)])])
        try await TestServer(source).run { connection async throws in
            for name in ["U__http_2e_status", "U__http_2E_status", "http.status", "http%2Estatus"] {
                let answer = try await connection.get("/api/v1/label/\(name)/values")
                #expect(answer.text == #"{"status":"success","data":["200"]}"#, "\(name)")
            }
        }
    }

    @Test(arguments: [
        ("U__a__b", "a_b"), ("U__", ""), ("U___2e_", "."), ("U___1F600_", "\u{1F600}"), ("plain_name", "plain_name"),
        ("U__bad_zz_", "U__bad_zz_"), ("U__open_2e", "U__open_2e"), ("U__big_110000_", "U__big_110000_"), ("U__x_", "U__x_"),
    ])
    func unescaping(text: String, expected: String) {
        #expect(LabelNameEscaping.unescaped(text) == expected)
    }
}
