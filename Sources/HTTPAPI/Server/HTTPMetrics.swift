internal import PerchMetrics
internal import Synchronization

/// What the HTTP server counts of every request.
struct HTTPMetrics: Sendable {
    fileprivate let requests: LabelledFamily<Counter>
    fileprivate let durations: LabelledFamily<Histogram>
    fileprivate let inFlight: Gauge

    /// Few bounds, since there is a histogram for each path.
    private static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]

    init(_ registry: MetricRegistry) {
        requests = registry.counters(
            "perch_http_requests_total", help: "Requests answered, by path and status.", labelNames: "handler", "code")
        durations = registry.histograms(
            "perch_http_request_duration_seconds", help: "Time from the head of a request to its answer.", unit: "seconds",
            bounds: HTTPMetrics.bounds, labelNames: "handler")
        inFlight = registry.gauge("perch_http_requests_in_flight", help: "Requests being answered.")
    }

    func endpoint(_ path: String) -> EndpointMetrics { EndpointMetrics(path: path, metrics: self) }
}

/// The counts of one path. An instrument is made when it is first needed, so that paths nobody asks for are not exposed.
final class EndpointMetrics: Sendable {
    private struct Instruments {
        var duration: Histogram?
        var byStatus: [Int: Counter] = [:]
    }

    private let path: String
    private let metrics: HTTPMetrics
    private let instruments = Mutex(Instruments())

    init(path: String, metrics: HTTPMetrics) {
        self.path = path
        self.metrics = metrics
    }

    func begin() { metrics.inFlight.increment() }

    func end(status: Int, seconds: Double) {
        metrics.inFlight.decrement()
        count(status: status, seconds: seconds)
    }

    /// Counts a request that was answered at once.
    func count(status: Int, seconds: Double) {
        let (duration, counter) = instruments.withLock { known in
            let duration = known.duration ?? metrics.durations.with(path)
            let counter = known.byStatus[status] ?? metrics.requests.with(path, String(status))
            known.duration = duration
            known.byStatus[status] = counter
            return (duration, counter)
        }
        duration.record(seconds)
        counter.increment()
    }
}
