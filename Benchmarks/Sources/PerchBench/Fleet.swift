internal import TelemetryModel

/// Label sets of a fleet of services, as they look in practice: seven labels, a few of which tell the series of a metric apart.
enum Fleet {
    static let jobs = ["cart", "catalog", "checkout", "gateway", "inventory", "payment", "search", "shipping", "user", "warehouse"]
    private static let codes = ["200", "204", "400", "404", "500"]
    private static let paths = ["/", "/api/items", "/api/items/{id}", "/api/orders", "/health"]

    /// So many series of `http_requests_total`.
    static func series(_ count: Int) -> [LabelSet] {
        (0..<count).map { index in
            let pod = index / (codes.count * paths.count)
            return [
                LabelName.metricName: "http_requests_total", LabelName.job: jobs[pod % jobs.count],
                LabelName.instance: "10.4.\(pod / 200).\(pod % 200):8080", "pod": "pod-\(pod)-\(pod * 7919 % 99_991)",
                "zone": "zone-\(pod % 3)",
                "code": codes[index % codes.count], "path": paths[index / codes.count % paths.count],
            ]
        }
    }
}
