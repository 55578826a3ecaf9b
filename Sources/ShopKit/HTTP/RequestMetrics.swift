internal import HTTPTypes
internal import Hummingbird
internal import PerchMetrics
internal import Synchronization

/// The two metrics that services instrumented as the guide does have, so that its dashboards and its rule work here:
/// `http_requests_total{handler, method, status="2xx"}` and the summary `http_request_duration_seconds{handler, method}`.
struct RequestMetrics: RouterMiddleware {
    typealias Context = ShopContext

    private let requests: LabelledFamily<Counter>
    private let durations: DurationSummaries

    init(_ metrics: MetricRegistry) {
        requests = metrics.counters(
            "http_requests_total", help: "Requests by route, method and class of status.", labelNames: "handler", "method", "status")
        durations = DurationSummaries(metrics)
    }

    func handle(
        _ request: Request, context: ShopContext, next: (Request, ShopContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        do {
            let response = try await next(request, context)
            record(request, context, Int(response.status.code), started)
            return response
        } catch {
            let status = (error as? any ProblemConvertible)?.problem.status ?? (error as? any HTTPResponseError)?.status
            record(request, context, status.map { Int($0.code) } ?? 500, started)
            throw error
        }
    }

    private func record(_ request: Request, _ context: ShopContext, _ status: Int, _ started: ContinuousClock.Instant) {
        // Routes and known methods only: nobody outside decides how many series there are.
        let path = context.endpointPath ?? "NotFound"
        let handler = path == "NotFound" ? "none" : path
        let method = ["GET", "POST", "PUT", "DELETE"].contains(request.method.rawValue) ? request.method.rawValue : "other"
        requests.with(handler, method, "\(status / 100)xx").increment()
        durations.with(handler, method).record((ContinuousClock.now - started) / .seconds(1))
    }
}

private final class DurationSummaries: Sendable {
    private struct Key: Hashable {
        let handler: String
        let method: String
    }

    private let metrics: MetricRegistry
    private let known = Mutex<[Key: Summary]>([:])

    init(_ metrics: MetricRegistry) { self.metrics = metrics }

    func with(_ handler: String, _ method: String) -> Summary {
        known.withLock { known in
            let key = Key(handler: handler, method: method)
            if let summary = known[key] { return summary }
            let summary = metrics.summary(
                "http_request_duration_seconds", help: "Time that requests took, by route and method.", unit: "seconds",
                quantiles: [0.5, 0.9, 0.99], labels: ["handler": handler, "method": method])
            known[key] = summary
            return summary
        }
    }
}
