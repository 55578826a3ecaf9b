import CoreMetrics
import HTTPTypes
import Hummingbird
import PerchMetrics

private func expose() async throws {
    let registry = MetricRegistry()
    MetricsSystem.bootstrap(PerchMetricsFactory(registry))
    let visits = CoreMetrics.Counter(label: "visits", dimensions: [("page", "home")])

    let router = Router()
    router.get("/") { _, _ in
        visits.increment()
        return "Hello!"
    }
    router.get("/metrics") { request, _ in
        let answer = registry.exposition(accept: request.headers[.accept], acceptEncoding: request.headers[.acceptEncoding])
        var headers: HTTPFields = [.contentType: answer.contentType]
        if let encoding = answer.contentEncoding { headers[.contentEncoding] = encoding }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
    try await Application(router: router).runService()
}
