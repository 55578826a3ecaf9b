import Foundation
import TestSupport
import Testing

/// What the Compose file says, started without containers.
@Suite struct ComposeTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let compose = repository.appending(path: "deploy/compose/compose.yml")

    @Test(.timeLimit(.minutes(10)))
    func `the services of the Compose file find each other, Perch hears of all, and dashboards can be asked of it`() async throws {
        let folder = try TemporaryFolder()
        let images = ["perch": try PerchProcess.executable, "perch-shop": try PerchProcess.program("shop")]
        let topology = try ComposeTopology(file: Self.compose, folder: folder.path, images: images)
        let running = Running()
        var dashboards = try FileManager.default.contentsOfDirectory(atPath: Self.repository.appending(path: "dashboards").path)
        let exporterPort = try FreePorts.one()
        if let exporter = installed("prometheus-node-exporter") {
            try running.start("node-exporter", exporter, ["--web.listen-address=127.0.0.1:\(exporterPort)"])
        } else {
            dashboards.removeAll { $0 == "host.json" }
        }
        // Sooner than in earnest, so that rates have two samples before anybody has to wait.
        try topology.prepare(["15s": "2s", "node-exporter:9100": "127.0.0.1:\(exporterPort)"])
        try await start(topology, running)

        let perch = "http://127.0.0.1:\(try #require(topology.port("perch", 9797)))"
        try await running.until("all are scraped") {
            let jobs = "gateway|product-catalog|order-management|users|payments|shipping|inventory|recommendations|shop-load"
            return await number(perch, "count(up{job=~\"\(jobs)\"} == 1)") == 9
        }
        try await running.until("an order was paid") { await number(perch, "sum(shop_orders_total{outcome=\"paid\"})") ?? 0 > 0 }
        try await running.until("spans and log lines arrive") {
            let services = try? await PerchProcess.get(perch + "/jaeger/api/services")
            let lines = try? await PerchProcess.get(perch + "/loki/api/v1/label/service_name/values")
            return services?.text.contains("order-management") == true && lines?.text.contains("order-management") == true
        }
        // The rules and the routing that the file mounts are in force.
        let rules = try await PerchProcess.get(perch + "/api/v1/rules")
        #expect(rules.text.contains("PaymentsFail") && rules.text.contains("PerchDown"))
        #expect(try await PerchProcess.get(perch + "/api/v2/status").text.contains("receiver: pages"))

        // Whether every panel has data is asked by `make demo ARGS=--once`, of programs that are optimized.
        let paths = dashboards.filter { $0.hasSuffix(".json") }.map { Self.repository.appending(path: "dashboards/\($0)").path }
        let arguments = ["dashboards", "check"] + paths + ["--url", perch, "--since", "5m", "--scrape-interval", "2s", "--output", "json"]
        try await running.until("most panels have data") {
            guard let checked = try? await run(try PerchProcess.executable, arguments),
                let report = try? JSONSerialization.jsonObject(with: Data(checked.output.utf8)) as? [String: Any]
            else { return false }
            let items = (report["dashboards"] as? [[String: Any]] ?? []).flatMap { $0["items"] as? [[String: Any]] ?? [] }
            #expect(items.count > 100)
            #expect(items.filter { $0["state"] as? String == "failed" }.isEmpty)
            return items.count { $0["state"] as? String == "data" } > items.count * 3 / 4
        }
        try await running.end()
    }

    /// Starts all as `depends_on` has it: Perch first, the shoppers last.
    private func start(_ topology: ComposeTopology, _ running: Running) async throws {
        let processes = topology.processes
        #expect(processes.count == 10)
        func start(_ name: String) throws {
            guard let process = processes.first(where: { $0.name == name }) else {
                throw HelmRenderer.Failure("there is no service \(name)")
            }
            // Deriving a key takes a program that is not optimized many times as long.
            try running.start(name, process.program, process.arguments, process.environment.merging(["SHOP_PASSWORD_COST": "10"]) { $1 })
        }
        try start("perch")
        try await running.until("perch is ready") { await answers(topology.port("perch", 9797), "/-/ready") }
        let services = processes.map(\.name).filter { $0 != "perch" && $0 != "load" }
        for name in services { try start(name) }
        for name in services {
            let port = topology.ports.first { $0.key.hasPrefix(name + ":") }?.value
            try await running.until("\(name) answers") {
                let isHealthy = await answers(port, "/healthcheck")
                let hasMetrics = await answers(port, "/metrics")
                return isHealthy && hasMetrics
            }
        }
        try start("load")
    }

    @Test func `images are of a version, and every data source that a dashboard or another names is there`() throws {
        let text = try String(contentsOf: Self.compose, encoding: .utf8)
        let images = text.matches(of: /(?m)^ +image: (\S+)$/).map { String($0.1) }
        #expect(images.count >= 6)
        for image in images where !image.hasPrefix("perch") { #expect(image.contains(/:v?\d+\.\d+/), "\(image) has no version") }
        let sources = try String(
            contentsOf: Self.repository.appending(path: "deploy/compose/grafana/provisioning/datasources/perch.yaml"), encoding: .utf8)
        let uids = Set(sources.matches(of: /(?m)^    uid: (\S+)$/).map { String($0.1) })
        #expect(uids == ["prometheus", "loki", "tempo", "jaeger", "alertmanager", "prometheus-original"])
        for match in sources.matches(of: /(?:datasourceUid|alertmanagerUid): (\w+)/) {
            #expect(uids.contains(String(match.1)), "\(match.0)")
        }
    }

    // MARK: Asking

    private func answers(_ port: Int?, _ path: String) async -> Bool {
        guard let port else { return false }
        return (try? await PerchProcess.get("http://127.0.0.1:\(port)\(path)"))?.status == 200
    }

    private func number(_ perch: String, _ query: String) async -> Double? {
        guard let answer = try? await PerchProcess.get(perch + "/api/v1/query?query=" + PerchProcess.encoded(query)),
            let data = (answer.json as? [String: Any])?["data"] as? [String: Any],
            let value = (data["result"] as? [[String: Any]])?.first?["value"] as? [Any]
        else { return nil }
        return (value.last as? String).flatMap(Double.init)
    }
}

/// Processes of a test; they end with it at the latest.
private final class Running {
    private var children: [(name: String, child: ChildProcess)] = []

    func start(_ name: String, _ program: String, _ arguments: [String], _ environment: [String: String] = [:]) throws {
        children.append((name, try ChildProcess(program, arguments, environment: environment)))
    }

    /// Waits for something.
    func until(_ what: String, _ condition: () async -> Bool) async throws {
        let end = ContinuousClock.now + PerchProcess.patience
        while ContinuousClock.now < end {
            if await condition() { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        let printed = children.map { "\($0.name):\n\($0.child.printed.suffix(1500))" }.joined(separator: "\n")
        throw HelmRenderer.Failure("it did not come true that \(what):\n\(printed)")
    }

    /// Ends all as a supervisor does, those first that came last.
    func end() async throws {
        for (_, child) in children.reversed() { child.send(signal: SIGTERM) }
        for (name, child) in children where name != "node-exporter" {
            #expect(try await child.status() == 0, "\(name): \(child.printed.suffix(500))")
        }
    }
}
