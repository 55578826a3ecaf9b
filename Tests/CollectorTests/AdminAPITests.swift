import Foundation
import Testing

/// Deletion, cleaning and snapshots over HTTP, from end to end.
@Suite(.serialized) struct AdminAPITests {
    @Test(.timeLimit(.minutes(10))) func isOffUnlessEnabled() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path)
        for path in ["delete_series?match[]=up", "clean_tombstones", "snapshot"] {
            let answer = try await perch.post("/api/v1/admin/tsdb/" + path)
            #expect(answer.status == 500)
            #expect(answer.text == #"{"status":"error","errorType":"unavailable","error":"admin APIs disabled"}"#)
        }
        #expect(try await perch.get("/api/v1/admin/tsdb/snapshot").status == 405)
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func deletedSeriesStayGoneAndSnapshotsOpen() async throws {
        let folder = try TemporaryFolder()
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        var perch = try await PerchProcess(dataDirectory: folder.path, arguments: ["--web.enable-admin-api"])
        try await perch.load(series: "kept{a=\"b\"}", values: [(now - 2000, 1), (now - 1000, 2)])
        try await perch.load(series: "gone{a=\"c\"}", values: [(now - 2000, 1), (now - 1000, 2)])
        #expect(try await perch.post("/-/flush").status == 200)
        try await perch.load(series: "kept{a=\"b\"}", values: [(now, 4)])

        let whole = try await snapshot(perch, "")
        let sealed = try await snapshot(perch, "?skip_head=1")
        let wrong = try await perch.post("/api/v1/admin/tsdb/snapshot?skip_head=perhaps")
        #expect(wrong.status == 400)
        #expect(
            wrong.text == #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"skip_head\": unable to parse boolean: "#
                + #"strconv.ParseBool: parsing \"perhaps\": invalid syntax"}"#)

        let none = try await perch.post("/api/v1/admin/tsdb/delete_series")
        #expect(none.status == 400 && none.text.contains("no match[] parameter provided"))
        let deleted = try await PerchProcess.send(
            "PUT", perch.url + "/api/v1/admin/tsdb/delete_series", headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array("match[]=gone&match[]=nothing".utf8))
        #expect(deleted.status == 204 && deleted.body.isEmpty)
        #expect(try await perch.instant("{a!=''}") == ["kept": 4])
        #expect(try await perch.get("/api/v1/label/a/values").text == #"{"status":"success","data":["b"]}"#)
        #expect(try await perch.post("/api/v1/admin/tsdb/clean_tombstones").status == 204)
        try await perch.killHard()
        perch = try await PerchProcess(dataDirectory: folder.path)
        #expect(try await perch.instant("sum_over_time({a!=''}[1h])", by: "a") == ["b": 7])
        #expect(try await perch.terminate() == 0)

        for (name, expected) in [(whole, ["b": 7.0, "c": 3]), (sealed, ["b": 3, "c": 3])] {
            let copy = try await PerchProcess(dataDirectory: folder.path + "/snapshots/" + name)
            #expect(try await copy.instant("sum_over_time({a!=''}[1h])", by: "a") == expected, "\(name)")
            #expect(try await copy.terminate() == 0)
        }
    }

    private func snapshot(_ perch: PerchProcess, _ parameters: String) async throws -> String {
        let answer = try await perch.post("/api/v1/admin/tsdb/snapshot" + parameters)
        #expect(answer.status == 200)
        let name = try #require(((answer.json as? [String: Any])?["data"] as? [String: Any])?["name"] as? String)
        #expect(name.wholeMatch(of: /\d{8}T\d{6}Z-[0-9a-f]{16}/) != nil, "\(name)")
        return name
    }
}
