import Foundation
import TestSupport
import Testing

/// Services of several languages beside each other: a FastAPI service with the libraries that most have, and the Swift shop, all told of by
/// one Perch; and what Debian's Prometheus says of them.
@Suite("Other people's services", .serialized)
struct OtherServicesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let python = root + "/.venv-guide/bin/python"
    private static let isInstalled = FileManager.default.isExecutableFile(atPath: python) && installed("prometheus") != nil

    @Test(.enabled(if: isInstalled, "scripts/install-packages.sh test has not installed FastAPI and Prometheus"), .timeLimit(.minutes(10)))
    func `a FastAPI service and the shop share traces, and every scraper is content with both`() async throws {
        let folder = try TemporaryFolder()
        let (reviewsPort, firstPort) = (try FreePorts.one(), try FreePorts.first(of: ShopProcess.jobs.count))
        var targets = zip(ShopProcess.jobs, firstPort...).map { ($0, $1) } + [("reviews", reviewsPort)]
        let file = try folder.write(
            """
            receivers:
              otlp: {http: 127.0.0.1:0, grpc: off}
              jaeger_agent: {compact: 127.0.0.1:0, binary: off}
              files:
                - paths: [reviews.log]
                  labels: {service_name: reviews}
                - paths: [shop-logs/*.log]
                  labels: {service_name: shop}
            \(Self.scrapeConfiguration(targets))
            """, to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: file, receivesOTLP: true)
        for name in ["otlp_http", "jaeger_agent_compact"] {
            try await perch.eventually("\(name) listens") { perch.receiverAddresses[name] != nil }
        }
        let shop = try await ShopProcess(
            firstPort: firstPort, folder: folder.path,
            environment: [
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + (perch.receiverAddresses["otlp_http"] ?? ""), "OTEL_BSP_SCHEDULE_DELAY": "200",
            ])
        let agent = perch.receiverAddresses["jaeger_agent_compact"]?.split(separator: ":").last.map(String.init) ?? ""
        let reviews = try ChildProcess(
            Self.python,
            [
                "-W", "ignore", Self.root + "/Tests/Senders/reviews_service.py", String(reviewsPort), folder.path + "/reviews.log", agent,
                "http://" + shop.address(of: "product-catalog"),
            ])
        targets.append(("perch", Int(perch.url.split(separator: ":").last ?? "") ?? 0))
        let prometheus = try await startPrometheus(targets, folder)

        let url = "http://127.0.0.1:\(reviewsPort)/reviews/"
        try await perch.eventually("the reviews") { (try? await PerchProcess.get(url + "3"))?.status == 200 }
        let answer = try await PerchProcess.get(url + "3").json as? [String: Any]
        #expect(answer?["product"] as? String == "Bread, Slowly")
        #expect(try await PerchProcess.get(url + "99").status == 404)

        try await checkMetrics(perch)
        let trace = try await checkLogs(perch)
        try await checkTrace(trace, perch)
        try await checkPrometheus(prometheus, targets.map(\.0), perch)
        try await close(shop, reviews, prometheus.child, perch)
    }

    private static func scrapeConfiguration(_ targets: [(job: String, port: Int)]) -> String {
        let jobs = targets.map { "  - {job_name: \($0.job), static_configs: [{targets: ['127.0.0.1:\($0.port)']}]}" }
        return "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n" + jobs.joined(separator: "\n")
    }

    private func startPrometheus(
        _ targets: [(job: String, port: Int)], _ folder: TemporaryFolder
    ) async throws -> (child: ChildProcess, url: String) {
        let port = try FreePorts.one()
        let configuration = try folder.write(Self.scrapeConfiguration(targets), to: "prometheus.yml")
        let child = try ChildProcess(
            installed("prometheus") ?? "",
            [
                "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.path)/prometheus", "--web.listen-address=127.0.0.1:\(port)",
                "--enable-feature=exemplar-storage", "--log.level=info",
            ])
        return (child, "http://127.0.0.1:\(port)")
    }

    /// Both kinds of services are scraped, and the guide's metrics are the same in both.
    private func checkMetrics(_ perch: PerchProcess) async throws {
        try await perch.eventually("all are scraped") {
            try await perch.instant("up", by: "job").filter { $0.value == 1 }.count == ShopProcess.jobs.count + 1
        }
        try await perch.eventually("requests are counted") {
            let requests = try await perch.instant(
                "sum by (job) (http_requests_total{status=\"2xx\", handler=~\"/(reviews|products)/.*\"})", by: "job")
            return (requests["reviews"] ?? 0) >= 2 && (requests["product-catalog"] ?? 0) >= 2
        }
        try await perch.eventually("their time is known") {
            let query = "http_request_duration_seconds{quantile=\"0.9\", handler=\"/products/{id}\"}"
            return try await perch.instant(query, by: "job")["product-catalog"] ?? 0 > 0
        }
    }

    /// The lines of both are found.
    ///
    /// - Returns: the trace that a line of the FastAPI service names.
    private func checkLogs(_ perch: PerchProcess) async throws -> String {
        try await perch.eventually("the line of a product that is not there") {
            try await self.lines("{service_name=\"reviews\"} | json | level=\"warning\"", perch).count == 1
        }
        let fetched = try await lines("{service_name=\"reviews\"} | json | event=\"Fetching product\" | product_id=\"3\"", perch)
        let object = try #require(JSONSerialization.jsonObject(with: Data((fetched.first ?? "{}").utf8)) as? [String: Any])
        let trace = try #require(object["trace_id"] as? String)
        try await perch.eventually("the line of the same trace in the shop") {
            try await self.lines("{service_name=\"shop\"} | json | trace_id=\"\(trace)\"", perch).contains {
                $0.contains("request answered")
            }
        }
        return trace
    }

    private func lines(_ query: String, _ perch: PerchProcess) async throws -> [String] {
        let answer = try await perch.get("/loki/api/v1/query_range?query=" + PerchProcess.encoded(query))
        let data = (answer.json as? [String: Any])?["data"] as? [String: Any]
        let streams = data?["result"] as? [[String: Any]] ?? []
        return streams.flatMap { ($0["values"] as? [[String]] ?? []).compactMap { $0.count > 1 ? $0[1] : nil } }
    }

    /// One trace crosses from Python into Swift, as Tempo and as Jaeger tell it.
    private func checkTrace(_ trace: String, _ perch: PerchProcess) async throws {
        var spans: [[String: Any]] = []
        var services: [String: String] = [:]
        try await perch.eventually("the trace of both") {
            let answer = try await perch.get("/jaeger/api/traces/\(trace)").json as? [String: Any]
            let found = (answer?["data"] as? [[String: Any]])?.first
            spans = found?["spans"] as? [[String: Any]] ?? []
            services = (found?["processes"] as? [String: [String: Any]] ?? [:]).compactMapValues { $0["serviceName"] as? String }
            // They come in batches, whose order is nobody's.
            let operations = Set(spans.compactMap { $0["operationName"] as? String })
            return Set(services.values) == ["reviews", "product-catalog"]
                && operations.isSuperset(of: ["ask the catalog", "GET /products/{id}", "SELECT"])
        }
        func span(_ operation: String) -> [String: Any]? { spans.first { $0["operationName"] as? String == operation } }
        func parent(_ span: [String: Any]?) -> String? {
            (span?["references"] as? [[String: Any]])?.first { $0["refType"] as? String == "CHILD_OF" }?["spanID"] as? String
        }
        let (asks, answers, query) = (span("ask the catalog"), span("GET /products/{id}"), span("SELECT"))
        #expect(services[asks?["processID"] as? String ?? ""] == "reviews")
        #expect(services[answers?["processID"] as? String ?? ""] == "product-catalog")
        #expect(parent(answers) == asks?["spanID"] as? String)
        #expect(parent(query) == answers?["spanID"] as? String)

        let tempo = try await perch.get("/tempo/api/traces/\(trace)").text
        for service in ["reviews", "product-catalog"] { #expect(tempo.contains("\"\(service)\"")) }
        let crossing = PerchProcess.encoded("{ resource.service.name = \"reviews\" } >> { resource.service.name = \"product-catalog\" }")
        try await perch.eventually("the trace is found by what is in it") {
            try await perch.get("/tempo/api/search?q=" + crossing).text.contains(trace.drop { $0 == "0" })
        }
    }

    /// Prometheus scrapes all, Perch among them, and has nothing to complain of.
    private func checkPrometheus(
        _ prometheus: (child: ChildProcess, url: String), _ jobs: [String], _ perch: PerchProcess
    ) async throws {
        try await perch.eventually("Prometheus has scraped all") {
            let query = PerchProcess.encoded("sum_over_time(up[10m]) >= 3")
            let answer = try await PerchProcess.get(prometheus.url + "/api/v1/query?query=" + query).json as? [String: Any]
            let result = ((answer?["data"] as? [String: Any])?["result"] as? [[String: Any]]) ?? []
            return Set(result.compactMap { ($0["metric"] as? [String: String])?["job"] }) == Set(jobs)
        }
        #expect(prometheus.child.printed.contains("level=info"))
        let complaints = prometheus.child.printed.split(separator: "\n").filter { $0.contains("level=warn") || $0.contains("level=error") }
        #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
        // The exemplars of the shop came along.
        try await perch.eventually("exemplars") {
            let exemplars = try await PerchProcess.get(
                prometheus.url + "/api/v1/query_exemplars?query=http_server_request_duration_seconds_bucket&start=0&end=4000000000")
            return exemplars.text.contains("trace_id")
        }
    }

    private func close(_ shop: ShopProcess, _ reviews: ChildProcess, _ prometheus: ChildProcess, _ perch: PerchProcess) async throws {
        let started = ContinuousClock.now
        shop.child.send(signal: SIGINT)
        #expect(try await shop.child.status() == 0)
        #expect(ContinuousClock.now - started < .seconds(30))
        reviews.send(signal: SIGTERM)
        prometheus.send(signal: SIGTERM)
        _ = try await reviews.status()
        _ = try await prometheus.status()
        #expect(try await perch.terminate() == 0)
    }
}
