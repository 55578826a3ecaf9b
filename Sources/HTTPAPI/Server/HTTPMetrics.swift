internal import PerchMetrics
internal import Synchronization

/// What the HTTP server counts of every request.
struct HTTPMetrics: Sendable {
    private let requests: LabelledFamily<Counter>
    private let durations: LabelledFamily<Histogram>
    private let inFlight: Gauge

    init(_ registry: MetricRegistry) {
        requests = registry.counters(
            "perch_http_requests_total", help: "Requests answered, by path and status.", labelNames: "handler", "code")
        durations = registry.histograms(
            "perch_http_request_duration_seconds", help: "Time from the head of a request to its answer.", unit: "seconds",
            labelNames: "handler")
        inFlight = registry.gauge("perch_http_requests_in_flight", help: "Requests being answered.")
    }

    func endpoint(_ path: String) -> EndpointMetrics {
        EndpointMetrics(path: path, requests: requests, duration: durations.with(path), inFlight: inFlight)
    }
}

/// The counts of one path, with the counters of the statuses it has answered so far at hand.
final class EndpointMetrics: Sendable {
    private let path: String
    private let requests: LabelledFamily<Counter>
    private let duration: Histogram
    private let inFlight: Gauge
    private let byStatus = Mutex<[Int: Counter]>([:])

    init(path: String, requests: LabelledFamily<Counter>, duration: Histogram, inFlight: Gauge) {
        self.path = path
        self.requests = requests
        self.duration = duration
        self.inFlight = inFlight
    }

    func begin() { inFlight.increment() }

    func end(status: Int, seconds: Double) {
        inFlight.decrement()
        duration.record(seconds)
        let counter = byStatus.withLock { known in
            if let counter = known[status] { return counter }
            let counter = requests.with(path, String(status))
            known[status] = counter
            return counter
        }
        counter.increment()
    }
}
