internal import AsyncHTTPClient
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdTesting
internal import NIOCore
internal import PerchHTTPClient
internal import PerchMetrics
internal import PerchTestKit
internal import PerchTracing
internal import Synchronization
internal import Testing
internal import Tracing

@testable internal import ShopLoad
@testable internal import shop

@Suite struct LoadRunTests {
    /// What the gateway of the test does.
    private final class Gateway: Sendable {
        let orderStatus: HTTPResponse.Status
        let delay: Duration
        let requests = Mutex<[String]>([])
        let active = Mutex<(now: Int, most: Int)>((0, 0))

        init(orderStatus: HTTPResponse.Status = .created, delay: Duration = .zero) {
            (self.orderStatus, self.delay) = (orderStatus, delay)
        }

        func add(to router: Router<BasicRequestContext>) {
            let products = #"[{"id":1,"category":"books","price":1},{"id":2,"category":"for the garden & more","price":2}]"#
            router.get("/api/products") { request, _ in await self.answer(request, products) }
            router.get("/api/products/{id}") { request, _ in await self.answer(request, "{}") }
            router.post("/api/users") { request, _ in await self.answer(request, #"{"id":7}"#, .created) }
            router.put("/api/users/{id}/consent") { request, _ in await self.answer(request, "{}") }
            router.post("/api/token") { request, _ in await self.answer(request, #"{"access_token":"secret"}"#) }
            router.post("/api/recommendations") { request, _ in await self.answer(request, "[]") }
            router.post("/api/orders") { request, _ in await self.answer(request, #"{"order_id":"o-1"}"#, self.orderStatus) }
            router.get("/api/orders/{id}") { request, _ in await self.answer(request, "{}") }
        }

        private func answer(_ request: Request, _ text: String, _ status: HTTPResponse.Status = .ok) async -> Response {
            let query = request.uri.query.map { "?" + $0 } ?? ""
            requests.withLock {
                $0.append("\(request.method.rawValue) \(request.uri.path)\(query) \(request.headers[.authorization] ?? "-")")
            }
            active.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            try? await Task.sleep(for: delay)
            active.withLock { $0.now -= 1 }
            return Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        }
    }

    private func run(
        _ gateway: Gateway, duration: Duration = .milliseconds(700), shoppersMax: Int = 200
    ) async throws -> (telemetry: TestTelemetry, summary: String) {
        let router = Router()
        gateway.add(to: router)
        let application = Application(router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)))
        return try await application.test(.live) { client in
            let telemetry = TestTelemetry()
            var settings = LoadRun.Settings()
            settings.rate = 100
            settings.duration = duration
            settings.seed = 7
            settings.gateway = "http://localhost:\(client.port ?? 0)"
            settings.shoppersMax = shoppersMax
            settings.habits.meanThinkingTime = .milliseconds(2)
            settings.closing = .seconds(60)
            let http = TelemetryHTTPClient(.shared, metrics: telemetry.metricsFactory, tracer: telemetry.tracer)
            let load = LoadRun(settings, client: http, tracer: telemetry.tracer, metrics: telemetry.metrics)
            try await load.run()
            return (telemetry, load.summary)
        }
    }

    @Test func `shoppers visit, and metrics and the summary say what became of them`() async throws {
        let gateway = Gateway()
        let (telemetry, summary) = try await run(gateway)
        let bought = telemetry.metrics.count("shop_load_journeys_total", ["outcome": "bought"])
        let browsed = telemetry.metrics.count("shop_load_journeys_total", ["outcome": "browsed"])
        #expect(bought > 5 && browsed > 5)
        telemetry.expectMetric("shop_load_journeys_total", ["outcome": "failed"], 0)
        telemetry.expectMetric("shop_load_journey_duration_seconds", [:], bought + browsed)
        telemetry.expectMetric("shop_load_shoppers_active", [:], 0)
        #expect(summary.hasPrefix("\(Int(bought + browsed)) visits in "))
        #expect(!summary.contains("×"), "problems: \(summary)")
        let requests = gateway.requests.withLock { $0 }
        #expect(requests.contains { $0.hasPrefix("GET /api/products?category=for%20the%20garden%20%26%20more ") })
        #expect(requests.filter { $0.hasPrefix("POST /api/orders") }.allSatisfy { $0.hasSuffix("Bearer secret") })
    }

    @Test func `each move begins a trace that goes on in the shop`() async throws {
        let (telemetry, _) = try await run(Gateway())
        let move = telemetry.expectSpan("shopper order")
        #expect(move?.parent == nil)
        let order = telemetry.spans.first { $0.name == "POST /api/orders" && $0.traceID == move?.traceID }
        #expect(order?.kind == .client)
        #expect(order?.parent?.identity.spanID == move?.spanID)
        let labels = ["http_request_method": "POST", "url_template": "/api/orders", "http_response_status_code": "201"]
        telemetry.expectMetric("http_client_request_duration_seconds", labels)
    }

    @Test func `orders that fail are told`() async throws {
        let (telemetry, summary) = try await run(Gateway(orderStatus: .serviceUnavailable))
        telemetry.expectMetric("shop_load_journeys_total", ["outcome": "bought"], 0)
        #expect(telemetry.metrics.count("shop_load_journeys_total", ["outcome": "failed"]) > 5)
        telemetry.expectSpan("shopper order", status: .error)
        #expect(summary.contains("× 503"))
    }

    @Test func `a shop that is full turns shoppers away`() async throws {
        let gateway = Gateway(delay: .milliseconds(50))
        let (_, summary) = try await run(gateway, shoppersMax: 3)
        #expect(gateway.active.withLock { $0.most } <= 3)
        #expect(summary.contains("turned away"))
    }

    @Test func `a shop that is not there fails all visits`() async throws {
        let telemetry = TestTelemetry()
        var settings = LoadRun.Settings()
        settings.rate = 50
        settings.duration = .milliseconds(300)
        settings.gateway = "http://127.0.0.1:1"
        settings.habits.meanThinkingTime = .milliseconds(1)
        settings.closing = .seconds(60)
        let client = LoadGenerator.makeClient()
        let http = TelemetryHTTPClient(client, metrics: telemetry.metricsFactory, tracer: telemetry.tracer)
        let load = LoadRun(settings, client: http, tracer: telemetry.tracer, metrics: telemetry.metrics)
        try await load.run()
        try await client.shutdown()
        #expect(telemetry.metrics.count("shop_load_journeys_total", ["outcome": "failed"]) > 3)
        telemetry.expectMetric("shop_load_journeys_total", ["outcome": "bought"], 0)
    }
}

extension MetricRegistry {
    /// The sum of the counters with these labels.
    fileprivate func count(_ name: String, _ labels: [String: String]) -> Double {
        let points = snapshot().first { $0.name == name }?.points ?? []
        return points.filter { point in labels.allSatisfy { point.labels[$0.key] == $0.value } }.reduce(0) { sum, point in
            if case .number(let number) = point.value { sum + number } else { sum }
        }
    }
}
