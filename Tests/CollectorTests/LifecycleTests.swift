import Foundation
import Testing

/// Start, reload, stop, and the faults of whoever runs it.
@Suite(.serialized) struct LifecycleTests {
    @Test(.timeLimit(.minutes(10))) func startsWithoutAnyFile() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path)
        #expect(try await perch.get("/-/healthy").status == 200)
        #expect(try await perch.instant("vector(1 + 1)", by: "") == ["": 2])
        #expect(try await perch.terminate() == 0)
        for line in perch.child.printed.split(separator: "\n") {
            #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any], "not JSON: \(line)")
        }
    }

    @Test(.timeLimit(.minutes(10))) func keepsSamplesOverARestart() async throws {
        let folder = try TemporaryFolder()
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        var perch = try await PerchProcess(dataDirectory: folder.path)
        try await perch.load(series: "kept{a=\"b\"}", values: [(now - 2000, 1), (now - 1000, 2)])
        #expect(try await perch.post("/-/flush").status < 300)
        try await perch.load(series: "kept{a=\"b\"}", values: [(now, 3)])
        #expect(try await perch.terminate() == 0)
        perch = try await PerchProcess(dataDirectory: folder.path)
        #expect(try await perch.instant("sum_over_time(kept[1h])", by: "a") == ["b": 6])
        #expect(try await perch.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func listensWhileItReadsItsJournalBack() async throws {
        let folder = try TemporaryFolder()
        let loader = try ChildProcess(PerchProcess.program("HeadLoader"), ["write", folder.path + "/metrics", "100000", "2"])
        _ = try await loader.status()
        let perch = try await PerchProcess(dataDirectory: folder.path, waitsUntilReady: false)
        var currents: [Int] = []
        var refusals = 0
        while true {
            let progress = ((try await perch.get("/api/v1/status/walreplay").json as? [String: Any])?["data"] as? [String: Any]) ?? [:]
            currents.append(try #require(progress["current"] as? Int))
            let query = try await perch.get("/api/v1/query?query=up")
            let write = try await perch.post("/api/v1/write")
            #expect(try await perch.get("/-/healthy").status == 200)
            if progress["state"] as? String == "done" { break }
            #expect(["waiting", "in progress"].contains(progress["state"] as? String))
            if query.status == 503, write.status == 503, query.headers["retry-after"] == "1", write.headers["retry-after"] == "1" {
                refusals += 1
            }
        }
        #expect(currents == currents.sorted() && currents.last == 100)
        #expect(refusals > 0)
        try await perch.waitUntilReady()
        #expect(try await perch.get("/metrics").text.contains("perch_storage_replayed_samples_total 200000"))
        #expect(try await perch.get("/api/v1/query?query=up").status == 200)
        #expect(try await perch.terminate() == 0)
        #expect(perch.child.printed.contains("journal read back") && perch.child.printed.contains("\"ready\""))
    }

    @Test(.timeLimit(.minutes(10))) func stopsWhileItReadsItsJournalBack() async throws {
        let folder = try TemporaryFolder()
        let loader = try ChildProcess(PerchProcess.program("HeadLoader"), ["write", folder.path + "/metrics", "100000", "2"])
        _ = try await loader.status()
        let perch = try await PerchProcess(dataDirectory: folder.path, waitsUntilReady: false)
        #expect(try await perch.terminate() == 0)
        let again = try await PerchProcess(dataDirectory: folder.path)
        #expect(try await again.get("/metrics").text.contains("perch_storage_replayed_samples_total 200000"))
        #expect(try await again.terminate() == 0)
    }

    @Test(.timeLimit(.minutes(10))) func reloadsAndKeepsTheRunningConfigurationWhereTheNewOneIsBad() async throws {
        let folder = try TemporaryFolder()
        func configuration(job: String) -> String {
            "global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: \(job)\n    static_configs: [{targets: ['127.0.0.1:1']}]\n"
        }
        let file = try folder.write(configuration(job: "first"), to: "prometheus.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file)
        try await perch.eventually("first job") { try await perch.instant("up", by: "job")["first"] == 0 }

        _ = try folder.write("scrape_configs: 7\n", to: "prometheus.yml")
        let refused = try await perch.post("/-/reload")
        #expect(refused.status >= 400)
        #expect(refused.text.contains("prometheus.yml:1:"), "\(refused.text)")
        #expect(try await perch.get("/api/v1/scrape_pools").text.contains("first"))

        _ = try folder.write(configuration(job: "second"), to: "prometheus.yml")
        #expect(try await perch.post("/-/reload").status == 200)
        try await perch.eventually("second job") { try await perch.instant("up", by: "job")["second"] == 0 }
        try await perch.eventually("the first job's series end") { try await perch.instant("up", by: "job")["first"] == nil }

        _ = try folder.write(configuration(job: "third"), to: "prometheus.yml")
        perch.child.send(signal: SIGHUP)
        try await perch.eventually("third job") { try await perch.instant("up", by: "job")["third"] == 0 }
        #expect(try await perch.terminate() == 0)
    }

    @Test func refusesAWrongConfigurationWithItsPlace() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("global:\n  scrape_interval: 15 seconds\n", to: "bad.yml")
        for command in [
            ["config", "check", file], ["serve", "--config", file, "--data-dir", folder.path + "/data", "--http-listen", "127.0.0.1:0"],
        ] {
            let finished = try await run(PerchProcess.executable, command)
            #expect(finished.status == 2, "\(command): \(finished)")
            #expect(finished.error.contains("\(file):2:20: "), "\(command): \(finished)")
        }
    }

    @Test func refusesWrongUsage() async throws {
        for command in [["serve", "--http-listen", "nonsense"], ["serve", "--enable-feature", "flying"], ["query"], ["fly"]] {
            let finished = try await run(PerchProcess.executable, command)
            #expect(finished.status == 2, "\(command): \(finished)")
            #expect(finished.output.isEmpty)
            #expect(!finished.error.isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(10))) func refusesADataDirectoryThatIsInUseAndAPortThatIsTaken() async throws {
        let folder = try TemporaryFolder()
        let perch = try await PerchProcess(dataDirectory: folder.path + "/a")
        let sameFolder = try await run(
            PerchProcess.executable, ["serve", "--data-dir", folder.path + "/a", "--http-listen", "127.0.0.1:0"])
        #expect(sameFolder.status == 1, "\(sameFolder)")
        let samePort = try await run(
            PerchProcess.executable,
            ["serve", "--data-dir", folder.path + "/b", "--http-listen", perch.url.replacingOccurrences(of: "http://", with: "")])
        #expect(samePort.status == 1, "\(samePort)")
        #expect(try await perch.terminate() == 0)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: guide + "/prometheus.yml"), "the platform guide is not beside this checkout"))
    func loadsTheGuidesConfigurationUnchanged() async throws {
        let finished = try await run(PerchProcess.executable, ["config", "check", guide + "/prometheus.yml"])
        #expect(finished.status == 0, "\(finished)")
    }
}

private let guide = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/guide/examples").standardized.path
