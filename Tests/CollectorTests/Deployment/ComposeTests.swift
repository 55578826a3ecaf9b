import Foundation
import Testing

/// What the Compose file says, started without containers.
@Suite struct ComposeTests {
    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let compose = repository.appending(path: "deploy/compose/compose.yml")

    @Test(.timeLimit(.minutes(4))) func `the services of the Compose file find each other, and Perch hears of all`() async throws {
        let folder = try TemporaryFolder()
        let images = ["perch": try PerchProcess.executable, "perch-shop": try PerchProcess.program("shop")]
        let topology = try ComposeTopology(file: Self.compose, folder: folder.path, images: images)
        try topology.prepare()
        let processes = topology.processes
        #expect(processes.count == 10)
        var children: [(name: String, child: ChildProcess)] = []
        func printed() -> String { children.map { "\($0.name):\n\($0.child.printed.suffix(1500))" }.joined(separator: "\n") }
        func start(_ process: ComposeTopology.Process) throws {
            let child = try ChildProcess(process.program, process.arguments, environment: process.environment)
            children.append((process.name, child))
        }
        // As `depends_on` has it: Perch first, the shoppers last.
        let order = processes.filter { $0.name == "perch" } + processes.filter { $0.name != "perch" && $0.name != "load" }
        for process in order {
            try start(process)
            if process.name == "perch" {
                try await until("perch is ready", printed) { await answers(topology.port("perch", 9797), "/-/ready") }
            }
        }
        for process in order.dropFirst() {
            let port = topology.ports.first { $0.key.hasPrefix(process.name + ":") }?.value
            try await until("\(process.name) answers", printed) {
                let isHealthy = await answers(port, "/healthcheck")
                let hasMetrics = await answers(port, "/metrics")
                return isHealthy && hasMetrics
            }
        }
        for process in processes where process.name == "load" { try start(process) }

        let perch = "http://127.0.0.1:\(try #require(topology.port("perch", 9797)))"
        let jobs = [
            "gateway", "product-catalog", "order-management", "users", "payments", "shipping", "inventory", "recommendations", "shop-load",
        ]
        try await until("all are scraped, and orders are placed", printed) {
            let count = "count(up{job=~\"\(jobs.joined(separator: "|"))\"} == 1)"
            return await number(perch, count) == 9
        }
        try await until("an order was paid", printed) { await number(perch, "sum(shop_orders_total{outcome=\"paid\"})") ?? 0 > 0 }
        try await until("spans and log lines arrive", printed) {
            let services = try? await PerchProcess.get(perch + "/jaeger/api/services")
            let lines = try? await PerchProcess.get(perch + "/loki/api/v1/label/service_name/values")
            return services?.text.contains("order-management") == true && lines?.text.contains("order-management") == true
        }
        // The rules that the file mounts are in force.
        let rules = try await PerchProcess.get(perch + "/api/v1/rules")
        #expect(rules.text.contains("PaymentsFail") && rules.text.contains("PerchDown"))
        let routing = try await PerchProcess.get(perch + "/api/v2/status")
        #expect(routing.text.contains("receiver: pages"))
        for (_, child) in children.reversed() { child.send(signal: SIGTERM) }
        for (name, child) in children { #expect(try await child.status(within: 15) == 0, "\(name): \(child.printed.suffix(500))") }
    }

    @Test func `images are of a version, and every data source that a dashboard or another names is there`() throws {
        let text = try String(contentsOf: Self.compose, encoding: .utf8)
        let images = text.matches(of: /(?m)^ +image: (\S+)$/).map { String($0.1) }
        #expect(images.count >= 7)
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

    private func until(_ what: String, _ printed: () -> String, _ condition: () async -> Bool) async throws {
        let end = Date(timeIntervalSinceNow: 60)
        while Date() < end {
            if await condition() { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw HelmRenderer.Failure("it did not come true that \(what):\n\(printed())")
    }
}
