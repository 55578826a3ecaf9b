import Foundation
import RemoteWriteFormat
import TelemetryModel
import Testing

/// Where samples are gone, the APIs answer from rollups, and say so.
@Suite struct RollupAnswerTests {
    @Test(.timeLimit(.minutes(10))) func answersFromRollupsCarryAnInfo() async throws {
        let folder = try TemporaryFolder()
        let day: Int64 = 86_400_000
        let start = Int64(Date().timeIntervalSince1970 * 1000) / day * day - 4 * day
        let end = start + day
        var perch = try await PerchProcess(dataDirectory: folder.path + "/data")
        for hour in 0..<24 {
            var encoder = RemoteWriteEncoder(version: .v1)
            for pod in ["a", "b"] {
                let samples = (1...12).map { Sample(timestamp: start + (Int64(hour) * 12 + $0) * 300_000, value: pod == "a" ? 1 : 2) }
                encoder.append(RemoteWriteSeries(labels: ["__name__": "old_jobs", "pod": pod], samples: samples))
            }
            let answer = try await perch.writeRemotely(encoder.finish())
            #expect(answer.status == 204, "\(answer.text)")
        }
        #expect(try await perch.post("/-/flush").status == 200)
        let before = try await ask(perch, "sum_over_time(old_jobs[1d])", at: end)
        #expect(before.values == ["a": 288, "b": 576] && before.infos.isEmpty)
        #expect(try await perch.terminate() == 0)

        let configuration = try folder.write("storage: {retention: {metrics: {age: 36h}}}\n", to: "perch.yml")
        perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration)
        #expect(try await perch.post("/-/flush").status == 200)
        let after = try await ask(perch, "sum_over_time(old_jobs[1d])", at: end)
        #expect(after.values == before.values)
        #expect(after.infos.contains { $0.hasPrefix("PromQL info: rollups of 1h were read between ") }, "\(after.infos)")
        // Names, values and series are found there, too, and no trace of how rollups are kept.
        let times = "start=\(start / 1000)&end=\(end / 1000)"
        for (path, expected) in [
            ("/api/v1/labels?" + times, #"["__name__","pod"]"#),
            ("/api/v1/labels?match[]=old_jobs&" + times, #"["__name__","pod"]"#),
            ("/api/v1/label/pod/values?" + times, #"["a","b"]"#),
            ("/api/v1/label/pod/values?match[]=old_jobs{pod!=\"b\"}&" + times, #"["a"]"#),
            ("/api/v1/label/__rollup__/values?" + times, "[]"),
            ("/api/v1/series?match[]=old_jobs&" + times, #"[{"__name__":"old_jobs","pod":"a"},{"__name__":"old_jobs","pod":"b"}]"#),
        ] {
            let encoded = try #require(path.addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed))
            let answer = try await perch.get(encoded)
            #expect(answer.text.contains(#""data":"# + expected), "\(path): \(answer.text)")
            #expect(answer.text.contains("rollups of 1h") == (expected != "[]"), "\(path): \(answer.text)")
        }
        // Of the last day, all samples are there.
        let present = try await perch.get("/api/v1/labels?start=\(Int64(Date().timeIntervalSince1970) - 86_400)")
        #expect(!present.text.contains("rollups") && !present.text.contains("pod"), "\(present.text)")
        #expect(try await perch.terminate() == 0)
    }

    private func ask(_ perch: PerchProcess, _ query: String, at time: Int64) async throws -> (values: [String: Double], infos: [String]) {
        let values = try await perch.instant(query, by: "pod", at: Double(time) / 1000)
        let answer = try await perch.get("/api/v1/query?query=\(PerchProcess.encoded(query))&time=\(time / 1000)")
        return (values, (answer.json as? [String: Any])?["infos"] as? [String] ?? [])
    }
}
