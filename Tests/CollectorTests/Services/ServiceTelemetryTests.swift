import Foundation
import Logging
import PerchExport
import PerchGRPC
import PerchInstrumentation
import PerchLogging
import PerchMetrics
import PerchTracing
import ScriptedHTTP
import Testing
import Tracing

private enum Outcome: String, LabelValue { case accepted, declined }
private enum Tier: String, LabelValue { case gold, silver }

/// What the service of these tests declares.
private struct ShopTelemetry: TelemetryContract {
    let orders: CounterFamily<Outcome, Tier>
    let visits: CounterFamily<OpenValue>
    let queue: GaugeFamily<>
    let work: HistogramFamily<Tier>
    let placing: SpanDeclaration<String, Tier, Int>
    let placed: LogDeclaration<String, Bool>

    init(_ declare: MetricDeclarations) {
        orders = declare.counter(
            "shop_orders_total", help: "Orders by what became of them.", labels: Label<Outcome>("outcome"), Label<Tier>("tier"))
        visits = declare.counter("shop_visits_total", help: "Visits.", labels: OpenLabel("customer", atMost: 3))
        queue = declare.gauge("shop_queue_bytes", help: "What waits.", unit: "bytes")
        work = declare.histogram(
            "shop_work_seconds", help: "Work.", unit: "seconds", buckets: .classic(bounds: [0.1, 1, 10]), labels: Label<Tier>("tier"))
        placing = declare.span(
            "place order", kind: .server,
            attributes: ContractField<String>("order.id"), ContractField<Tier>("tier"), ContractField<Int>("items"))
        placed = declare.log("order placed", metadata: ContractField<String>("order.id"), ContractField<Bool>("paid"))
    }
}

/// How a service sends.
enum ServiceTransport: String, CaseIterable, Sendable {
    case http = "http/protobuf"
    case json = "http/json"
    case grpc
}

/// The telemetry of a service, as the libraries for services send it, in a running Perch.
@Suite("Services", .serialized)
struct ServiceTelemetryTests {
    private let folder: TemporaryFolder
    private let contract: String

    init() throws {
        folder = try TemporaryFolder()
        contract = try folder.write(ShopTelemetry.schema(service: "shop"), to: "shop.json")
    }

    private func serve() async throws -> PerchProcess {
        let any = "127.0.0.1:0"
        let perch = try await PerchProcess(
            dataDirectory: folder.path + "/data", arguments: ["--otlp-grpc-listen", any, "--otlp-http-listen", any], receivesOTLP: true)
        try await perch.eventually("receivers listen") {
            perch.receiverAddresses["otlp_http"] != nil && perch.receiverAddresses["otlp_grpc"] != nil
        }
        return perch
    }

    /// Sets a service up, has it do something, and sends what came of that.
    private func run(_ transport: ServiceTransport, to perch: PerchProcess, _ work: (Telemetry, Logger) async throws -> Void) async throws {
        var configuration = Telemetry.Configuration(service: "shop")
        configuration.metricExporters = [.otlp]
        configuration.logExporters = [.otlp]
        let address = perch.receiverAddresses[transport == .grpc ? "otlp_grpc" : "otlp_http"] ?? ""
        configuration.endpoint = OTLPHTTPTransport.Configuration(endpoint: "http://" + address)
        if transport == .json { configuration.endpoint.encoding = .json }
        if transport == .grpc { configuration.customTransport = { try OTLPGRPCTransport($0) } }
        let telemetry = Telemetry(configuration, environment: [:])
        let running = Task { try await telemetry.run() }
        let logger = Logger(label: "shop.orders") { telemetry.logs.handler(label: $0) }
        try await work(telemetry, logger)
        #expect(await telemetry.flush(within: .seconds(90)))
        running.cancel()
        try await running.value
    }

    private func placeOrder(_ telemetry: Telemetry, _ logger: Logger) async {
        let shop = ShopTelemetry(in: telemetry.metrics)
        shop.visits["acme"].increment()
        shop.queue[].set(7)
        await shop.placing.with("o-17", .gold, 3, tracer: telemetry.tracer) { _ in
            shop.orders[.accepted, .gold].increment(by: 5)
            shop.work[.gold].record(0.5)
            shop.placed.log("o-17", true, to: logger)
        }
    }

    private func check(_ perch: PerchProcess, _ arguments: [String] = []) async throws -> Finished {
        try await CollectorTests.run(PerchProcess.executable, ["contract", "check", contract, "--url", perch.url] + arguments)
    }

    @Test(arguments: ServiceTransport.allCases)
    func `what a service sends is found again, and is as declared`(_ transport: ServiceTransport) async throws {
        let perch = try await serve()
        try await run(transport, to: perch) { await placeOrder($0, $1) }
        try await perch.eventually("all is as declared") {
            let checked = try await check(perch)
            return checked.status == 0 && checked.output.isEmpty
        }
        let orders = try await perch.get("/api/v1/query?query=shop_orders_total%7Boutcome%3D%22accepted%22,tier%3D%22gold%22%7D").text
        #expect(orders.contains("\"5\"") && orders.contains("\"job\":\"shop\""), "\(orders)")
        // The span, its line and the exemplars of its metrics name the same trace.
        let traces = try await perch.get("/tempo/api/search?q=%7Bname%3D%22place%20order%22%7D").text
        let trace = try #require(traces.firstMatch(of: /"traceID":"([0-9a-f]+)"/)?.output.1, "\(traces)")
        let lines = try await perch.get("/loki/api/v1/query_range?query=%7Bservice_name%3D%22shop%22%7D").text
        #expect(lines.contains("order placed") && lines.contains(trace), "\(lines)")
        for name in ["shop_work_seconds_bucket", "shop_orders_total"] {
            let now = Int(Date().timeIntervalSince1970)
            let exemplars = try await perch.get("/api/v1/query_exemplars?query=\(name)&start=\(now - 600)&end=\(now + 60)").text
            #expect(exemplars.contains(trace), "\(name): \(exemplars)")
        }
        #expect(try await perch.terminate() == 0)
    }

    @Test(arguments: ["PrometheusText0.0.4", "OpenMetricsText1.0.0", "PrometheusProto"])
    func `what a scraper gets is as declared`(_ format: String) async throws {
        let registry = MetricRegistry(exposesCreated: true)
        let shop = ShopTelemetry(in: registry)
        shop.visits["acme"].increment()
        let server = try await ScriptedServer { head in
            let accept = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("accept:") }.map { String($0.dropFirst(7)) }
            let page = registry.exposition(accept: accept, acceptEncoding: nil)
            return [
                .send("HTTP/1.1 200 OK\r\nContent-Type: \(page.contentType)\r\nContent-Length: \(page.body.count)\r\n\r\n"),
                .sendBytes(page.body),
            ]
        }
        let configuration = try folder.write(
            """
            scrape_configs:
              - job_name: shop
                scrape_interval: 1s
                scrape_timeout: 1s
                scrape_protocols: [\(format)]
                static_configs: [{targets: ['127.0.0.1:\(server.port)']}]
            """, to: "perch.yml")
        let perch = try await PerchProcess(dataDirectory: folder.path + "/data", configuration: configuration)
        var checked = try await check(perch)
        try await perch.eventually("the metrics are as declared") {
            checked = try await check(perch)
            return checked.status == 0
        }
        // Nothing was traced or logged.
        #expect(checked.output.split(separator: "\n").allSatisfy { $0.hasPrefix("note: ") && $0.contains("did not occur") })
        #expect(try await check(perch, ["--strict"]).status == 1)
        #expect(try await perch.terminate() == 0)
        try await server.stop()
    }

    @Test func `what differs from the contract is found`() async throws {
        let perch = try await serve()
        try await run(.http, to: perch) { await placeOrder($0, $1) }
        try await run(.http, to: perch) { telemetry, logger in
            let metrics = telemetry.metrics
            metrics.counter("shop_orders_total", help: "Orders.", labels: ["outcome": "lost", "tier": "gold", "region": "eu"]).increment()
            metrics.counter("shop_refunds_total", help: "Refunds.").increment()
            let queues = metrics.gauges("shop_queue_bytes", help: "What waits.", unit: "bytes", labelNames: "user")
            for user in 0..<60 { queues.with("u\(user)").set(1) }
            telemetry.tracer.startSpan("place order", ofKind: .client).end()
            let span = telemetry.tracer.startSpan("place order", ofKind: .server)
            span.attributes["order.id"] = 17
            span.attributes["tier"] = "lead"
            span.end()
            logger.warning("order placed", metadata: ["paid": "perhaps"])
        }
        let expected: Set<String> = [
            "shop_orders_total wrong-help",
            "shop_orders_total undeclared-value outcome", "shop_orders_total undeclared-label region",
            "shop_refunds_total undeclared-metric",
            "shop_queue_bytes unbounded-label user", "span “place order” wrong-kind", "span “place order” missing-attribute items",
            "span “place order” wrong-attribute-type order.id", "span “place order” undeclared-value tier",
            "log “order placed” wrong-level", "log “order placed” missing-attribute order.id",
            "log “order placed” wrong-attribute-type paid",
        ]
        var found: Set<String> = []
        try await perch.eventually("all that differs is found") {
            let checked = try await check(perch, ["--output", "json"])
            #expect(checked.status == 1, "\(checked.error)")
            let json = try #require(try JSONSerialization.jsonObject(with: Data(checked.output.utf8)) as? [String: Any])
            #expect(json["contract"] as? String == "shop")
            found = Set(
                (json["findings"] as? [[String: Any]] ?? []).map { finding in
                    ["subject", "kind", "label"].compactMap { finding[$0] as? String }.joined(separator: " ")
                })
            return found == expected
        }
        #expect(found == expected)
        let lines = try await check(perch)
        #expect(lines.output.split(separator: "\n").count == expected.count, "\(lines.output)")
        #expect(lines.output.contains("shop_orders_total: outcome: has values that are not declared: “lost” [undeclared-value]"))
        #expect(try await perch.terminate() == 0)
    }

    @Test func `rules and a dashboard to start from are taken, and what is no contract is refused with its place`() async throws {
        let perch = try PerchProcess.executable
        for (arguments, file) in [([], "shop.rules.yml"), (["--tests"], "shop.test.yml")] {
            let printed = try await CollectorTests.run(perch, ["contract", "rules", contract] + arguments)
            #expect(printed.status == 0, "\(printed.error)")
            _ = try folder.write(printed.output, to: file)
        }
        #expect(try await CollectorTests.run(perch, ["rules", "check", folder.path + "/shop.rules.yml"]).status == 0)
        let tested = try await CollectorTests.run(perch, ["rules", "test", folder.path + "/shop.test.yml"])
        #expect(tested.status == 0, "\(tested.output)\(tested.error)")
        let dashboard = try await CollectorTests.run(perch, ["contract", "dashboard", contract])
        #expect(dashboard.status == 0, "\(dashboard.error)")
        let file = try folder.write(dashboard.output, to: "dashboard.json")
        let looked = try await CollectorTests.run(perch, ["dashboards", "check", file])
        #expect(looked.status == 0, "\(looked.output)\(looked.error)")
        #expect(!looked.output.contains("dashboard.json:"), "\(looked.output)")
        let wrong = try folder.write("{\"contract\": \"shop\",\n \"metrics\": [{\"name\": 7}]}", to: "wrong.json")
        let refused = try await CollectorTests.run(perch, ["contract", "dashboard", wrong])
        #expect(refused.status == 2)
        #expect(refused.error.contains("wrong.json:2:"), "\(refused.error)")
        let selector = try await CollectorTests.run(perch, ["contract", "rules", contract, "--selector", "job=shop"])
        #expect(selector.status == 2)
        #expect(selector.error.contains("--selector"), "\(selector.error)")
    }
}
