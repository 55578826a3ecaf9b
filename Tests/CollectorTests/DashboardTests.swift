import Foundation
import Testing

/// Dashboards that come with Perch, checked by the program, and asked of a server.
@Suite struct DashboardTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let guide = repository.appending(path: "../shared/guide/examples").standardized.path

    @Test func `every dashboard is as reviewers like it`() async throws {
        let checked = try await run(
            PerchProcess.executable, ["dashboards", "check", Self.repository.appending(path: "dashboards").path, "--strict"])
        #expect(checked.status == 0, "\(checked.output)\(checked.error)")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: guide), "the platform guide is not beside this checkout"))
    func `the guide's dashboards pass as they are, with notes`() async throws {
        let names = ["grafana-ecommerce.json", "grafana-product-catalog.json", "grafana-request-count.json"]
        let checked = try await run(PerchProcess.executable, ["dashboards", "check"] + names.map { Self.guide + "/" + $0 })
        #expect(checked.status == 0, "\(checked.output)\(checked.error)")
        #expect(checked.output.contains("3 dashboards, 3 panels, 3 queries, 0 errors"))
        #expect(checked.output.contains(": note: "))
    }

    @Test(.timeLimit(.minutes(10))) func `the dashboard of Perch is asked of a Perch that scrapes itself`() async throws {
        let folder = try TemporaryFolder()
        // The port is known only once it listens; the configuration is put in force afterwards.
        let configuration = try folder.write("global: {scrape_interval: 1s}\n", to: "perch.yml")
        let server = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration)
        let address = server.url.dropFirst("http://".count)
        _ = try folder.write(
            "global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: perch\n    static_configs: [{targets: ['\(address)']}]\n",
            to: "perch.yml")
        #expect(try await server.post("/-/reload").status == 200)
        try await server.eventually("three scrapes") {
            try await server.instant("sum_over_time(up[10m])", by: "job")["perch"] ?? 0 >= 3
        }
        let dashboard = Self.repository.appending(path: "dashboards/perch.json").path
        let arguments = [
            "dashboards", "check", dashboard, "--url", server.url, "--since", "1m", "--scrape-interval", "1s", "--output", "json",
        ]
        let titles: Set<String> = ["Samples", "Active series", "Scrapes", "Memory", "instance"]
        // Rates need two scrapes that lie close together, which on a busy machine may take some more.
        try await server.eventually("what everybody looks at has data") {
            let checked = try await run(try PerchProcess.executable, arguments)
            let report = try JSONSerialization.jsonObject(with: Data(checked.output.utf8)) as? [String: Any]
            let items = ((report?["dashboards"] as? [[String: Any]])?.first)?["items"] as? [[String: Any]] ?? []
            #expect(items.count > 20, "\(checked.error)")
            for item in items { #expect(item["state"] as? String != "failed", "\(item)") }
            let looked = items.filter { titles.contains($0["title"] as? String ?? "") }
            return looked.count >= titles.count && looked.allSatisfy { $0["state"] as? String == "data" }
        }
        #expect(try await server.terminate() == 0)
    }

    @Test func `without a server that answers, the check fails`() async throws {
        let dashboard = Self.repository.appending(path: "dashboards/host.json").path
        let checked = try await run(PerchProcess.executable, ["dashboards", "check", dashboard, "--url", "http://127.0.0.1:1"])
        #expect(checked.status == 1)
        #expect(checked.output.contains("connection refused"))
    }
}
